/**
 * The one reader of living hedges: what pages, terminal, live feed and alerts say of a hedge is read here from what its
 * chart remembers. Legs count up as a hedge grows, whichever way it faces; what leaves here is signed as people count:
 * + is held or received.
 */
import { Decimal } from 'decimal.js'
import { venueClaimOf } from '../../actors/account/reconciler.ts'
import type { Running } from '../../actors/runtime/running.ts'
import type { Runtime } from '../../actors/runtime/runtime.ts'
import type { HedgeContext, LegOrders, OrderInFlight } from '../../machines/hedge/context.ts'
import { ordersOf } from '../../machines/hedge/orders.ts'
import type { OrderAtWork } from '../api/rows/rows.ts'
import type { Claim } from '../domain/books/reconcile.ts'
import { perBaseMark } from '../domain/entry/plan.ts'
import type { JsonObject } from '../domain/json.ts'
import { isLevel } from '../domain/legs/balance.ts'
import { firstLegOf, signOf } from '../domain/legs/sides.ts'
import { type OrderQty, orderQty, type Usdt, usdt } from '../domain/units.ts'
import { addOutcome, type LegOutcome } from '../domain/work/leg-outcome.ts'
import type { BookedFigures } from '../store/books/operator-reads.ts'

export type LivingHedge = { actor: Running; context: HedgeContext }

/** Every hedge that runs, with what its chart remembers. */
export const livingHedges = (runtime: Pick<Runtime, 'all'>): LivingHedge[] =>
  [...runtime.all()]
    .filter(({ kind }) => kind === 'hedge')
    .map(actor => ({ actor, context: actor.actor.getSnapshot().context as HedgeContext }))

export type HedgeReading = {
  /** What each leg holds, paid and received, the fills of an order that still rests among it. */
  legs: Record<'spot' | 'perp', LegOutcome>
  /** What it takes from the account's holdings. */
  claim: Claim
  /** Contracts short; negative is long. */
  shortContracts: OrderQty
  /** Base coins the account is long by both legs together; negative is short. */
  deltaBase: Decimal
  isLevel: boolean
  /** Of the quantity planned, what the perpetual holds: 0 to about 1. */
  filledShare: Decimal
  /** Both at the plan's mark price: known without any feed. */
  heldUsdt: Usdt
  unhedgedUsdt: Usdt
  /** Of the spot leg, of the perpetual, and of both at once. */
  orders: OrderInFlight[]
}

/** What a hedge is now, by its executions alone. */
export function readHedge(context: HedgeContext): HedgeReading {
  const { plan } = context
  const legs = { spot: withProgress(context.spot), perp: withProgress(context.perp) }
  const { spot, perp } = legs
  const sign = signOf(plan.direction)
  const claim = venueClaimOf(context)
  const deltaBase = new Decimal(spot.base).minus(perp.base).times(sign)
  const mark = perBaseMark(plan)
  return {
    legs,
    claim,
    shortContracts: orderQty(new Decimal(perp.base).div(plan.perp.multiplier).times(sign)),
    deltaBase,
    isLevel: isLevel(plan, { spotNetBase: spot.base, perpBase: perp.base }),
    filledShare: new Decimal(perp.base).div(plan.targetBaseQty),
    heldUsdt: usdt(new Decimal(perp.base).times(mark).toDecimalPlaces(8)),
    unhedgedUsdt: usdt(deltaBase.abs().times(mark).toDecimalPlaces(8)),
    orders: ordersOf(context),
  }
}

const withProgress = ({ base, cashUsdt, feesUsdt, order }: LegOrders): LegOutcome => {
  const ended = { base, cashUsdt, feesUsdt }
  return order?.soFar ? addOutcome(ended, order.soFar) : ended
}

/** How its entry is worked; the leg that goes first where the plan does not say. */
export const routeOf = ({ plan }: Pick<HedgeContext, 'plan'>): string =>
  plan.route ?? `${firstLegOf(plan)}-first`

/** An order as people read it. */
export const atWork = ({
  leg,
  orderLinkId,
  side,
  qty,
  limitPrice,
  ...order
}: OrderInFlight): OrderAtWork => ({
  leg: leg === 'spreadOrder' ? 'both' : leg,
  orderLinkId,
  side,
  qty,
  filledQty: order.soFar?.filledQty ?? '0',
  limitPrice,
  rests: order.rests ?? false,
  cancelRequested: order.cancelRequested,
})

/** @param booked - its funding by the books; where they were not asked, what it was told itself */
export function hedgeSummary(
  context: HedgeContext,
  { state, sinceMs }: { state: string; sinceMs: number },
  booked: Pick<BookedFigures, 'fundingUsdt' | 'settlements'> & Partial<BookedFigures> = context,
): JsonObject {
  const { plan } = context
  const { legs, heldUsdt, filledShare } = readHedge(context)
  const leg = (name: 'spot' | 'perp') => legRow(legs[name], context[name])
  return {
    id: plan.hedgeId,
    symbol: plan.symbol,
    baseCoin: plan.baseCoin,
    direction: plan.direction,
    state,
    sinceMs,
    plannedBase: plan.targetBaseQty,
    plannedUsdt: plan.notionalUsdt,
    heldUsdt,
    filledShare: filledShare.toNumber(),
    spot: leg('spot'),
    perp: leg('perp'),
    fundingUsdt: booked.fundingUsdt,
    settlements: booked.settlements,
    feesUsdt: Decimal.sum(legs.spot.feesUsdt, legs.perp.feesUsdt, booked.otherFeesUsdt ?? 0)
      .neg()
      .toFixed(),
    plannedNetUsdt: plan.expected.netUsdt,
    expectedAprOnCapital: plan.expected.aprOnCapital,
    unwindBecause: context.unwindBecause,
    failure: context.failure,
    enteredAtMs: context.enteredAtMs,
    hedgedAtMs: context.hedgedAtMs,
  }
}

const legRow = (
  { base, cashUsdt, feesUsdt }: LegOutcome,
  { step, order }: HedgeContext['spot'],
): JsonObject => ({ base, cashUsdt, feesUsdt, orders: step, working: order?.orderLinkId ?? null })
