/**
 * What the engine says of itself: log lines and metrics, behind verbs in the words of the trade.
 * Telemetry never decides anything and never throws at its caller.
 */
import { createLog, type Log, type LogFields, type LogLevel, silentLog } from './telemetry-log.ts'
import { createMetrics, type Metrics } from './telemetry-metrics.ts'

export type OrderOutcome = 'accepted' | 'rejected' | 'unknown' | 'filled' | 'cancelled'
export type EffectOutcome = 'done' | 'failed' | 'retried'

export type Telemetry = {
  readonly log: Log
  /** The same telemetry whose log lines carry these fields too: hedge, symbol, orderLinkId… */
  with(fields: LogFields): Telemetry
  transitionCommitted(kind: string): void
  effectEnded(type: string, outcome: EffectOutcome): void
  /** Wall seconds from queued to durable. */
  journalCommitted(seconds: number): void
  journalPending(records: number): void
  /** The whole census at once: what is not in it any more is gone. */
  actorsCounted(actors: Iterable<{ kind: string; state: string }>): void
  hedgesCounted(byState: Readonly<Record<string, number>>): void
  unhedgedNotionalUsdt(notional: number): void
  /** One settlement; positive is received. */
  fundingSettled(symbol: string, amountUsdt: number): void
  ledgerResidual(coin: string, residual: number): void
  /** Engine seconds since the feed was last heard. */
  feedAge(feed: string, seconds: number): void
  orderEnded(outcome: OrderOutcome): void
  actorRestarted(kind: string): void
  actorsQuarantined(count: number): void
  /** Bad input was refused: counted and logged (promise 11). */
  inputRefused(kind: string, detail: string, fields?: LogFields): void
  alertRaised(severity: string): void
  requestAnswered(status: number): void
  /** The Prometheus text format. */
  metrics(): Promise<string>
}

type TelemetryOptions = { level: LogLevel; secrets: readonly string[] }

/** The telemetry of a process. `secrets` never appear in a line. */
export function createTelemetry(options: TelemetryOptions): Telemetry {
  return telemetryOf(createLog(options), createMetrics({ process: true }))
}

/** Counts and says nothing: for tests and short commands. */
export function silentTelemetry(): Telemetry {
  return telemetryOf(silentLog(), createMetrics({ process: false }))
}

/** Joins a log and metrics into one facade. */
export function telemetryOf(log: Log, metrics: Metrics): Telemetry {
  const settle = (symbol: string, amountUsdt: number) => {
    if (!Number.isFinite(amountUsdt)) return
    // A counter only grows: what was paid is counted apart.
    if (amountUsdt >= 0) metrics.fundingReceived.inc({ symbol }, amountUsdt)
    else metrics.fundingPaid.inc({ symbol }, -amountUsdt)
  }
  return {
    log,
    with: fields => telemetryOf(log.child(fields), metrics),
    transitionCommitted: kind => metrics.transitions.inc({ kind }),
    effectEnded: (type, outcome) => metrics.effects.inc({ type, outcome }),
    journalCommitted: seconds => {
      if (Number.isFinite(seconds)) metrics.journalCommit.observe(seconds)
    },
    journalPending: records => metrics.journalPending.set(records),
    actorsCounted: actors => countActors(metrics, actors),
    hedgesCounted: byState => {
      metrics.hedges.reset()
      for (const [state, count] of Object.entries(byState)) metrics.hedges.set({ state }, count)
    },
    unhedgedNotionalUsdt: notional => metrics.unhedgedNotional.set(notional),
    fundingSettled: settle,
    ledgerResidual: (coin, residual) => metrics.ledgerResidual.set({ coin }, residual),
    feedAge: (feed, seconds) => metrics.feedAge.set({ feed }, seconds),
    orderEnded: outcome => metrics.orders.inc({ outcome }),
    actorRestarted: kind => metrics.restarts.inc({ kind }),
    actorsQuarantined: count => metrics.quarantined.set(count),
    inputRefused: (kind, detail, fields) => {
      metrics.inputFaults.inc({ kind })
      log.warn('input.refused', { ...fields, kind, detail })
    },
    alertRaised: severity => metrics.alerts.inc({ severity }),
    requestAnswered: status => metrics.httpRequests.inc({ status: String(status) }),
    metrics: () => metrics.registry.metrics(),
  }
}

function countActors(metrics: Metrics, actors: Iterable<{ kind: string; state: string }>): void {
  metrics.actors.reset()
  // Only the first part of a state is a label: nested states would make a series each.
  for (const { kind, state } of actors) metrics.actors.inc({ kind, state: /^[\w-]*/.exec(state)?.[0] ?? '' })
}
