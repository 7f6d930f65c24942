/**
 * Puts an engine together over an exchange, a clock and a store: the ports its actors act through, the runtime, the tree.
 * Used alike by the service, by replay on a virtual clock, and by simulations.
 */
import type { AnyStateMachine } from 'xstate'
import { createRecorder, type Records } from '../../actors/account/recorder.ts'
import { type Bookkeeper, type Books, createBookkeeper } from '../../actors/bookkeeper.ts'
import { createMarketBoard, type MarketBoard } from '../../actors/market/board.ts'
import type { EnginePorts } from '../../actors/ports.ts'
import { createRiskAudit } from '../../actors/risk/audit.ts'
import type { RiskHistory } from '../../actors/risk/figures.ts'
import { createRiskWatch } from '../../actors/risk/watch.ts'
import type { Kind } from '../../actors/runtime/running.ts'
import { createRuntime, type Runtime } from '../../actors/runtime/runtime.ts'
import { heldChildren } from '../../actors/supervisor.ts'
import { restingEnds } from '../../actors/trading/resting-orders.ts'
import { type Judgements, noJudgements } from '../../actors/trading/scanner.ts'
import { kindsOf, treeOf } from '../../actors/tree.ts'
import { deskMachine } from '../../machines/desk.ts'
import { type EngineContext, engineMachine } from '../../machines/engine.ts'
import { hedgeMachine } from '../../machines/hedge/hedge.ts'
import { supervisorMachine } from '../../machines/supervisor.ts'
import { symbolMachine } from '../../machines/symbol.ts'
import { type Alerts, createAlerts } from '../alerts/alerts.ts'
import type { Clock, Stopwatch } from '../clock/clock.ts'
import type { HedgePair, SpreadInstrument } from '../domain/instrument.ts'
import type { JsonObject } from '../domain/json.ts'
import { ownerOfOrder } from '../domain/legs/order.ts'
import type { PairFeeRates } from '../domain/market/fees.ts'
import type { Rules } from '../domain/rules.ts'
import { feeRate } from '../domain/units.ts'
import type { AccountFact, Exchange } from '../exchange/exchange.ts'
import { governed } from '../exchange/governed.ts'
import type { TermsStore } from '../store/books/operator-store.ts'
import type { Journal, TransitionRecord } from '../store/schema/records.ts'
import type { Telemetry } from '../telemetry/telemetry.ts'
import { createHub, type Hub } from '../views/inspection/hub.ts'
import { measuredKinds } from './measured.ts'
import { newRiskRefused } from './new-risk.ts'

type EngineParts = {
  clock: Clock
  exchange: Exchange
  journal: Journal
  books: Books & Records & RiskHistory & TermsStore
  pairs: readonly HedgePair[]
  /** Instruments that trade both legs of a pair as one; none when left out. */
  spreads?: readonly SpreadInstrument[]
  rules: Rules
  telemetry: Telemetry
  salt: string
  commitId: () => string
  /** See `RuntimePorts`. */
  startStopwatch?: () => Stopwatch
  /** Is the exchange's time known? Left out: it always is. */
  isTimeSure?: () => boolean
  /** Does this process still own the account? */
  isOwner: () => boolean
  fatal: (error: unknown) => void
  ready: () => void
  /** Left out, alerts are logged and counted only. */
  alerts?: Alerts
  /** See `EnginePorts`: both are 1 when left out. */
  pace?: number
  speed?: number
}

export type Engine = {
  runtime: Runtime
  board: MarketBoard
  bookkeeper: Bookkeeper
  judgements: Judgements
  alerts: Alerts
  ports: EnginePorts
  /** What people who watch may see of what happens. */
  hub: Hub
  /** When the hedges were last compared with what the exchange shows. */
  auditedAtMs(): number
  /** Takes up what is stored, or is born, and starts. */
  start(): Promise<void>
  /**
   * Tells the engine to stop, takes off what waits in the book, and gives orders under way a few seconds to end and legs to
   * be level; then lets go. Hedges stay as they are.
   */
  stop(): Promise<void>
}

