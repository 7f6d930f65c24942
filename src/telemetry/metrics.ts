/**
 * The Prometheus metrics, `hedgerow_…`, units last. They are for people to watch: floats are fine here, and nothing
 * ever decides by them. Everything else reports through the verbs of `Telemetry`, and does not know of prom-client.
 */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'

/** Group commits take from under a millisecond to the half minute after which the engine stops. */
const COMMIT_BUCKETS = [0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 1, 5, 30]
/** Answers over HTTP, ours and the exchange's: from a loopback's half millisecond to a client's patience. */
const CALL_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]

/** Makes the registry and its metrics. `process` adds the process's own (memory, event loop, garbage collection). */
export function createMetrics(options: { process: boolean }) {
  const registry = new Registry()
  if (options.process) collectDefaultMetrics({ register: registry, prefix: 'hedgerow_' })
  const make = makers(registry)
  return { registry, ...engineMetrics(make), ...moneyMetrics(make), ...outsideMetrics(make) }
}

export type Metrics = ReturnType<typeof createMetrics>

function makers(registry: Registry) {
  const registers = [registry]
  return {
    counter: <L extends string>(name: string, help: string, ...labelNames: L[]) =>
      new Counter({ name: `hedgerow_${name}`, help, labelNames, registers }),
    gauge: <L extends string>(name: string, help: string, ...labelNames: L[]) =>
      new Gauge({ name: `hedgerow_${name}`, help, labelNames, registers }),
    duration: <L extends string>(name: string, help: string, buckets: number[], ...labelNames: L[]) =>
      new Histogram({ name: `hedgerow_${name}`, help, labelNames, buckets, registers }),
  }
}

type Makers = ReturnType<typeof makers>

/** How the machinery is: actors, journal, effects. */
function engineMetrics({ counter, gauge, duration }: Makers) {
  return {
    transitions: counter('transitions_total', 'Transitions committed, by kind of actor.', 'kind'),
    effects: counter('effects_total', 'Effects that ended, by type and outcome.', 'type', 'outcome'),
    journalCommit: duration(
      'journal_commit_seconds',
      'Time from a record being queued to its being durable, in wall seconds.',
      COMMIT_BUCKETS,
    ),
    journalPending: gauge('journal_pending', 'Records queued and not yet durable.'),
    actors: gauge('actors', 'Actors, by kind and first part of the state.', 'kind', 'state'),
    hedges: gauge('hedges', 'Hedges not closed, by state.', 'state'),
    orders: counter('orders_total', 'Orders asked for, by outcome.', 'outcome'),
    restarts: counter('restarts_total', 'Restarts of actors, by kind.', 'kind'),
    quarantined: gauge('quarantined', 'Actors that were given up and wait for a person.'),
    inputFaults: counter('input_faults_total', 'Bad input refused, by kind.', 'kind'),
  }
}

/** What is held and what it earns. */
function moneyMetrics({ counter, gauge }: Makers) {
  return {
    unhedgedNotional: gauge('unhedged_notional_usdt', 'Notional held on one leg only.'),
    unhedgedNotionalTime: counter(
      'unhedged_notional_usdt_seconds_total',
      'Notional held on one leg only, times the engine seconds it was.',
    ),
    equity: gauge('equity_usdt', 'Equity of the account, as last read.'),
    available: gauge('available_usdt', 'Free margin of the account, as last read.'),
    maintenanceMarginRate: gauge(
      'maintenance_margin_ratio',
      'Maintenance margin over equity; 1 is liquidation.',
    ),
    initialMarginRate: gauge('initial_margin_ratio', 'Initial margin over equity; 1 allows nothing more.'),
    fundingExpectedIn: counter(
      'funding_expected_received_usdt_total',
      'Funding that the last shown rates promised the hedges.',
      'symbol',
    ),
    fundingExpectedOut: counter(
      'funding_expected_paid_usdt_total',
      'Funding that the last shown rates would take from the hedges.',
      'symbol',
    ),
    fundingReceived: counter('funding_received_usdt_total', 'Funding received.', 'symbol'),
    fundingPaid: counter('funding_paid_usdt_total', 'Funding paid.', 'symbol'),
    closedProfit: gauge(
      'closed_hedges_profit_usdt',
      'What closed hedges made, by part (funding, fees, basis, slippage, borrow, dust, net); positive is received.',
      'part',
    ),
    closedMaker: gauge('closed_hedges_maker_ratio', 'Share of the traded value that rested in the book.'),
    closedOrphans: gauge('closed_hedges_orphan_ratio', 'Share of closed hedges that needed a repair.'),
    closedSlippage: gauge(
      'closed_hedges_slippage_ratio',
      'Slippage against the decisions, of the traded value; positive is a cost.',
    ),
    closedCost: gauge(
      'closed_hedges_round_trip_cost_ratio',
      'Fees and slippage of a round trip, of its notional.',
    ),
    ledgerResidual: gauge('ledger_residual', 'Exchange wallet less ledger, in the coin; 0 is right.', 'coin'),
  }
}

/** What is heard from and said to others: the exchange, people, programs. */
function outsideMetrics({ counter, gauge, duration }: Makers) {
  return {
    feedAge: gauge('feed_age_seconds', 'Engine time since the feed was last heard.', 'feed'),
    alerts: counter('alerts_total', 'Alerts raised, by severity.', 'severity'),
    alertsStanding: gauge('alerts_standing', 'Alerts that stand, by name and severity.', 'name', 'severity'),
    alertDeliveries: counter(
      'alert_deliveries_total',
      'Alert messages sent, by way and outcome.',
      'way',
      'outcome',
    ),
    clockOff: gauge('clock_off_seconds', "This machine's clock less the exchange's, wall seconds."),
    pace: gauge(
      'simulation_pace_ratio',
      'Simulated time to wall time: below the speed while the machine cannot follow. Only in mode sim.',
    ),
    exchangeCall: duration(
      'exchange_call_seconds',
      'Calls to the exchange, by endpoint and outcome, in wall seconds.',
      CALL_BUCKETS,
      'endpoint',
      'outcome',
    ),
    httpRequest: duration(
      'http_request_seconds',
      'HTTP requests answered, by method, route and status, in wall seconds.',
      CALL_BUCKETS,
      'method',
      'route',
      'status',
    ),
    httpRequests: counter('http_requests_total', 'HTTP requests answered, by status.', 'status'),
  }
}
