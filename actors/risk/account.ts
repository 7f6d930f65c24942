/** The account as its solvency is judged by: every coin with its perpetual, priced by the board, else by the exchange itself. */
import { Decimal } from 'decimal.js'
import type { HedgeContext } from '../../machines/hedge/context.ts'
import { perBaseCoin } from '../../src/domain/grid.ts'
import type { HedgePair } from '../../src/domain/instrument.ts'
import { ownedOf, shortContracts } from '../../src/domain/legs/venue-legs.ts'
import type { AccountFacts, HoldingFacts } from '../../src/domain/risk/solvency.ts'
import { type BaseQty, baseQty, NO_BASE, NO_USDT, price, type Usdt, usdt } from '../../src/domain/units.ts'
import type { CoinBalance, Position, Wallet } from '../../src/exchange/exchange.ts'
import type { MarketBoard } from '../market/board.ts'

const CASH = 'USDT'

/**
 * What the exchange shows, coin by coin; a perpetual that is not tracked counts under its own symbol. What the verdict needs and
 * was not read yet is named in `unknown`.
 */
export function accountFacts(
  wallet: Wallet,
  positions: readonly Position[],
  board: MarketBoard,
): AccountFacts {
  const open = positions.filter(({ side }) => side !== 'flat')
  const pairs = board.pairs()
  const byCoin = new Map(pairs.map(pair => [pair.baseCoin, pair]))
  const holdings: HoldingFacts[] = []
  const taken = new Set<string>()
  for (const coin of wallet.coins) {
    if (coin.coin === CASH) continue
    const pair = byCoin.get(coin.coin)
    const position = pair && open.find(({ symbol }) => symbol === pair.symbol)
    if (position) taken.add(position.symbol)
    const held = holdingOf(coin.coin, coinBase(coin), priceOf(coin), { pair, position }, board)
    if (held) holdings.push(held)
  }
  for (const position of open) {
    if (taken.has(position.symbol)) continue
    const pair = pairs.find(({ symbol }) => symbol === position.symbol)
    const held = holdingOf(pair?.baseCoin ?? position.symbol, NO_BASE, undefined, { pair, position }, board)
    if (held) holdings.push(held)
  }
  const cash = wallet.coins.find(({ coin }) => coin === CASH)
  return {
    usdt: cash ? usdt(coinBase(cash)) : NO_USDT,
    holdings,
    unknown: [...holdings.flatMap(held => unreadOf(held, board)), ...unpriced(wallet, open, holdings, pairs)],
  }
}

/** Of what is held: ratios of a coin that may be collateral, tiers of a perpetual that is tracked. */
function unreadOf({ coin, spotBase, perpBase, riskTiers }: HoldingFacts, board: MarketBoard): string[] {
  const isCollateral = new Decimal(spotBase).gt(0)
  const isTracked = board.pairs().some(({ baseCoin }) => baseCoin === coin)
  return [
    ...(isCollateral && board.collateralReadAtMs() === undefined ? [`collateral ratio of ${coin}`] : []),
    ...(isTracked && !new Decimal(perpBase).isZero() && !riskTiers?.length ? [`risk tiers of ${coin}`] : []),
  ]
}

/** A debt or a position at a price that nobody knows. */
function unpriced(
  { coins }: Wallet,
  open: readonly Position[],
  holdings: readonly HoldingFacts[],
  pairs: readonly HedgePair[],
): string[] {
  const priced = new Set(holdings.filter(({ markPrice }) => markPrice !== '0').map(({ coin }) => coin))
  const nameOf = ({ symbol }: Position) => pairs.find(pair => pair.symbol === symbol)?.baseCoin ?? symbol
  const owed = coins.filter(coin => coin.coin !== CASH && new Decimal(coinBase(coin)).isNegative())
  const needed = new Set([...owed.map(({ coin }) => coin), ...open.map(nameOf)])
  return [...needed].filter(coin => !priced.has(coin)).map(coin => `price of ${coin}`)
}

/** Owned less owed, interest that is not taken yet with it. */
const coinBase = (coin: CoinBalance): BaseQty =>
  baseQty(new Decimal(ownedOf(coin)).minus(coin.accruedInterest || 0))

/** By the exchange's own valuation; undefined of nothing. */
function priceOf({ equity, usdValue }: CoinBalance): string | undefined {
  const of = new Decimal(equity || 0)
  return of.isZero() ? undefined : new Decimal(usdValue || 0).div(of).abs().toFixed()
}

type Traded = { pair: HedgePair | undefined; position: Position | undefined }

/** Undefined of a coin that is neither held nor priced. */
function holdingOf(
  coin: string,
  spotBase: BaseQty,
  walletPrice: string | undefined,
  { pair, position }: Traded,
  board: MarketBoard,
): HoldingFacts | undefined {
  if (new Decimal(spotBase).isZero() && !position) return undefined
  const multiplier = pair?.perp.multiplier ?? 1
  const view = pair && board.view(pair.symbol)
  const mark = [position?.markPrice, view?.ticker?.markPrice].find(each => each && each !== '0')
  const markPrice = mark && perBaseCoin(price(mark), multiplier)
  const index = view?.ticker && perBaseCoin(view.ticker.indexPrice, multiplier)
  const spotPrice = index ?? walletPrice ?? markPrice
  if (!spotPrice) return undefined
  const collateral = view?.collateral ?? board.collateral(coin)
  return {
    coin,
    spotBase,
    perpBase: position ? baseQty(shortContracts(position).neg().times(multiplier)) : NO_BASE,
    price: spotPrice,
    markPrice: markPrice ?? spotPrice,
    perpEntryPrice: position ? perBaseCoin(position.entryPrice, multiplier) : '0',
    ...(collateral && { collateral }),
    ...(view?.riskTiers && { riskTiers: view.riskTiers }),
  }
}

// What stands on the account and is no hedge's: coins and positions of a person, or of another program.

/** Coins worth less than this are dust of our own hedges, USDT. */
export const DUST_USDT = '10'

type Shown = { positions: readonly Position[]; coins: readonly CoinBalance[] }

/** Notional by tracked symbol in which no hedge is under way; a symbol without any is left out. */
export function foreignNotional(
  board: MarketBoard,
  hedges: readonly Pick<HedgeContext, 'plan'>[],
  { positions, coins }: Shown,
): Record<string, Usdt> {
  const taken = new Set(hedges.map(({ plan }) => plan.symbol))
  const takenCoins = new Set(hedges.map(({ plan }) => plan.baseCoin))
  const found: Record<string, Usdt> = {}
  for (const { symbol, baseCoin } of board.pairs()) {
    if (taken.has(symbol)) continue
    const position = positions.find(each => each.symbol === symbol)
    const perp = position ? shortContracts(position).abs().times(position.markPrice) : new Decimal(0)
    const spot = takenCoins.has(baseCoin) ? new Decimal(0) : worthOf(coins, baseCoin)
    // One covers the other where they are a hedge of somebody's: the larger one is what is held.
    const notional = Decimal.max(perp, spot.lt(DUST_USDT) ? 0 : spot)
    if (notional.gt(0)) found[symbol] = usdt(notional)
  }
  return found
}

function worthOf(coins: readonly CoinBalance[], name: string): Decimal {
  const coin = coins.find(each => each.coin === name)
  if (!coin || new Decimal(coin.equity || 0).isZero()) return new Decimal(0)
  return new Decimal(coin.usdValue || 0).div(coin.equity).times(ownedOf(coin)).abs()
}