/** Bybit's VIP0 fees: the highest there are, until the account's own are read. */
export const VIP0: PairFeeRates = {
  spot: { taker: feeRate('0.001'), maker: feeRate('0.001') },
  perp: { taker: feeRate('0.00055'), maker: feeRate('0.0002') },
}

/** An engine that is put together and not started: nothing is asked of the exchange yet. */
export function createEngine(parts: EngineParts): Engine {
  const { clock, journal, rules, telemetry, pairs } = parts
  const board = createMarketBoard(clock, pairs, VIP0, parts.spreads)
  const alerts = parts.alerts ?? createAlerts(telemetry, { clock })
  const hub = createHub(clock)
  const judgements = noJudgements()
  const bookkeeper = createBookkeeper(() => ports, parts.books)
  const riskWatch = createRiskWatch(() => ports, parts.books)
  const riskAudit = createRiskAudit(() => ports)
  const own = exclusive(parts.exchange, parts.salt, orderLinkId => haltForOther(ports, orderLinkId))
  const inLimits = governed(own, { exitShare: rules.limits.orderReserveMin }, clock)
  const exchange = overheard(inLimits, [riskWatch.hear, riskAudit.hear])
  const ports: EnginePorts = {
    clock,
    pace: parts.pace ?? 1,
    speed: parts.speed ?? 1,
    exchange,
    board,
    rules,
    telemetry,
    alerts,
    runtime: () => runtime,
    newRiskRefused: symbol => newRiskRefused(ports, parts, symbol),
    risk: riskWatch.current,
    judgeRisk: riskWatch.judge,
    assertOwner() {
      if (!parts.isOwner()) throw new Error('this process no longer owns the account')
    },
    recorder: createRecorder(parts.books, telemetry),
    funds: bookkeeper.funds,
    dust: bookkeeper.dust,
    bookSoon: bookkeeper.bookSoon,
    bookNow: bookkeeper.bookNow,
    announceReady: parts.ready,
  }
  const tree = treeOf(pairs, rules, parts.salt)
  const services = { bookkeeper, riskWatch, riskAudit, terms: parts.books, judgements }
  const kinds = kindsOf({ ports, journal, ...services, tree: () => tree, fatal: parts.fatal })
  const runtime = runtimeOf(parts, measuredKinds(kinds, telemetry), hub)

  return {
    runtime,
    board,
    bookkeeper,
    judgements,
    alerts,
    ports,
    hub,
    auditedAtMs: riskAudit.auditedAtMs,
    async start() {
      await runtime.boot(isHeldBack)
      if (!runtime.get('engine')) runtime.spawn('engine', 'engine', '', {})
      const { execution, limits } = rules
      runtime.deliver('engine', {
        type: 'engine.started',
        ...({ execution, limits } as unknown as JsonObject),
      })
    },
    async stop() {
      runtime.deliver('engine', { type: 'engine.stop' })
      await journal.drained()
      await restingEnds(ports)
      runtime.close()
      await journal.drained()
    },
  }
}

type HeldBack = Parameters<Runtime['boot']>[0]

const isHeldBack: HeldBack = ({ actorId }, rows) => heldChildren(rows).has(actorId)

const runtimeOf = (parts: EngineParts, kinds: Readonly<Record<string, Kind>>, hub: Hub): Runtime =>
  createRuntime({
    clock: parts.clock,
    journal: parts.journal,
    kinds,
    commitId: parts.commitId,
    ...(parts.startStopwatch && { startStopwatch: parts.startStopwatch }),
    fatal: parts.fatal,
    fault: ({ actorId, during, error }) =>
      parts.telemetry.log.warn('actor.fault', {
        actorId,
        during,
        error: error instanceof Error ? error.message : String(error),
      }),
    committed: record => committed(parts.telemetry, record),
    observed: hub.observe,
    orphaned: (actorId, error) => parts.fatal(new Error(`${actorId} failed: ${error}`)),
  })

