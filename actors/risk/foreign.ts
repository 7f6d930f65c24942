/** What stands on the account and is no hedge's: coins and positions of a person, or of another program. */
import { Decimal } from 'decimal.js'
import type { HedgeContext } from '../../machines/hedge/context.ts'
import { ownedOf, shortContracts } from '../../src/domain/legs/venue-legs.ts'
import { type Usdt, usdt } from '../../src/domain/units.ts'
import type { CoinBalance, Position } from '../../src/exchange/exchange.ts'
import type { MarketBoard } from '../market/board.ts'

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
