/**
 * One hedge beside its shadow in USDT. The shadow is filled whole and at once, at the books its decisions looked at and by the route
 * that was chosen: what the engine made less is by its fills (prices beyond the middles, fees, what was not filled), or by its timing
 * (what the middles did until its orders, settlements that one of both missed). The two add up to the difference.
 */
import { Decimal } from 'decimal.js'
import { hedgeProfit } from '../../domain/books/hedge-profit.ts'
import { type PairQuote, pairQuote } from '../../domain/carry/pair-quote.ts'
import { type Fill, orderPurposeOf } from '../../domain/legs/order.ts'
import { signOf } from '../../domain/legs/sides.ts'
import { HOUR_MS } from '../../domain/market/funding.ts'
import type { FreshMarket, MarketView } from '../../domain/market/market-view.ts'
import { isRefusal } from '../../domain/refusal.ts'
import { type Usdt, usdt } from '../../domain/units.ts'
import type { RecordedHedge } from './records.ts'

/** What a decision looked at, and when it was made. */
export type Looked = { market: MarketView; atMs: number }
/** `out`: null while it is held, and where no judgement ended it: the shadow then leaves when the engine did. */
export type Ways = { in: Looked; out: Looked | null }

/** USDT; + is made. `shadow` + `fill` + `timing` = `engine`, to the last digit. */
export type HedgeMoney = {
  engine: Decimal
  shadow: Decimal
  fill: Decimal
  timing: Decimal
  /** Share of the plan that was held at most. */
  filledShare: number
  /** Settlements that the shadow was paid and the engine was not: worth what was estimated when it decided. */
  missed: number
  /** Fills of orders whose decision kept no middle: what they cost cannot be told from what the market did. */
  unmeasured: number
}

const ZERO = new Decimal(0)
const sum = (values: readonly Decimal[]): Decimal => values.reduce((a, b) => a.plus(b), ZERO)

/** Of a closed hedge. Null where a book it looked at cannot be walked, or nothing was filled: then nothing can be compared. */
export function moneyOf(hedge: RecordedHedge, ways: Ways): HedgeMoney | null {
  const { context, postings, fills, mids } = hedge
  const { plan } = context
  const quoteIn = quoteAt(hedge, ways.in)
  const share = filledShare(hedge)
  const basisOut = ways.out ? quoteAt(hedge, ways.out)?.midBasis : midsAtExit(hedge)
  if (!quoteIn || !basisOut || share.isZero()) return null
  const profit = hedgeProfit({ plan, postings, fills, mids, closed: true, prices: {}, markPrice: null })
  const costs = plannedCosts(hedge, ways)
  const held = share.times(plan.targetBaseQty)
  const basis = quoteIn.midBasis.minus(basisOut).times(held).times(signOf(plan.direction))
  const funding = paidBoth(hedge, ways, held)
  const engine = new Decimal(profit.netUsdt)
  // What the legs really held costs the shadow the same loan.
  const part = sum([costs.times(share), basis, funding.shadow, new Decimal(profit.borrowUsdt)])
  const shadow = part.div(share)
  const timing = sum([new Decimal(profit.basisUsdt).minus(basis), funding.engine.minus(funding.shadow)])
  return {
    engine,
    shadow,
    timing,
    fill: engine.minus(shadow).minus(timing),
    filledShare: share.toNumber(),
    missed: funding.missed,
    unmeasured: fills.filter(({ cause, orderLinkId }) => cause === 'trade' && !mids[orderLinkId]).length,
  }
}

function quoteAt({ context: { plan } }: RecordedHedge, { market }: Looked): PairQuote | undefined {
  const { spotBook, perpBook, ticker } = market
  if (!spotBook || !perpBook || !ticker) return undefined
  const fresh: FreshMarket = { ...market, spotBook, perpBook, ticker }
  const quote = pairQuote(fresh, plan.sliceBaseQty, plan.direction)
  return isRefusal(quote) ? undefined : quote
}

