/**
 * What the engine says of itself: log lines and metrics, behind verbs in the words of the trade.
 * Telemetry never decides anything and never throws at its caller.
 */

import type { KeptLines } from './line-out.ts'
import { createLog, type Log, type LogFields, type LogLevel, silentLog } from './log.ts'
import { createMetrics, type Metrics } from './metrics.ts'

type OrderOutcome = 'accepted' | 'rejected' | 'unknown' | 'filled' | 'cancelled'
type EffectOutcome = 'done' | 'failed' | 'retried'

/** Gauges of the account, as last read; floats to be looked at. */
type AccountReading = {
  equityUsdt: number
  availableUsdt: number
  maintenanceMarginRate: number
  initialMarginRate: number
}

/** Floats to be looked at: USDT by part, and fractions. */
type ClosedHedges = {
  profitUsdt: Readonly<Record<string, number>>
  maker: number | null
  orphans: number | null
  slippage: number | null
  roundTripCost: number | null
}

export type Telemetry = {
  readonly log: Log
  /** The same telemetry whose log lines carry these fields too: hedge, symbol, orderLinkId… */
  with(fields: LogFields): Telemetry
  transitionCommitted(kind: string): void
  effectEnded(type: string, outcome: EffectOutcome): void
  /** Wall seconds from queued to durable. */
  journalCommitted(seconds: number): void
  /** The same, measured: call what it gives when the record is durable. */
  journalTimer(): () => void
  journalPending(records: number): void
  /** The whole census at once: what is not in it any more is gone. */
  actorsCounted(actors: Iterable<{ kind: string; state: string }>): void
  hedgesCounted(byState: Readonly<Record<string, number>>): void
  unhedgedNotionalUsdt(notional: number): void
  /** Unhedged notional times the engine seconds it lasted. */
  unhedgedFor(notionalUsdtSeconds: number): void
  accountRead(funds: AccountReading): void
  /** What the last shown rate promised of a settlement that has just passed; positive is to be received. */
  fundingExpected(symbol: string, amountUsdt: number): void
  /** One settlement; positive is received. */
  fundingSettled(symbol: string, amountUsdt: number): void
  /** What closed hedges made, by part, and shares of how they were executed; null is not known. */
  hedgesClosed(results: ClosedHedges): void
  ledgerResidual(coin: string, residual: number): void
  /** Engine seconds since the feed was last heard. */
  feedAge(feed: string, seconds: number): void
  orderEnded(outcome: OrderOutcome): void
  actorRestarted(kind: string): void
  actorsQuarantined(count: number): void
  /** Bad input was refused: counted and logged (promise 11). */
  inputRefused(kind: string, detail: string, fields?: LogFields): void
  /** The same without a line, where one was written already. */
  inputCounted(kind: string): void
  alertRaised(severity: string): void
  alertsStanding(alerts: Iterable<{ name: string; severity: string }>): void
  alertDelivered(way: string, outcome: 'delivered' | 'failed' | 'dropped'): void
  /** This machine's clock less the exchange's, wall seconds. */
  clockOff(seconds: number): void
  /** Simulated time to wall time, now. */
  simulationPaced(pace: number): void
  /** Times a call to the exchange: call what it gives with the outcome. */
  exchangeTimer(endpoint: string): (outcome: string) => void
  requestAnswered(status: number): void
  /** Times a request: call what it gives once it is answered. `route` is a template, never a path. */
  requestTimer(): (answer: { method: string; route: string; status: number }) => void
  /** The Prometheus text format. */
  metrics(): Promise<string>
}

