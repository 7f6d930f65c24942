/** Open hedges valued at this moment, from what runs: nothing is read from the database or the exchange. */
import { Decimal } from 'decimal.js'
import type { HedgeContext } from '../../machines/hedge/context.ts'
import type { Holding, LegHolding } from '../api/rows/rows.ts'
import { entryBasisBps } from '../domain/entry/entry-basis.ts'
import { perBaseCoin } from '../domain/grid.ts'
import type { LegName } from '../domain/instrument.ts'
import { signOf } from '../domain/legs/sides.ts'
import { fundingApr, fundingToShort, HOUR_MS } from '../domain/market/funding.ts'
import type { MarketView } from '../domain/market/market-view.ts'
import { midPrice } from '../domain/market/order-book.ts'
import { fundingRate, NO_USDT, type Price } from '../domain/units.ts'
import type { LegOutcome } from '../domain/work/leg-outcome.ts'
import { heldUntil } from '../domain/work/part.ts'
import type { StoredBooks } from '../run/books/books.ts'
import type { Engine } from '../run/engine.ts'
import type { BookedFigures } from '../store/books/operator-reads.ts'
import {
  atWork,
  type HedgeReading,
  type LivingHedge,
  livingHedges,
  readHedge,
  routeOf,
} from './living-hedges.ts'

/** USDT per coin; null where the feed is not trusted now. */
type Prices = { spot: Price | null; perp: Price | null }
/** What is needed beside the hedge itself. */
type Surroundings = { market: MarketView | undefined; booked: BookedFigures; nowMs: number }

type Known = BookedFigures & { ofLegs: string }
/** Engine time at speed 1: the books are read again after this, though nothing moved here. */
const BOOKS_AGE_MS_MAX = 60_000

/** Values all open hedges. Funding and fees taken in the coin are the books': read beside, when something moved or they are old. */
export function createHoldings(
  engine: Pick<Engine, 'runtime' | 'board' | 'ports'>,
  books: Pick<StoredBooks, 'figures'>,
): () => Holding[] {
  const { runtime, board, ports } = engine
  let known = new Map<string, Known>()
  let readAtMs = Number.NEGATIVE_INFINITY
  let reading = false

  const read = async (hedges: readonly LivingHedge[]) => {
    const found = await books.figures(hedges.map(({ context: { plan } }) => plan.hedgeId))
    known = new Map(
      hedges.flatMap(({ context }) => {
        const figures = found.get(context.plan.hedgeId)
        return figures ? [[context.plan.hedgeId, { ...figures, ofLegs: movedBy(context) }] as const] : []
      }),
    )
  }
  const keepRead = (hedges: readonly LivingHedge[], nowMs: number) => {
    const isNew = hedges.some(({ context }) => known.get(context.plan.hedgeId)?.ofLegs !== movedBy(context))
    if (reading || hedges.length === 0) return
    if (!isNew && nowMs - readAtMs < BOOKS_AGE_MS_MAX * ports.speed) return
    reading = true
    readAtMs = nowMs
    read(hedges)
      .catch(error => ports.telemetry.log.warn('holdings.books', { error: String(error) }))
      .finally(() => {
        reading = false
      })
  }

  return () => {
    const nowMs = ports.clock.nowMs()
    const hedges = livingHedges(runtime)
    keepRead(hedges, nowMs)
    return hedges.map(hedge =>
      holdingOf(hedge, {
        market: board.view(hedge.context.plan.symbol),
        booked: known.get(hedge.context.plan.hedgeId) ?? unread(hedge.context),
        nowMs,
      }),
    )
  }
}

/** What changes the books' figures: a settlement, or a fee of the spot leg. */
const movedBy = ({ settlements, spot }: HedgeContext) => `${settlements} ${spot.feesUsdt}`

/** Until the books were read: its own count, and on the way in its spot leg's side says what the fees were taken in. */
const unread = ({ plan, spot, fundingUsdt, settlements }: HedgeContext): BookedFigures => ({
  fundingUsdt,
  settlements,
  coinFeesUsdt: plan.direction === 'long-carry' ? spot.feesUsdt : NO_USDT,
  otherFeesUsdt: NO_USDT,
})

