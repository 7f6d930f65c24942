/** The engine as the API sees it. Reads what runs and what is stored; commands go through `commands.ts`. */
import type { AnyMachineSnapshot } from 'xstate'
import type { Running } from '../../actors/runtime/running.ts'
import type { EngineContext } from '../../machines/engine.ts'
import type { SupervisorContext } from '../../machines/supervisor.ts'
import type { ActorDetail, ActorSummary, EngineView } from '../api/engine-view.ts'
import { describeChart } from '../api/rows/chart-description.ts'
import type { Settings } from '../api/rows/results.ts'
import type { HedgePair } from '../domain/instrument.ts'
import type { JsonObject } from '../domain/json.ts'
import type { StoredBooks } from '../run/books/books.ts'
import { CHARTS, type Engine } from '../run/engine.ts'
import type { Telemetry } from '../telemetry/telemetry.ts'
import { topState } from '../wording/stories.ts'
import { createClosings, exitRulesOf } from './closing.ts'
import { createCommands, legalFor } from './commands.ts'
import { createHoldings } from './holdings.ts'
import { accountNow, marketRow, openProfit, readMarketHistory, valuation } from './market-row.ts'
import { type ReadinessParts, readiness } from './readiness.ts'
import { reconciliationNow } from './reconciliation.ts'

const BPS = 10_000

async function tellResults(
  { profit, quality }: Pick<StoredBooks, 'profit' | 'quality'>,
  telemetry: Pick<Telemetry, 'hedgesClosed'>,
): Promise<void> {
  const [[all], { totals }] = await Promise.all([profit('all'), quality()])
  if (!all) return
  const { key: _key, hedges: _hedges, ...parts } = all
  const fraction = (bps: number | null) => (bps === null ? null : bps / BPS)
  telemetry.hedgesClosed({
    profitUsdt: Object.fromEntries(
      Object.entries(parts).map(([part, made]) => [part.replace(/Usdt$/, ''), Number(made)]),
    ),
    maker: totals.makerRatio,
    orphans: totals.orphanRate,
    slippage: fraction(totals.slippageBps),
    roundTripCost: fraction(totals.roundTripBps),
  })
}

type ViewParts = ReadinessParts & {
  books: StoredBooks
  about: { mode: string; speed: number; exchange: string; version: string; startedAtMs: number }
  /** Engine milliseconds to one of the machine, now; always the speed where left out. */
  pace?: () => number
  settings: Settings
  logs: EngineView['logs']
}

/** The view of a running engine. */
export function createView(parts: ViewParts): EngineView {
  const holdings = createHoldings(parts.engine, parts.books)
  return {
    ...engineView(parts),
    ...actorView(parts),
    ...marketView(parts),
    ...moneyView(parts, holdings),
    ...alertView(parts),
    ...commandView(parts),
  }
}

function engineView(parts: ViewParts) {
  const { engine, books, about } = parts
  const { runtime, ports } = engine
  return {
    summary() {
      const self = runtime.get('engine')
      const { halt = null, risk = null, flatten = null } = contextOf(self) as Partial<EngineContext>
      return {
        ...about,
        ...{ state: self?.cell?.state ?? 'booting', halt, risk, flatten },
        nowMs: ports.clock.nowMs(),
        pace: parts.pace?.() ?? about.speed,
        hedges: countBy(engine, 'hedge'),
        symbols: countBy(engine, 'symbol'),
        ledgerResiduals: engine.bookkeeper.residuals(),
        equityUsdt: ports.funds()?.equityUsdt ?? null,
        health: readiness(parts),
      }
    },
    settings: () => parts.settings,
    logs: parts.logs,
    live: () => [{ name: 'process', ok: true, detail: about.version }],
    ready: () => readiness(parts),
    async metrics() {
      // A database that is away must not hide the metrics that tell of it.
      await tellResults(books, ports.telemetry).catch(() => undefined)
      return ports.telemetry.metrics()
    },
  } satisfies Partial<EngineView>
}

function actorView({ engine, journal }: ViewParts) {
  const { runtime } = engine
  return {
    actors() {
      const children = childrenOf(engine)
      return [...runtime.all()].map(self => summaryOf(self, children))
    },
    actor(id) {
      const self = runtime.get(id)
      return self && detailOf(self, childrenOf(engine))
    },
    async transitions(id, fromSeq, limit) {
      if (!(await journal.loadActor(id))) return undefined
      const steps = await journal.transitions(id, fromSeq, limit)
      return steps.map(({ seq, atMs, event, from, to, effects }) => ({ seq, atMs, event, from, to, effects }))
    },
    chart(kind) {
      const machine = Object.hasOwn(CHARTS, kind) ? CHARTS[kind] : undefined
      return machine && (describeChart(machine) as unknown as JsonObject)
    },
    onMove: hear => runtime.onMove(hear),
  } satisfies Partial<EngineView>
}

