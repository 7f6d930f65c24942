/** Open hedges valued at this moment, from what runs: nothing is read from the database or the exchange. */
import { Decimal } from 'decimal.js'
import type { Running } from '../../actors/runtime/running.ts'
import type { HedgeContext, LegOrders } from '../../machines/hedge/context.ts'
import type { Holding, LegHolding } from '../api/rows/rows.ts'
import { entryBasisBps } from '../domain/entry/entry-basis.ts'
import { perBaseCoin } from '../domain/grid.ts'
import { isLevel } from '../domain/legs/level.ts'
import { fundingApr } from '../domain/market/funding.ts'
import type { MarketView } from '../domain/market/market-view.ts'
import { midPrice } from '../domain/market/order-book.ts'
import { NO_USDT, type Price, type Usdt } from '../domain/units.ts'
import type { Books } from '../run/books.ts'
import type { Engine } from '../run/engine.ts'
import { workFacts } from './work-facts.ts'

/** USDT per coin; null where the feed is not trusted now. */
type Prices = { spot: Price | null; perp: Price | null }

/** Values all open hedges. The one stored figure it needs, fees taken in the coin, is read beside when orders ended. */
export function createHoldings(engine: Engine, books: Pick<Books, 'coinFees'>): () => Holding[] {
  const { runtime, board, ports } = engine
  const known = new Map<string, { feesUsdt: Usdt; coinFeesUsdt: Usdt }>()

  const learn = async (hedges: readonly HedgeContext[]) => {
    const fees = await books.coinFees(hedges.map(({ plan }) => plan.hedgeId))
    for (const { plan, spot } of hedges)
      known.set(plan.hedgeId, { feesUsdt: spot.feesUsdt, coinFeesUsdt: fees[plan.hedgeId] ?? NO_USDT })
  }

  return () => {
    const hedges = [...runtime.all()].filter(({ kind }) => kind === 'hedge')
    const contexts = hedges.map(({ actor }) => actor.getSnapshot().context as HedgeContext)
    const living = new Set(contexts.map(({ plan }) => plan.hedgeId))
    for (const id of known.keys()) if (!living.has(id)) known.delete(id)
    // Bought coins only: every fee of the spot leg was taken in the coin. Once it sells, the fills tell.
    const selling = contexts.filter(
      ({ phase, plan, spot }) => phase === 'unwinding' && known.get(plan.hedgeId)?.feesUsdt !== spot.feesUsdt,
    )
    if (selling.length > 0)
      learn(selling).catch(error => ports.telemetry.log.warn('holdings.fees', { error: String(error) }))
    return hedges.map((hedge, at) => {
      const { plan, phase, spot } = contexts[at] as HedgeContext
      const coinFeesUsdt =
        phase === 'unwinding' ? (known.get(plan.hedgeId)?.coinFeesUsdt ?? spot.feesUsdt) : spot.feesUsdt
      return holdingOf(hedge, board.view(plan.symbol), coinFeesUsdt)
    })
  }
}

/**
 * @param coinFeesUsdt - fees of this hedge that were taken in the coin, valued at their fills: they are in the coins held
 *   already, so that basis and slippage get them back
 */
function holdingOf(
  { cell, sinceMs, actor }: Running,
  market: MarketView | undefined,
  coinFeesUsdt: Usdt,
): Holding {
  const context = actor.getSnapshot().context as HedgeContext
  const { plan, spot, perp } = context
  const prices = pricesOf(market, plan.perp.multiplier)
  const delta = new Decimal(spot.base).minus(perp.base)
  return {
    id: plan.hedgeId,
    symbol: plan.symbol,
    baseCoin: plan.baseCoin,
    direction: plan.direction,
    ...workFacts(context),
    state: cell?.state ?? '',
    sinceMs,
    version: cell?.seq ?? 0,
    targetBase: plan.targetBaseQty,
    capitalUsdt: plan.capitalUsdt,
    notionalUsdt: worth(perp.base, prices.perp),
    spot: legOf(spot, prices.spot),
    perp: legOf(perp, prices.perp),
    deltaBase: delta.toFixed(),
    deltaUsdt: worth(delta.toFixed(), prices.perp),
    isLevel: isLevel(plan, { spotNetBase: spot.base, perpBase: perp.base }),
    ...basisOf(prices, context),
    ...fundingOf(market, perp.base, prices.perp),
    ...profitOf(context, prices, coinFeesUsdt),
    settlements: context.settlements,
    expectedNetUsdt: plan.expected.netUsdt,
    expectedApr: plan.expected.aprOnCapital,
    enteredAtMs: context.enteredAtMs,
    hedgedAtMs: context.hedgedAtMs,
    because: context.failure ?? context.unwindBecause,
  }
}

function pricesOf(market: MarketView | undefined, multiplier: number): Prices {
  const mark = market?.ticker?.markPrice
  return {
    spot: market?.spotBook ? midPrice(market.spotBook) : null,
    perp: mark === undefined ? null : perBaseCoin(mark, multiplier),
  }
}

const worth = (base: string, price: Price | null): string | null =>
  price === null ? null : new Decimal(base).mul(price).toDecimalPlaces(8).toFixed()

function legOf({ base, cashUsdt, step, order }: LegOrders, price: Price | null): LegHolding {
  const held = new Decimal(base)
  return {
    base,
    // While it is closed again, cash of both ways is mixed: then there is no one price.
    entryPrice: held.gt(0) ? new Decimal(cashUsdt).abs().div(held).toSignificantDigits(10).toFixed() : null,
    price,
    valueUsdt: worth(base, price),
    orders: step,
    working: order?.orderLinkId ?? null,
  }
}

function basisOf({ spot, perp }: Prices, context: HedgeContext) {
  const isOpen = context.phase !== 'unwinding' && new Decimal(context.perp.base).gt(0)
  return {
    basisBps: spot && perp ? new Decimal(perp).minus(spot).div(spot).times(10_000).toNumber() : null,
    entryBasisBps: isOpen ? entryBasisBps(context.spot, context.perp) : null,
  }
}

function fundingOf(market: MarketView | undefined, base: string, price: Price | null) {
  const ticker = market?.ticker
  if (!ticker) return { fundingRate: null, fundingApr: null, nextFundingAtMs: null, nextFundingUsdt: null }
  const { fundingRate, fundingIntervalMs, nextFundingAtMs } = ticker
  const next = price && new Decimal(base).mul(price).mul(fundingRate).toDecimalPlaces(8).toFixed()
  return {
    fundingRate,
    fundingApr: fundingApr(fundingRate, fundingIntervalMs),
    nextFundingAtMs,
    nextFundingUsdt: next,
  }
}

function profitOf({ spot, perp, fundingUsdt }: HedgeContext, prices: Prices, coinFeesUsdt: Usdt) {
  const feesUsdt = new Decimal(spot.feesUsdt).plus(perp.feesUsdt)
  const fees = { fundingUsdt, feesUsdt: feesUsdt.neg().toFixed() }
  if (!prices.spot || !prices.perp) return { ...fees, basisUsdt: null, netUsdt: null }
  const basis = new Decimal(spot.base)
    .mul(prices.spot)
    .plus(spot.cashUsdt)
    .plus(coinFeesUsdt)
    .plus(perp.cashUsdt)
    .minus(new Decimal(perp.base).mul(prices.perp))
  return {
    ...fees,
    basisUsdt: basis.toDecimalPlaces(8).toFixed(),
    netUsdt: basis.minus(feesUsdt).plus(fundingUsdt).toDecimalPlaces(8).toFixed(),
  }
}
