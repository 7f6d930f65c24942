/**
 * A hedge's chart with its decisions against a small exchange: orders fill as a course says, in pieces while they rest, and
 * what no exchange would take is an error. What is unhedged is measured after each fill.
 */
import { Decimal } from 'decimal.js'
import { expect } from 'vitest'
import type { Answer } from '../../../actors/runtime/outbox.ts'
import type { OrderInFlight, Progress } from '../../../machines/hedge/context.ts'
import type { HedgePlan } from '../../../src/domain/entry/plan.ts'
import { floorTo } from '../../../src/domain/grid.ts'
import type { JsonObject } from '../../../src/domain/json.ts'
import { type Holdings, isLevel } from '../../../src/domain/legs/balance.ts'
import type { LegOrder } from '../../../src/domain/legs/hedge-order.ts'
import type { FreshMarket } from '../../../src/domain/market/market-view.ts'
import { baseQty, feeRate, NO_USDT, orderQty } from '../../../src/domain/units.ts'
import type { HedgeToStep } from '../../../src/domain/work/step.ts'
import { nextStep } from '../../../src/domain/work/steps.ts'
import type { Effect } from '../../../src/store/schema/records.ts'
import { type Account, EMPTY_ACCOUNT, execute, holdingsOf, shareFilled } from '../domain/sample-account.ts'
import { NOW_MS, RULES } from '../domain/sample-market.ts'
import { SYMBOL_ACTOR } from './sample-hedge.ts'
import { bornHedge } from './told-hedge.ts'

/** What becomes of an order's message: `lost` arrives and is not answered, `never` does not arrive, `early` fills before its answer. */
export type Mishap = 'none' | 'rejected' | 'lost' | 'never' | 'early' | 'crossed'
export type Course = {
  /** How much of each crossing order fills; after the last, as much as its book gives. */
  parts?: readonly number[]
  mishaps?: readonly Mishap[]
  /** How much of what rests fills, each time anything at all happens. */
  pieces?: readonly number[]
  /** And after the last piece, each time that time passes. */
  calmPiece?: number
  markets?: readonly FreshMarket[]
  /** Why no new risk may be taken, at the n-th decision. */
  refused?: readonly (string | null)[]
  /** After so many orders a person wants out; or the process wants nothing to wait in the book. */
  leaveAfter?: number
  cancelAfter?: number
  /** After so many orders the exchange closes this part of the perpetual by itself. */
  takenAfter?: number
  takenPart?: number
  /** Once it is hedged a person closes this part of it. */
  closesPart?: string
}
export type Placed = { order: OrderInFlight; atMs: number }
export type Run = {
  ended: 'hedged' | 'flat' | 'failed'
  why: string
  held: Holdings
  /** Before a part was closed. */
  heldWhole: Holdings | null
  apartBaseMax: Decimal
  /** The longest time that the legs were apart by more than dust. */
  apartMsMax: number
  placed: Placed[]
  /** The exchange took something. */
  taken: boolean
  tookMs: number
}

type Live = { order: OrderInFlight; filled: Decimal; moved: Record<'spot' | 'perp', Decimal> }

