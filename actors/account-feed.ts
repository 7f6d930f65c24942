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
import type { Ports } from './ports.ts'
import type { PlainKind } from './runtime/running.ts'
import { service, untilAborted } from './service.ts'

type AccountFeedPorts = Ports<
  'clock' | 'exchange' | 'telemetry' | 'alerts' | 'runtime' | 'recorder' | 'bookSoon'
>

type HearPorts = Ports<'clock' | 'telemetry' | 'alerts' | 'runtime' | 'recorder' | 'bookSoon'>

type Heard = { report: OrderReport | undefined; fills: Fill[]; atMs: number }

/** Half-heard orders are forgotten after this: their leg has asked long before. */
const FORGET_AFTER_MS = 600_000
const HEARD_MAX = 2_000

/** Listens to the account's private stream and passes its facts to hedges, books and risk. Its end is told to the engine. */
export const accountFeed = (ports: AccountFeedPorts): PlainKind =>
  service(async signal => {
    const heard = new Map<string, Heard>()
    const subscription = ports.exchange.watchAccount(fact => hear(ports, heard, fact))
    await untilAborted(signal)
    subscription.close()
    tellEngine(ports, { type: 'account.down', because: 'the account feed ended' })
  })

const tellEngine = (ports: Ports<'runtime'>, event: { type: string } & JsonObject) =>
  ports.runtime().deliver('engine', event)

function hear(ports: HearPorts, heard: Map<string, Heard>, fact: AccountFact) {
  if (fact.kind === 'up') tellEngine(ports, { type: 'account.up' })
  else if (fact.kind === 'down') tellEngine(ports, { type: 'account.down', because: fact.cause })
  else if (fact.kind === 'order') hearOrder(ports, heard, fact.report)
  else if (fact.kind === 'fill') hearFill(ports, heard, fact.fill)
}

function hearOrder(
  ports: Ports<'clock' | 'telemetry' | 'runtime' | 'recorder'>,
  heard: Map<string, Heard>,
  report: OrderReport,
) {
  ports.recorder.order(report)
  // Of an order that only stands there is nothing to tell yet.
  if (report.status === 'open' && new Decimal(report.filledQty).isZero()) return
  const entry = entryOf(ports, heard, report.orderLinkId)
  if (!entry) return
  entry.report = report
  join(ports, heard, report.orderLinkId, entry)
}

function hearFill(ports: HearPorts, heard: Map<string, Heard>, fill: Fill) {
  ports.recorder.fill(fill)
  if (fill.cause !== 'funding') ports.bookSoon()
  if (fill.cause === 'adl' || fill.cause === 'liquidation' || fill.cause === 'delivery') {
    ports.alerts.raise('page', 'venue.took-position', {
      symbol: fill.symbol,
      cause: fill.cause,
      qty: fill.qty,
    })
    tellLoss(ports, fill)
    tellEngine(ports, { type: 'engine.reconcile' })
  }
  const entry = entryOf(ports, heard, fill.orderLinkId)
  if (!entry) return
  entry.fills.push(fill)
  join(ports, heard, fill.orderLinkId, entry)
}

/** What the exchange took is a fact for the hedge of that symbol: its other leg follows at once. */
function tellLoss(ports: Ports<'runtime'>, fill: Fill) {
  for (const { id, kind, actor } of ports.runtime().all()) {
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
      ports.runtime().deliver(id, { type: 'leg.taken', execId, leg: 'perp', cause, filledAtMs, ...outcome })
  }
}

/** Only our own orders are kept; a person trading by hand is none of a hedge's business. */
function entryOf(ports: Ports<'clock'>, heard: Map<string, Heard>, orderLinkId: string): Heard | undefined {
  if (!ownerOfOrder(orderLinkId)) return undefined
  const atMs = ports.clock.nowMs()
  const entry = heard.get(orderLinkId) ?? { report: undefined, fills: [], atMs }
  heard.set(orderLinkId, entry)
  if (heard.size > HEARD_MAX) {
    for (const [id, old] of heard) if (old.atMs < atMs - FORGET_AFTER_MS) heard.delete(id)
  }
  return entry
}

/** Tells the hedge once the executions add up to what the exchange says was filled: of an ended order, or of one that rests. */
function join(
  ports: Ports<'telemetry' | 'runtime'>,
  heard: Map<string, Heard>,
  orderLinkId: string,
  { report, fills }: Heard,
) {
  const owner = ownerOfOrder(orderLinkId)
  if (!owner || !report) return
  const actorId = `hedge:${owner.hedgeId}`
  const context = ports.runtime().get(actorId)?.actor.getSnapshot().context as HedgeContext | undefined
  const news = context && orderNews(owner.leg, report, fills, context.plan)
  if (!news) return
  if (news.type === 'order.open') {
    if (news.soFar) ports.runtime().deliver(actorId, { ...news, type: 'order.filled' })
    return
  }
  heard.delete(orderLinkId)
  ports.telemetry.orderEnded(report.status === 'filled' ? 'filled' : 'cancelled')
  ports.runtime().deliver(actorId, news)
}