/** Fees and slippage of the whole plan by its route, in and out: negative is paid. The way out as its own books had it. */
function plannedCosts(hedge: RecordedHedge, { out }: Ways): Decimal {
  const { expected, targetBaseQty, route } = hedge.context.plan
  const chosen = expected.routes?.find(each => each.route === (route ?? expected.route))
  const fees = new Decimal(expected.feesUsdt)
  if (!chosen) return fees
  const wayIn = new Decimal(chosen.slippageInUsdt)
  const quote = out && chosen.route !== 'spread' ? quoteAt(hedge, out) : undefined
  const wayOut = quote
    ? quote.spot.slipOut.plus(quote.perp.slipOut).times(targetBaseQty)
    : new Decimal(chosen.slippageUsdt).minus(wayIn)
  return fees.minus(wayIn).minus(wayOut)
}

const byTime = (fills: readonly Fill[]) => [...fills].sort((a, b) => a.filledAtMs - b.filledAtMs)

/** Of the plan, by the perpetual that was held at most. */
function filledShare({ context: { plan }, fills }: RecordedHedge): Decimal {
  let [held, most] = [ZERO, ZERO]
  for (const { side, qty, cause } of byTime(fills.filter(({ market }) => market === plan.perp.market))) {
    if (cause === 'funding') continue
    held = held.plus(new Decimal(qty).times(side === 'Buy' ? 1 : -1))
    most = Decimal.max(most, held.abs())
  }
  return most.times(plan.perp.multiplier).div(plan.targetBaseQty)
}

/** perpetual − spot per coin, between the middles on which the way out began; undefined where nothing left yet. */
function midsAtExit({ context: { plan }, fills, mids }: RecordedHedge): Decimal | undefined {
  const first = byTime(fills).find(
    ({ orderLinkId }) => orderPurposeOf(orderLinkId) === 'exit' && mids[orderLinkId],
  )
  const at = first && mids[first.orderLinkId]
  return at && new Decimal(at.perp).div(plan.perp.multiplier).minus(at.spot)
}

type Paid = { engine: Decimal; shadow: Decimal; missed: number }

/** The shadow is paid for all it holds at each settlement between its two decisions. */
function paidBoth({ context: { plan }, payments, sinceMs }: RecordedHedge, ways: Ways, held: Decimal): Paid {
  const untilMs = ways.out?.atMs ?? sinceMs
  const scaled = payments
    .filter(({ settledAtMs }) => settledAtMs > ways.in.atMs && settledAtMs <= untilMs)
    .map(({ amount, qty }) => {
      const base = new Decimal(qty).abs().times(plan.perp.multiplier)
      return base.isZero() ? ZERO : new Decimal(amount).times(held).div(base)
    })
  const missed = missedIn(ways.in, payments[0]?.settledAtMs ?? untilMs + 1, untilMs)
  const rate = ways.in.market.ticker?.fundingRate ?? '0'
  const estimated = held
    .times(plan.markPrice)
    .div(plan.perp.multiplier)
    .times(rate)
    .times(signOf(plan.direction))
    .times(missed)
  return {
    engine: sum(payments.map(({ amount }) => new Decimal(amount))),
    shadow: sum([...scaled, estimated]),
    missed,
  }
}

/** Settlements after the decision and before the first payment. */
function missedIn({ market: { ticker }, atMs }: Looked, firstPaidMs: number, untilMs: number): number {
  if (!ticker) return 0
  const everyMs = ticker.fundingIntervalMs || 8 * HOUR_MS
  let missed = 0
  for (let at = ticker.nextFundingAtMs; at < firstPaidMs && at <= untilMs; at += everyMs)
    if (at > atMs) missed++
  return missed
}

/** As text; a zero is a plain one. */
export const money = (value: Decimal): Usdt => usdt(value.isZero() ? ZERO : value.toDecimalPlaces(18))