/** One hedge from its birth to where it comes to rest. @throws when it does not come to rest */
export function runHedge(plan: HedgePlan, calm: FreshMarket, course: Course = {}): Run {
  const input = { plan, execution: RULES.execution, limits: RULES.limits, symbolActor: SYMBOL_ACTOR }
  const hedge = bornHedge(input)
  const exchange = smallExchange(plan, course)
  const todo: Effect[] = []
  let read = 0
  let nowMs = NOW_MS
  let decisions = 0
  const collect = () => {
    for (const { effects } of hedge.steps.slice(read)) todo.push(...effects)
    read = hedge.steps.length
  }
  const tell = (event: Answer) => {
    hedge.tell(event, nowMs)
    exchange.measure(nowMs)
    collect()
  }
  const market = (): FreshMarket => {
    const seen = course.markets?.[decisions] ?? calm
    return { ...seen, receivedAtMs: { spotBook: nowMs, perpBook: nowMs, ticker: nowMs, spread: nowMs } }
  }
  const decide = (facts: HedgeToStep) => {
    const step = nextStep(facts, market(), RULES, course.refused?.[decisions] ?? null, nowMs)
    decisions++
    const { spotNetBase, perpBase } = facts
    const { kind, ...rest } = step
    tell({ type: `step.${kind}`, spotNetBase, perpBase, ...(rest as JsonObject) })
  }
  const place = (order: OrderInFlight) => {
    exchange.place(order, market(), nowMs).forEach(tell)
    if (exchange.placed.length === course.leaveAfter) tell({ type: 'hedge.unwind', because: 'a person' })
    if (exchange.placed.length === course.cancelAfter) tell({ type: 'hedge.cancel-resting' })
    if (exchange.placed.length === course.takenAfter) exchange.takeAway(nowMs).forEach(tell)
  }
  const verify = ({ spotNetBase, perpBase }: HedgeToStep) => {
    expect({ spotNetBase, perpBase }).toEqual(exchange.held())
    tell({ type: 'legs.verified', spotNetBase, perpBase })
  }
  const carryOut = ({ type, params }: Effect) => {
    const { order } = params as unknown as { order: OrderInFlight | null }
    const facts = params as unknown as HedgeToStep
    if (type === 'confirmPlan') tell({ type: 'plan.confirmed' })
    else if (type === 'decideStep') decide(facts)
    else if (type === 'verifyLegs') verify(facts)
    else if (order && type === 'placeOrder') place(order)
    else if (order && type === 'findOrder') tell(exchange.find(order, nowMs))
    else if (order && type === 'cancelOrder') exchange.cancel(order).forEach(tell)
  }
  let heldWhole: Holdings | null = null
  /** A part that is too small, or leaves too little, is not taken up. */
  const closesPart = () => {
    if (!course.closesPart || heldWhole || hedge.state() !== 'hedged.watching') return false
    heldWhole = exchange.held()
    tell({ type: 'hedge.unwind-part', share: course.closesPart })
    return hedge.state() !== 'hedged.watching'
  }
  collect()
  for (let turn = 0; turn < 3_000; turn++) {
    exchange.piece().forEach(tell)
    const effect = todo.shift()
    const state = hedge.state()
    if (effect) {
      carryOut(effect)
      continue
    }
    if (closesPart()) continue
    if (state === 'closed' || state.startsWith('failed') || state === 'hedged.watching') {
      expect([...exchange.live.keys()], 'nothing waits in the book').toEqual([])
      return {
        ended: state === 'closed' ? 'flat' : state.startsWith('failed') ? 'failed' : 'hedged',
        why: hedge.context().failure ?? hedge.context().unwindBecause ?? '',
        held: exchange.held(),
        heldWhole,
        apartBaseMax: exchange.apart.baseMax,
        apartMsMax: exchange.apart.msMax,
        placed: exchange.placed,
        taken: hedge.context().takenExecs.length > 0,
        tookMs: nowMs - NOW_MS,
      }
    }
    const [timer] = hedge.timers().toSorted((a, b) => a.dueAtMs - b.dueAtMs)
    if (!timer) throw new Error(`expected a timer, found none in ${state}`)
    nowMs = Math.max(nowMs, timer.dueAtMs)
    exchange.calmPiece().forEach(tell)
    // What was told may have disarmed it.
    if (hedge.timers().some(each => each === timer)) tell(timer.event as Answer)
  }
  throw new Error(`expected an end, found ${hedge.state()}`)
}