type TelemetryOptions = { level: LogLevel; secrets: readonly string[]; kept?: Pick<KeptLines, 'stream'> }

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
  // A counter only grows: what was paid is counted apart.
  const settled = split(metrics.fundingReceived, metrics.fundingPaid)
  const expected = split(metrics.fundingExpectedIn, metrics.fundingExpectedOut)
  return {
    log,
    with: fields => telemetryOf(log.child(fields), metrics),
    transitionCommitted: kind => metrics.transitions.inc({ kind }),
    effectEnded: (type, outcome) => metrics.effects.inc({ type, outcome }),
    journalCommitted: seconds => {
      if (Number.isFinite(seconds)) metrics.journalCommit.observe(seconds)
    },
    journalTimer: () => {
      const end = metrics.journalCommit.startTimer()
      return () => void end()
    },
    journalPending: records => metrics.journalPending.set(records),
    actorsCounted: actors => countActors(metrics, actors),
    hedgesCounted: byState => {
      metrics.hedges.reset()
      for (const [state, count] of Object.entries(byState)) metrics.hedges.set({ state }, count)
    },
    unhedgedNotionalUsdt: notional => metrics.unhedgedNotional.set(notional),
    unhedgedFor: notionalSeconds => {
      if (notionalSeconds > 0) metrics.unhedgedNotionalTime.inc(notionalSeconds)
    },
    accountRead: ({ equityUsdt, availableUsdt, maintenanceMarginRate, initialMarginRate }) => {
      metrics.equity.set(equityUsdt)
      metrics.available.set(availableUsdt)
      metrics.maintenanceMarginRate.set(maintenanceMarginRate)
      metrics.initialMarginRate.set(initialMarginRate)
    },
    fundingExpected: expected,
    fundingSettled: settled,
    hedgesClosed: results => tellClosed(metrics, results),
    ledgerResidual: (coin, residual) => metrics.ledgerResidual.set({ coin }, residual),
    feedAge: (feed, seconds) => metrics.feedAge.set({ feed }, seconds),
    orderEnded: outcome => metrics.orders.inc({ outcome }),
    actorRestarted: kind => metrics.restarts.inc({ kind }),
    actorsQuarantined: count => metrics.quarantined.set(count),
    inputRefused: (kind, detail, fields) => {
      metrics.inputFaults.inc({ kind })
      log.warn('input.refused', { ...fields, kind, detail })
    },
    inputCounted: kind => metrics.inputFaults.inc({ kind }),
    alertRaised: severity => metrics.alerts.inc({ severity }),
    alertsStanding: alerts => {
      metrics.alertsStanding.reset()
      for (const { name, severity } of alerts) metrics.alertsStanding.inc({ name, severity })
    },
    alertDelivered: (way, outcome) => metrics.alertDeliveries.inc({ way, outcome }),
    clockOff: seconds => metrics.clockOff.set(seconds),
    simulationPaced: pace => metrics.pace.set(pace),
    exchangeTimer: endpoint => {
      const end = metrics.exchangeCall.startTimer({ endpoint })
      return outcome => void end({ outcome })
    },
    requestAnswered: status => metrics.httpRequests.inc({ status: String(status) }),
    requestTimer: () => {
      const end = metrics.httpRequest.startTimer()
      return ({ method, route, status }) => void end({ method, route, status: String(status) })
    },
    metrics: () => metrics.registry.metrics(),
  }
}

type Funding = Metrics['fundingReceived']

const split = (received: Funding, paid: Funding) => (symbol: string, amountUsdt: number) => {
  if (!Number.isFinite(amountUsdt)) return
  if (amountUsdt >= 0) received.inc({ symbol }, amountUsdt)
  else paid.inc({ symbol }, -amountUsdt)
}

function countActors(metrics: Metrics, actors: Iterable<{ kind: string; state: string }>): void {
  metrics.actors.reset()
  // Only the first part of a state is a label: nested states would make a series each.
  for (const { kind, state } of actors) metrics.actors.inc({ kind, state: /^[\w-]*/.exec(state)?.[0] ?? '' })
}

function tellClosed(metrics: Metrics, { profitUsdt, maker, orphans, slippage, roundTripCost }: ClosedHedges) {
  for (const [part, made] of Object.entries(profitUsdt)) metrics.closedProfit.set({ part }, made)
  metrics.closedMaker.set(maker ?? Number.NaN)
  metrics.closedOrphans.set(orphans ?? Number.NaN)
  metrics.closedSlippage.set(slippage ?? Number.NaN)
  metrics.closedCost.set(roundTripCost ?? Number.NaN)
}