/** What is thought of each market, and why. */
function marketView(parts: ViewParts) {
  const { engine, books } = parts
  return {
    opportunities: () =>
      [...engine.judgements.entries.values()].map(
        each =>
          ({
            ...each,
            market: marketRow(engine, each.symbol),
            exit: engine.judgements.exits.get(each.symbol) ?? null,
          }) as unknown as JsonObject,
      ),
    decisions: books.decisions,
    history(symbol, hours) {
      const pair = engine.board.pairs().find(each => each.symbol === symbol)
      return pair && historyWithMoves(parts, pair, hours)
    },
  } satisfies Partial<EngineView>
}

/** What is held, what it made, and what the books and the exchange say of it. */
function moneyView({ engine, books }: ViewParts, holdings: EngineView['holdings']) {
  const { ports } = engine
  return {
    hedges: limit => books.hedges(limit),
    hedge: id => books.hedge(id, valuation(engine)),
    quality: books.quality,
    profit: async by => ({ rows: await books.profit(by), open: openProfit(holdings()) }),
    returns: by => books.returns(by, ports.clock.nowMs()),
    closing: createClosings(engine, holdings),
    exitRules: hedgeId => exitRulesOf(engine, hedgeId),
    async ledger(page) {
      return { ...(await books.ledgerPage(page)), residuals: engine.bookkeeper.residuals() }
    },
    equity: sinceMs => books.equity(sinceMs),
    funding: page => books.fundingPage(page),
    fundingTotals: everyMs => books.fundingTotals(everyMs),
    holdings,
    account: () => accountNow(ports.exchange, ports.clock, ports.rules.limits),
    reconciliation: () => reconciliationNow(ports),
  } satisfies Partial<EngineView>
}

function alertView({ engine, books }: ViewParts) {
  return {
    async alerts(limit) {
      const standing = engine.alerts.standing()
      const known = new Set(standing.map(({ alertId }) => alertId))
      return [...standing, ...(await books.alerts(limit)).filter(({ alertId }) => !known.has(alertId))]
    },
    acknowledgeAlert: (alertId, command) => Promise.resolve(engine.alerts.acknowledge(alertId, command.by)),
  } satisfies Partial<EngineView>
}

function commandView({ engine: { runtime, ports }, journal, books }: ViewParts) {
  const send = createCommands({ runtime, journal, log: books.commands, clock: ports.clock })
  return {
    send,
    audit: page => books.audit(page),
    halt: (command, because) => send('engine', { type: 'engine.halt', by: command.by, because }, command),
    resume: command => send('engine', { type: 'engine.resume' }, command),
    flatten: command =>
      send('engine', { type: 'engine.flatten', by: command.by, because: 'flatten' }, command),
  } satisfies Partial<EngineView>
}

async function historyWithMoves({ engine: { ports }, books }: ViewParts, pair: HedgePair, hours: number) {
  const history = await readMarketHistory(ports, pair, hours)
  return { ...history, moves: await books.moves(pair.symbol, history.fromMs) }
}

const contextOf = (self: Running | undefined): object => self?.actor.getSnapshot().context ?? {}

type Children = SupervisorContext['children']

/** What the supervisors know of all their children. */
function childrenOf({ runtime }: Engine): Children {
  const supervisors = [...runtime.all()].filter(({ kind }) => kind === 'supervisor')
  return Object.assign({}, ...supervisors.map(self => (contextOf(self) as SupervisorContext).children))
}

function summaryOf(self: Running, children: Children): ActorSummary {
  const child = children[self.id]
  return {
    id: self.id,
    kind: self.kind,
    state: self.cell?.state ?? 'running',
    sinceMs: self.sinceMs,
    version: self.cell?.seq ?? 0,
    restarts: child?.restarts ?? 0,
    quarantined: child?.status === 'quarantined',
    parentId: self.parentId,
  }
}

function detailOf(self: Running, children: Children): ActorDetail {
  const snapshot = self.actor.getSnapshot() as AnyMachineSnapshot
  return {
    ...summaryOf(self, children),
    context: self.cell ? (snapshot.context as JsonObject) : {},
    legalEvents: self.cell ? legalFor(self.kind, snapshot) : [],
    timers: (self.cell?.timers ?? []).map(({ id, dueAtMs }) => ({ id, dueAtMs })),
  }
}

function countBy({ runtime }: Engine, kind: string): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const self of runtime.all()) {
    if (self.kind !== kind) continue
    const state = topState(self.cell?.state ?? '')
    counts[state] = (counts[state] ?? 0) + 1
  }
  return counts
}