function smallExchange(plan: HedgePlan, course: Course) {
  const live = new Map<string, Live>()
  const ended = new Map<string, Answer>()
  const placed: Placed[] = []
  const apart = { baseMax: new Decimal(0), msMax: 0, sinceMs: 0 }
  let account: Account = EMPTY_ACCOUNT
  let crossings = 0
  let pieces = 0

  const held = () => holdingsOf(plan, account)
  const fill = (at: Live, qty: Decimal) => {
    if (qty.isZero()) return
    const before = held()
    account =
      at.order.leg === 'spreadOrder'
        ? fillBoth(plan, account, at.order, qty)
        : fillOne(plan, account, at.order, qty)
    const after = held()
    at.filled = at.filled.plus(qty)
    at.moved.spot = at.moved.spot.plus(after.spotNetBase).minus(before.spotNetBase)
    at.moved.perp = at.moved.perp.plus(after.perpBase).minus(before.perpBase)
    const covered = Decimal.max(0, after.spotNetBase)
    apart.baseMax = Decimal.max(apart.baseMax, covered.minus(after.perpBase).abs())
  }
  const outcome = ({ order: { leg }, moved }: Live) => {
    const of = (base: Decimal) => ({ base: baseQty(base), cashUsdt: NO_USDT, feesUsdt: NO_USDT })
    return leg === 'spreadOrder' ? { legs: { spot: of(moved.spot), perp: of(moved.perp) } } : of(moved[leg])
  }
  const soFar = (at: Live) => ({ ...outcome(at), filledQty: orderQty(at.filled) }) as unknown as Progress
  const end = (at: Live): Answer => {
    const { leg, orderLinkId } = at.order
    const told = { type: 'order.closed', orderLinkId, leg, ...outcome(at) } as Answer
    live.delete(orderLinkId)
    ended.set(orderLinkId, told)
    return told
  }
  /** A part of what rests is taken; the last of it ends the order. */
  const take = (part: number): Answer[] =>
    [...live.values()].flatMap(at => {
      const { order } = at
      const step = plan[order.leg === 'perp' ? 'perp' : 'spot'].qtyStep
      const rest = new Decimal(order.qty).minus(at.filled)
      const qty = part >= 1 ? rest : floorTo(rest.times(part), step)
      if (qty.isZero()) return []
      fill(at, qty)
      const { orderLinkId } = order
      const news: Answer = { type: 'order.filled', orderLinkId, soFar: soFar(at) as unknown as JsonObject }
      return at.filled.eq(order.qty) ? [news, end(at)] : [news]
    })
  const piece = (): Answer[] => {
    const part = live.size > 0 ? course.pieces?.[pieces++] : undefined
    return part === undefined ? [] : take(part)
  }

  const stand = (at: Live, mishap: Mishap): Answer[] => {
    const { orderLinkId } = at.order
    const accepted: Answer = { type: 'order.accepted', orderLinkId }
    if (mishap === 'lost') return [{ type: 'order.unknown', orderLinkId, cause: 'no answer' }]
    if (mishap === 'crossed') return [accepted, end(at)]
    return mishap === 'early' ? [...piece(), accepted] : [accepted]
  }
  const cross = (at: Live, mishap: Mishap, market: FreshMarket): Answer[] => {
    const { order } = at
    const { leg, orderLinkId } = order
    const isBoth = leg === 'spreadOrder'
    const part = course.parts?.[crossings++] ?? (isBoth ? 1 : shareFilled(order as LegOrder, market))
    const step = isBoth ? (plan.spread?.qtyStep ?? '0') : plan[leg].qtyStep
    fill(at, floorTo(new Decimal(order.qty).times(part), step))
    const told = end(at)
    const accepted: Answer = { type: 'order.accepted', orderLinkId }
    if (mishap === 'lost') return [{ type: 'order.unknown', orderLinkId, cause: 'no answer' }]
    return mishap === 'early' ? [told, accepted, told] : [accepted, told]
  }

  return {
    live,
    placed,
    apart,
    held,
    measure(nowMs: number) {
      if (isLevel(plan, held())) apart.sinceMs = 0
      else if (apart.sinceMs === 0) apart.sinceMs = nowMs
      else apart.msMax = Math.max(apart.msMax, nowMs - apart.sinceMs)
    },
    piece,
    calmPiece: () => (course.pieces?.[pieces] === undefined ? take(course.calmPiece ?? 1) : []),
    place(order: OrderInFlight, market: FreshMarket, atMs: number): Answer[] {
      const { orderLinkId } = order
      assertAllowed(live, placed, order)
      const mishap = course.mishaps?.[placed.length] ?? 'none'
      placed.push({ order, atMs })
      if (mishap === 'never') return [{ type: 'order.unknown', orderLinkId, cause: 'no answer' }]
      if (mishap === 'rejected')
        return [{ type: 'order.rejected', orderLinkId, reason: 'other', detail: 'not today' }]
      const at: Live = {
        order,
        filled: new Decimal(0),
        moved: { spot: new Decimal(0), perp: new Decimal(0) },
      }
      live.set(orderLinkId, at)
      return order.rests ? stand(at, mishap) : cross(at, mishap, market)
    },
    find({ orderLinkId }: OrderInFlight, serverAtMs: number): Answer {
      const at = live.get(orderLinkId)
      if (at) return { type: 'order.open', orderLinkId, soFar: soFar(at) as unknown as JsonObject }
      return ended.get(orderLinkId) ?? { type: 'order.absent', orderLinkId, serverAtMs }
    },
    /** As auto-deleveraging does: no order of ours, and no word before. */
    takeAway(filledAtMs: number): Answer[] {
      const before = held().perpBase
      const contracts = account.contracts.times(1 - (course.takenPart ?? 0))
      account = { ...account, contracts: contracts.minus(contracts.mod(plan.perp.qtyStep)) }
      const base = baseQty(new Decimal(held().perpBase).minus(before))
      const none = { cashUsdt: NO_USDT, feesUsdt: NO_USDT }
      const taken = { execId: 'taken', leg: 'perp', cause: 'adl', filledAtMs: filledAtMs + 1 }
      return new Decimal(base).isZero() ? [] : [{ type: 'leg.taken', ...taken, base, ...none }]
    },
    /** A fill may be quicker than the cancel. */
    cancel({ orderLinkId }: OrderInFlight): Answer[] {
      const told = piece()
      const at = live.get(orderLinkId)
      const again = ended.get(orderLinkId)
      return at ? [...told, end(at)] : again ? [...told, again] : told
    },
  }
}

