/**
 * Hears the account's private stream: joins an order's end with all of its executions and tells the hedge it belongs to.
 * Whatever is missed here is found by the leg asking: this feed makes it fast, not correct.
 */
import { Decimal } from 'decimal.js'
import type { HedgeContext } from '../machines/hedge/context.ts'
import type { JsonObject } from '../src/domain/json.ts'
import { type Fill, type OrderReport, ownerOfOrder } from '../src/domain/legs/order.ts'
import { legOutcome } from '../src/domain/work/leg-outcome.ts'
import type { AccountFact } from '../src/exchange/exchange.ts'
import { orderNews } from './hedge.ts'
import type { PlainKind } from './runtime/runtime.ts'
import { service, untilAborted } from './service.ts'
import type { World } from './world.ts'

type Heard = { report: OrderReport | undefined; fills: Fill[]; atMs: number }

/** Half-heard orders are forgotten after this: their leg has asked long before. */
const FORGET_AFTER_MS = 600_000
const HEARD_MAX = 2_000

export const accountFeed = (world: World): PlainKind =>
  service(async signal => {
    const heard = new Map<string, Heard>()
    const subscription = world.exchange.watchAccount(fact => hear(world, heard, fact))
    await untilAborted(signal)
    subscription.close()
    tellEngine(world, { type: 'account.down', because: 'the account feed ended' })
  })

const tellEngine = (world: World, event: { type: string } & JsonObject) =>
  world.runtime().deliver('engine', event)

function hear(world: World, heard: Map<string, Heard>, fact: AccountFact) {
  if (fact.kind === 'up') tellEngine(world, { type: 'account.up' })
  else if (fact.kind === 'down') tellEngine(world, { type: 'account.down', because: fact.cause })
  else if (fact.kind === 'order') hearOrder(world, heard, fact.report)
  else if (fact.kind === 'fill') hearFill(world, heard, fact.fill)
}

function hearOrder(world: World, heard: Map<string, Heard>, report: OrderReport) {
  world.recorder.order(report)
  // Of an order that only stands there is nothing to tell yet.
  if (report.status === 'open' && new Decimal(report.filledQty).isZero()) return
  const entry = entryOf(world, heard, report.orderLinkId)
  if (!entry) return
  entry.report = report
  join(world, heard, report.orderLinkId, entry)
}

function hearFill(world: World, heard: Map<string, Heard>, fill: Fill) {
  world.recorder.fill(fill)
  if (fill.cause !== 'funding') world.bookSoon()
  if (fill.cause === 'adl' || fill.cause === 'liquidation') {
    world.alerts.raise('page', 'venue.took-position', {
      symbol: fill.symbol,
      cause: fill.cause,
      qty: fill.qty,
    })
    tellLoss(world, fill)
    tellEngine(world, { type: 'engine.reconcile' })
  }
  const entry = entryOf(world, heard, fill.orderLinkId)
  if (!entry) return
  entry.fills.push(fill)
  join(world, heard, fill.orderLinkId, entry)
}

/** What the exchange took is a fact for the hedge of that symbol: its other leg follows at once. */
function tellLoss(world: World, fill: Fill) {
  for (const { id, kind, actor } of world.runtime().all()) {
    if (kind !== 'hedge') continue
    const { plan } = actor.getSnapshot().context as HedgeContext
    if (plan.perp.symbol !== fill.symbol) continue
    const { execId, cause, filledAtMs } = fill
    const outcome = legOutcome(
      'perp',
      { filledQty: fill.qty, side: fill.side },
      [{ ...fill, cause: 'trade' }],
      plan,
    )
    if (outcome)
      world.runtime().deliver(id, { type: 'leg.taken', execId, leg: 'perp', cause, filledAtMs, ...outcome })
  }
}

/** Only our own orders are kept; a person trading by hand is none of a hedge's business. */
function entryOf(world: World, heard: Map<string, Heard>, orderLinkId: string): Heard | undefined {
  if (!ownerOfOrder(orderLinkId)) return undefined
  const atMs = world.clock.nowMs()
  const entry = heard.get(orderLinkId) ?? { report: undefined, fills: [], atMs }
  heard.set(orderLinkId, entry)
  if (heard.size > HEARD_MAX) {
    for (const [id, old] of heard) if (old.atMs < atMs - FORGET_AFTER_MS) heard.delete(id)
  }
  return entry
}

/** Tells the hedge once the executions add up to what the exchange says was filled: of an ended order, or of one that rests. */
function join(world: World, heard: Map<string, Heard>, orderLinkId: string, { report, fills }: Heard) {
  const owner = ownerOfOrder(orderLinkId)
  if (!owner || !report) return
  const actorId = `hedge:${owner.hedgeId}`
  const context = world.runtime().get(actorId)?.actor.getSnapshot().context as HedgeContext | undefined
  const news = context && orderNews(owner.leg, report, fills, context.plan)
  if (!news) return
  if (news.type === 'order.open') {
    if (news.soFar) world.runtime().deliver(actorId, { ...news, type: 'order.filled' })
    return
  }
  heard.delete(orderLinkId)
  world.telemetry.orderEnded(report.status === 'filled' ? 'filled' : 'cancelled')
  world.runtime().deliver(actorId, news)
}
