/**
 * Looks at everything once a second (more rarely in replay): ages of the feeds, the journal, unhedged legs, the census of
 * actors. It measures and calls; it decides nothing but this: a journal that does not answer for too long ends the process
 * (fail closed).
 */
import { Decimal } from 'decimal.js'
import type { HedgeContext } from '../machines/hedge/context.ts'
import type { SupervisorContext } from '../machines/supervisor.ts'
import { ownerOfOrder } from '../src/domain/legs/order.ts'
import type { Journal } from '../src/store/schema/records.ts'
import type { Ports } from './ports.ts'
import type { PlainKind, Running } from './runtime/running.ts'
import { pause, service } from './service.ts'

/** Wall milliseconds a record may wait to be durable before the process ends: systemd starts it again. */
const JOURNAL_SILENT_MS_MAX = 30_000
/** Beyond this no new risk is taken. */
export const JOURNAL_SLOW_MS = 1_000
const LOOK_EVERY_MS = 1_000
/** What fills while no decision can become durable is answered by nobody: what rests is taken off the book (promise 4). */
const UNWATCHED_MS = 3_000

type Watched = Ports<'exchange' | 'clock' | 'pace' | 'board' | 'telemetry' | 'runtime' | 'funds'>
export type WatchdogEnds = { journal: Journal; fatal: (error: unknown) => void }

/**
 * Measures once a second. `fatal` is called with the reason when the journal was silent for too long, and the watch ends.
 */
export const watchdog = (ports: Watched, { journal, fatal }: WatchdogEnds): PlainKind =>
  service(async signal => {
    let lookedAtMs = ports.clock.nowMs()
    let isUnwatched = false
    let counted = ''
    do {
      const { oldestPendingMs, pending } = journal.health()
      ports.telemetry.journalPending(pending)
      if (oldestPendingMs > JOURNAL_SILENT_MS_MAX) {
        return fatal(new Error(`the journal did not answer for ${oldestPendingMs} ms`))
      }
      // Once for each silence: a chart that sees its order gone waits for the journal with all others.
      if (oldestPendingMs > UNWATCHED_MS && !isUnwatched) void cancelResting(ports)
      isUnwatched = oldestPendingMs > UNWATCHED_MS
      counted = census(ports, counted)
      for (const [feed, ageMs] of Object.entries(ports.board.ageMs()))
        ports.telemetry.feedAge(feed, ageMs / 1_000)
      const nowMs = ports.clock.nowMs()
      measureLegs(ports, (nowMs - lookedAtMs) / 1_000)
      lookedAtMs = nowMs
      measureFunds(ports)
    } while (await pause(ports.clock, LOOK_EVERY_MS * ports.pace, signal))
  })

async function cancelResting({ exchange, telemetry }: Ports<'exchange' | 'telemetry'>): Promise<void> {
  try {
    for (const { market, symbol, orderLinkId } of await exchange.openOrders()) {
      if (!ownerOfOrder(orderLinkId)) continue
      const isGone = await exchange.cancelOrder(market, symbol, orderLinkId)
      telemetry.log.warn('order.unwatched', { orderLinkId, isGone })
    }
  } catch (error) {
    telemetry.inputRefused(
      'reading',
      `open orders: ${error instanceof Error ? error.message : String(error)}`,
    )
  }
}

/** Most looks find every actor where it was: labels are written anew only when one has moved. @returns what was counted */
function census(ports: Ports<'telemetry' | 'runtime'>, before: string): string {
  const all = [...ports.runtime().all()]
  ports.telemetry.actorsQuarantined(quarantined(all))
  const counted = all.map(({ kind, cell }) => `${kind} ${cell?.state ?? ''}`).join()
  if (counted === before) return before
  ports.telemetry.actorsCounted(all.map(({ kind, cell }) => ({ kind, state: cell?.state ?? 'running' })))
  const byState: Record<string, number> = {}
  for (const { kind, cell } of all) {
    if (kind !== 'hedge') continue
    const state = cell?.state ?? 'running'
    const name = state.split(/[. ]/)[0] ?? state
    byState[name] = (byState[name] ?? 0) + 1
  }
  ports.telemetry.hedgesCounted(byState)
  return counted
}

const quarantined = (all: readonly Running[]): number =>
  all
    .filter(({ kind }) => kind === 'supervisor')
    .flatMap(({ actor }) => Object.values((actor.getSnapshot().context as SupervisorContext).children))
    .filter(({ status }) => status === 'quarantined').length

/** Unhedged notional of all hedges together, now and summed over time (promise 4). */
function measureLegs(ports: Ports<'telemetry' | 'runtime'>, seconds: number) {
  let total = new Decimal(0)
  for (const { kind, actor } of ports.runtime().all()) {
    if (kind !== 'hedge') continue
    const { plan, spot, perp, unbalancedSinceMs } = actor.getSnapshot().context as HedgeContext
    if (unbalancedSinceMs === 0) continue
    const perBase = new Decimal(plan.markPrice).div(plan.perp.multiplier)
    total = total.plus(new Decimal(spot.base).minus(perp.base).abs().mul(perBase))
  }
  ports.telemetry.unhedgedNotionalUsdt(total.toNumber())
  ports.telemetry.unhedgedFor(total.toNumber() * seconds)
}

function measureFunds({ funds, telemetry }: Ports<'telemetry' | 'funds'>) {
  const read = funds()
  if (!read) return
  telemetry.accountRead({
    equityUsdt: Number(read.equityUsdt),
    availableUsdt: Number(read.availableUsdt),
    // What the exchange does not tell is no figure at all: a gauge of 0 would say that all is well.
    maintenanceMarginRate:
      read.maintenanceMarginRate === null ? Number.NaN : Number(read.maintenanceMarginRate),
    initialMarginRate: read.initialMarginRate === null ? Number.NaN : Number(read.initialMarginRate),
  })
}