/** One open hedge as it stands. */
export function holdingOf(
  { actor: { cell, sinceMs }, context }: LivingHedge,
  { market, booked, nowMs }: Surroundings,
): Holding {
  const { plan } = context
  const facts = readHedge(context)
  const { spot, perp } = facts.legs
  const prices = pricesOf(market, plan.perp.multiplier)
  const isOpen = context.phase !== 'unwinding' && new Decimal(perp.base).gt(0)
  return {
    id: plan.hedgeId,
    symbol: plan.symbol,
    baseCoin: plan.baseCoin,
    direction: plan.direction,
    route: routeOf(context),
    state: cell?.state ?? '',
    sinceMs,
    version: cell?.seq ?? 0,
    plannedBase: plan.targetBaseQty,
    plannedUsdt: plan.notionalUsdt,
    filledShare: facts.filledShare.toNumber(),
    heldUsdt: facts.heldUsdt,
    capitalUsdt: rounded(facts.filledShare.times(plan.capitalUsdt)),
    notionalUsdt: worth(perp.base, prices.perp),
    spot: legOf(context, 'spot', spot, prices.spot),
    perp: legOf(context, 'perp', perp, prices.perp),
    ordersAtWork: facts.orders.map(atWork),
    deltaBase: facts.deltaBase.toFixed(),
    deltaUsdt: worth(facts.deltaBase.toFixed(), prices.perp),
    isLevel: facts.isLevel,
    basisBps:
      prices.spot && prices.perp
        ? new Decimal(prices.perp).minus(prices.spot).div(prices.spot).times(10_000).toNumber()
        : null,
    entryBasisBps: isOpen
      ? entryBasisBps(context.beforeParts?.spot ?? spot, context.beforeParts?.perp ?? perp)
      : null,
    ...fundingOf(market, context, facts),
    ...profitOf(context, facts, prices, booked),
    settlements: booked.settlements,
    ...expectationsOf(context, facts, nowMs),
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

const rounded = (value: Decimal): string => value.toDecimalPlaces(8).toFixed()

const worth = (base: string, price: Price | null): string | null =>
  price === null ? null : rounded(new Decimal(base).mul(price))

function legOf(context: HedgeContext, leg: LegName, held: LegOutcome, price: Price | null): LegHolding {
  const { step, order } = context[leg]
  const { base } = held
  const paid = context.beforeParts?.[leg] ?? held
  const paidFor = new Decimal(paid.base)
  return {
    base,
    // While it is closed again, cash of both ways is mixed: then there is no one price.
    entryPrice: paidFor.gt(0)
      ? new Decimal(paid.cashUsdt).abs().div(paidFor).toSignificantDigits(10).toFixed()
      : null,
    price,
    valueUsdt: worth(base, price),
    orders: step,
    working: order?.orderLinkId ?? null,
  }
}

/** As this hedge is paid: its short receives a positive rate, its long a negative one. */
function fundingOf(market: MarketView | undefined, { plan }: HedgeContext, { shortContracts }: HedgeReading) {
  const ticker = market?.ticker
  if (!ticker) return { fundingRate: null, fundingApr: null, nextFundingAtMs: null, nextFundingUsdt: null }
  const { fundingRate: rate, fundingIntervalMs, nextFundingAtMs, markPrice } = ticker
  const received = fundingRate(new Decimal(rate).times(signOf(plan.direction)))
  return {
    fundingRate: rate,
    fundingApr: fundingApr(received, fundingIntervalMs),
    nextFundingAtMs,
    nextFundingUsdt: rounded(new Decimal(fundingToShort(shortContracts, markPrice, rate))),
  }
}

/**
 * What both legs would fetch now, with the cash they took and gave; a debt counts against it, interest owed among it. Fees
 * taken in the coin are in the coins held already, so that basis and slippage get them back.
 */
function profitOf(
  { plan }: HedgeContext,
  { legs: { spot, perp } }: HedgeReading,
  prices: Prices,
  { fundingUsdt, coinFeesUsdt, otherFeesUsdt }: BookedFigures,
) {
  const feesUsdt = Decimal.sum(spot.feesUsdt, perp.feesUsdt, otherFeesUsdt)
  const fees = { fundingUsdt, feesUsdt: feesUsdt.neg().toFixed() }
  if (!prices.spot || !prices.perp) return { ...fees, basisUsdt: null, netUsdt: null }
  const legsUsdt = new Decimal(spot.base).times(prices.spot).minus(new Decimal(perp.base).times(prices.perp))
  const basis = Decimal.sum(
    legsUsdt.times(signOf(plan.direction)),
    spot.cashUsdt,
    perp.cashUsdt,
    coinFeesUsdt,
  )
  return { ...fees, basisUsdt: rounded(basis), netUsdt: rounded(basis.minus(feesUsdt).plus(fundingUsdt)) }
}

/**
 * The plan's expectations, for what of it was filled and for the time it was held: what comes with time as far as that went, what
 * getting in and out costs once, whole. On its way out it expects nothing more.
 */
function expectationsOf(context: HedgeContext, { filledShare, legs }: HedgeReading, nowMs: number) {
  const { plan, phase, beforeParts, heldBefore, hedgedAtMs } = context
  const { netUsdt, fundingUsdt, borrowUsdt, interestUsdt, horizonHours, aprOnCapital } = plan.expected
  const { coinMs } = heldUntil(legs.perp.base, heldBefore ?? hedgedAtMs, nowMs)
  const held = new Decimal(coinMs).div(plan.targetBaseQty).div(HOUR_MS * horizonHours)
  const byNow = (timed: Decimal.Value) => held.times(timed)
  const timed = Decimal.sum(fundingUsdt, borrowUsdt, interestUsdt)
  const most = beforeParts ? new Decimal(beforeParts.perp.base).div(plan.targetBaseQty) : filledShare
  const leaves = phase === 'unwinding'
  return {
    expectedNetUsdt: leaves ? null : rounded(filledShare.times(netUsdt)),
    expectedNetSoFarUsdt: leaves
      ? null
      : rounded(byNow(timed).plus(new Decimal(netUsdt).minus(timed).times(most))),
    expectedFundingSoFarUsdt: leaves ? null : rounded(byNow(fundingUsdt)),
    expectedApr: aprOnCapital,
    horizonHours,
  }
}