/** Two engines on one account undo each other's work: new risk ends at once, and a person says which of them goes on. */
function haltForOther({ alerts, runtime }: EnginePorts, orderLinkId: string): void {
  const because = `another engine with another database trades this account (its order ${orderLinkId})`
  const engine = runtime().get('engine')?.actor.getSnapshot().context as EngineContext | undefined
  if (!engine || engine.halt) return
  alerts.raise('page', 'account.another-engine', { orderLinkId, because })
  runtime().deliver('engine', { type: 'engine.halt', by: 'another engine', because })
}

/** One private stream for all who listen: a second one would be a second connection. */
const overheard = (exchange: Exchange, listeners: readonly ((fact: AccountFact) => void)[]): Exchange => ({
  ...exchange,
  watchAccount: hear =>
    exchange.watchAccount(fact => {
      for (const listen of listeners) listen(fact)
      hear(fact)
    }),
})

function committed(telemetry: Telemetry, { actorId, kind, event, from, to }: TransitionRecord) {
  telemetry.transitionCommitted(kind)
  if (event.type === 'child.restarted') telemetry.actorRestarted(String(event.id).split(':')[0] ?? '')
  if (from === to) return
  const say =
    kind === 'hedge' || kind === 'symbol' || kind === 'engine' ? telemetry.log.info : telemetry.log.debug
  say('actor.moved', { actorId, event: event.type, from, to })
}

/** Is it an order of an engine whose database has another salt? A person's orders are not. */
const isOtherEngines = (orderLinkId: string, salt: string): boolean =>
  ownerOfOrder(orderLinkId) !== undefined && !orderLinkId.startsWith(salt)

/** Exchange time: an engine that sent nothing for this long is taken for gone. */
const RECENT_MS = 600_000

/**
 * Refuses an account that another engine trades: by its open orders, and by what it traded in the last ten minutes.
 * @throws what the reads throw, and an Error that names the order
 */
export async function assertAlone(
  exchange: Pick<Exchange, 'openOrders' | 'transactions' | 'serverTimeMs'>,
  salt: string,
): Promise<void> {
  const nowMs = await exchange.serverTimeMs()
  const open = await exchange.openOrders()
  const resting = open.find(({ orderLinkId }) => isOtherEngines(orderLinkId, salt))
  if (resting)
    throw another(`its order ${resting.orderLinkId} is open: stop that engine and cancel the order`)
  const rows = await exchange.transactions(nowMs - RECENT_MS, nowMs + 1)
  const traded = rows.findLast(({ orderLinkId }) => isOtherEngines(orderLinkId, salt))
  if (!traded) return
  const agoS = Math.max(0, Math.round((nowMs - traded.atMs) / 1_000))
  throw another(`its order ${traded.orderLinkId} was filled ${agoS} s ago: stop that engine`)
}

const another = (seen: string): Error =>
  new Error(`this account is traded by another engine with another database; ${seen}`)

/**
 * An exchange on which the orders of another engine are seen but never touched: they are in no list, so that nobody cancels
 * them. @param seen - is told of each
 */
const exclusive = (exchange: Exchange, salt: string, seen: (orderLinkId: string) => void): Exchange => {
  const isOurs = (orderLinkId: string): boolean => {
    const isOther = isOtherEngines(orderLinkId, salt)
    if (isOther) seen(orderLinkId)
    return !isOther
  }
  return {
    ...exchange,
    openOrders: async () => (await exchange.openOrders()).filter(({ orderLinkId }) => isOurs(orderLinkId)),
    watchAccount: hear =>
      exchange.watchAccount(fact => {
        if (fact.kind === 'order') isOurs(fact.report.orderLinkId)
        if (fact.kind === 'fill') isOurs(fact.fill.orderLinkId)
        hear(fact)
      }),
  }
}

export const CHARTS: Readonly<Record<string, AnyStateMachine>> = {
  engine: engineMachine,
  supervisor: supervisorMachine,
  desk: deskMachine,
  symbol: symbolMachine,
  hedge: hedgeMachine,
}