/** Promise 2, as an exchange sees it: one name once, one order a leg, and beside one that rests only the one that hedges it. */
function assertAllowed(live: ReadonlyMap<string, Live>, placed: readonly Placed[], order: OrderInFlight) {
  expect(placed.map(each => each.order.orderLinkId)).not.toContain(order.orderLinkId)
  const busy = [...live.values()].map(each => each.order)
  const others = busy.filter(({ leg, rests }) => leg === order.leg || order.leg === 'spreadOrder' || !rests)
  expect(others, `beside ${order.orderLinkId}`).toEqual([])
}

const fillOne = (plan: HedgePlan, account: Account, order: OrderInFlight, qty: Decimal): Account =>
  execute(plan, account, { ...(order as LegOrder), qty: orderQty(qty) }, 1)

/** Both legs or none, equal in base coins; a native order is charged half of what its legs would be. */
function fillBoth(plan: HedgePlan, account: Account, order: OrderInFlight, qty: Decimal): Account {
  const { taker, maker } = plan.fees.spot
  const half = { taker: feeRate(new Decimal(taker).times(RULES.execution.spreadFeeFactor)), maker }
  const cheaper = { ...plan, fees: { ...plan.fees, spot: half } }
  const one = { limitPrice: plan.markPrice, reduceOnly: false, borrow: false }
  const side = order.side === 'Buy' ? 'Sell' : 'Buy'
  const spot = execute(cheaper, account, { ...one, leg: 'spot', side, qty: orderQty(qty) }, 1)
  const contracts = orderQty(qty.div(plan.perp.multiplier))
  return execute(cheaper, spot, { ...one, leg: 'perp', side: order.side, qty: contracts }, 1)
}
