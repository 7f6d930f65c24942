/**
 * The composition root: the only file that knows everything. Opens the store and the exchange of the configured mode,
 * starts the engine, serves the API, and takes all of it down again in order.
 */
import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { flushCompileCache } from 'node:module'
import type { Running } from '../actors/runtime/running.ts'
import { apiToken, closedSessions, randomToken, readToken } from './api/access/sessions.ts'
import { createApi } from './api/app.ts'
import { HOSTED_PAGE, type HostedInspectorView } from './api/inspection-view.ts'
import { assertPortFree } from './api/server.ts'
import { replayHistory } from './backtest/replay/replay.ts'
import { reportsFolder } from './backtest/report/page.ts'
import { startStopwatch, systemClock } from './clock/clock.ts'
import type { Config } from './config/config.ts'
import { shownSettings } from './config/settings.ts'
import { secretsOf } from './config/shown-config.ts'
import type { HedgePair, SpreadInstrument } from './domain/instrument.ts'
import type { Rules } from './domain/rules.ts'
import type { Exchange } from './exchange/exchange.ts'
import { openAlerts, storelessAlerts } from './run/alerts/alerts.ts'
import { openRemote } from './run/alerts/remote-desk.ts'
import { createBooks, type StoredBooks } from './run/books/books.ts'
import { assertAlone, CHARTS, createEngine } from './run/engine.ts'
import { cancelLeft, startGuard } from './run/guard/guard.ts'
import { pacedJournal } from './run/pacer.ts'
import { createNotifier, type Notifier } from './run/service/notify.ts'
import { prepareDataDir, StartFault } from './run/start/data-folder.ts'
import { type StartSteps, showStatus, startSteps } from './run/start/status-line.ts'
import { openPlans, trackedPairs, tradedEnough } from './run/start/tracked-pairs.ts'
import { createWaiting, StartStopped, type Waiting } from './run/start/waiting.ts'
import { accountNames, openServer, openStore, type Store } from './run/store.ts'
import { openVenue, type Venue } from './run/venue.ts'
import type { Journal } from './store/schema/records.ts'
import { type KeptLines, keptLines } from './telemetry/line-out.ts'
import { createTelemetry, type Telemetry } from './telemetry/telemetry.ts'
import { createHosted } from './views/inspection/hosted.ts'
import type { Hub } from './views/inspection/hub.ts'
import { createInspection } from './views/inspection/inspection.ts'
import { createView } from './views/view.ts'

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  version: string
}

/** What stands between the engine and its two ports: nothing, save where a test counts or cuts what passes. */
export type Between = {
  journal?(journal: Journal): Journal
  exchange?(exchange: Exchange): Exchange
}

/** Runs until it is told to stop. Resolves with the exit code. @throws StartFault and others before anything is half made */
export async function runEngine(
  config: Config,
  between: Between = {},
  { json = false }: { json?: boolean } = {},
): Promise<number> {
  if (config.mode === 'replay') {
    prepareDataDir(config.dataDir)
    return replayHistory(config, openTelemetry(quieter(config)), { json, stopped: stopAsked() })
  }
  await assertPortFree(config.host, config.port)
  // A new one is known, and hidden in every line, before it is written down.
  const token = config.apiToken ?? readToken(config.dataDir) ?? randomToken()
  return serve(config, token, between)
}

/** Brings the database to this version's tables. */
export async function migrate(config: Config): Promise<string> {
  prepareDataDir(config.dataDir)
  const server = await openServer(config, openTelemetry(config))
  await server.close()
  return 'the database is up to date'
}

/** A replay's months would say at the level of `info` what its report says in a page. */
const quieter = (config: Config): Config =>
  config.logLevel === 'info' ? { ...config, logLevel: 'warn' } : config

const openTelemetry = (config: Config, token = '', kept?: Pick<KeptLines, 'stream'>): Telemetry =>
  createTelemetry({
    level: levelOf(config),
    secrets: [...secretsOf(config), ...(token === '' ? [] : [token])],
    ...(kept && { kept }),
  })

/** On a terminal the status line says how it goes; whoever wants every step there sets HEDGEROW_LOG. */
const levelOf = ({ logLevel }: Config) =>
  process.stdout.isTTY && process.env.HEDGEROW_LOG === undefined ? 'warn' : logLevel

async function serve(config: Config, token: string, between: Between): Promise<number> {
  const { stream, lines: logs } = keptLines()
  const telemetry = openTelemetry(config, token, { stream })
  const { log } = telemetry
  const doing = startSteps({ version, mode: config.mode })
  const wall = systemClock()
  const farewells: Parts['farewells'] = []
  const fatal = endsProcess(telemetry, farewells)
  const stopped = stopAsked()
  // First of all: it takes systemd's variables out of the environment, so that no child speaks for us.
  const notifier = createNotifier({ env: process.env, pid: process.pid, clock: wall, log })
  await using opened = new AsyncDisposableStack()
  let disarm = () => {}
  // Deferred first, so done last: the deadline holds until the last thing is closed.
  opened.defer(async () => disarm())
  const endStart = notifier.starting()
  opened.defer(async () => endStart())
  const alerts = storelessAlerts(config, telemetry)
  const waiting = createWaiting({
    log,
    wall,
    notifier,
    host: config.host,
    port: config.port,
    stopped,
    alerts,
  })
  opened.defer(waiting.end)
  try {
    const stop = await start(
      await openParts(
        { config, token, telemetry, logs, notifier, waiting, doing, fatal, farewells },
        between,
        opened,
      ),
    )
    await aborted(stopped)
    const late = new Error(`stopping in order took longer than ${STOP_MS_MAX} ms`)
    const deadline = wall.setTimeout(() => fatal(late), STOP_MS_MAX)
    disarm = () => wall.clearTimeout(deadline)
    await stop()
  } catch (error) {
    if (!(error instanceof StartStopped)) throw error
  }
  log.info('engine.stopped', { note: 'open hedges stay as they are; the next start takes them up' })
  return 0
}

/** Asked to stop while still starting, it stops in order; asked again, it ends at once. */
function stopAsked(): AbortSignal {
  const asked = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => asked.abort())
  return asked.signal
}

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise(resolve => (signal.aborted ? resolve() : signal.addEventListener('abort', () => resolve())))

/** The end of a process that lost its account or its journal: people are told, and nothing is closed in order. */
function endsProcess({ log }: Telemetry, farewells: Parts['farewells']): (error: unknown) => void {
  return error => {
    const cause = error instanceof Error ? error.message : String(error)
    log.error('engine.fatal', { error: cause })
    // What was decided and is not durable must not leave. What rests at the exchange is taken off by the guard.
    process.exitCode = 1
    const ended = () => process.exit(1)
    setImmediate(() => Promise.all(farewells.map(say => say(cause))).then(ended, ended))
    // Whatever a farewell waits for: such a process must not live on.
    systemClock().setTimeout(ended, FAREWELL_MS_MAX)
  }
}

const FAREWELL_MS_MAX = 5_000
const STOP_MS_MAX = 20_000

const same = <Port>(port: Port): Port => port

type Opening = {
  config: Config
  token: string
  telemetry: Telemetry
  logs: KeptLines['lines']
  notifier: Notifier
  waiting: Waiting
  doing: StartSteps
  fatal: (error: unknown) => void
  /** What is still said, and waited for, when the process ends itself. */
  farewells: ((cause: string) => Promise<void>)[]
}

type Parts = Opening & { store: Store; venue: Venue }

/** The exchange first, since it says who the account is; then the database, the account's lease, and the guard. */
async function openParts(opening: Opening, between: Between, opened: AsyncDisposableStack): Promise<Parts> {
  const { config, telemetry, waiting, doing, fatal } = opening
  const { journal = same, exchange = same } = between
  const { dataDir, mode, exchangeUrl } = config
  // Its own exchange lives there; of any other nothing is made before it has answered.
  if (mode === 'sim' && exchangeUrl === undefined) prepareDataDir(dataDir)
  doing(config.mode === 'sim' ? 'starting a simulated Bybit' : 'asking Bybit')
  const venue = await openVenue(config, telemetry, waiting)
  opened.defer(venue.close)
  prepareDataDir(dataDir)
  const token = config.apiToken ?? apiToken(dataDir, opening.token)
  await cancelLeft(dataDir, venue.exchange, telemetry)
  const names = await waiting.until('the account', () => accountNames(config, venue.exchange))
  doing(config.databaseUrl ? 'connecting to the database' : 'starting the database')
  const server = await openServer(config, telemetry, waiting)
  const closing = new AsyncDisposableStack()
  opened.use(closing)
  closing.defer(server.close)
  const store = await openStore({ server, names, telemetry, fatal, waiting })
  // From here on the store closes its server.
  closing.move()
  opened.defer(store.close)
  doing('making sure that no other engine trades the account')
  const { salt } = store.lease
  await waiting.until('the account', () => assertAlone(venue.exchange, salt))
  await waiting.end()
  const guard = startGuard({ dataDir, access: venue.access, salt, clock: systemClock(), log: telemetry.log })
  opened.defer(guard.dismiss)
  return {
    ...opening,
    token,
    store: { ...store, journal: pacedJournal(journal(store.journal), venue.pacer) },
    venue: { ...venue, exchange: exchange(venue.exchange) },
  }
}

/** Starts everything that runs; gives the way to stop it in order. */
async function start(parts: Parts): Promise<() => Promise<void>> {
  const { config, token, telemetry, notifier, store, venue } = parts
  const { clock, speed } = venue
  const wall = systemClock()
  parts.doing('reading the markets')
  const pairs = await parts.waiting.until('the list of instruments', () => pairsOf(parts))
  const books = createBooks(store)
  const told = await openAlerts({ config, store, telemetry, clock, wall })
  const ready = () => notifier.ready(`${config.mode}: ${pairs.length} symbols tracked`)
  const engine = createEngine({ ...(await engineParts(parts, books, ready)), pairs, alerts: told.alerts })
  parts.farewells.push(cause => {
    // From here on nothing more may leave, while people are told.
    engine.runtime.close()
    return told.farewell(cause)
  })
  const about = { mode: config.mode, speed, exchange: venue.where, version, startedAtMs: clock.nowMs() }
  const { journal } = store
  const pace = () => venue.pacer?.pace() ?? speed
  venue.pacer?.watch(() => [...engine.runtime.all()].some(isAtWork))
  const settings = { ...shownSettings(config), readAtMs: about.startedAtMs }
  const view = createView({
    engine,
    journal,
    books,
    about,
    pace,
    isOwner: () => store.lease.held(),
    settings,
    logs: parts.logs,
    exchangeTime: clock,
  })
  const { host, port, allowedHosts } = config
  const inspection = createInspection({ hub: engine.hub, clock, pace, journal, machines: CHARTS })
  const reports = reportsFolder(config.dataDir)
  const shown = { view, inspection, reports, ...hostedInspector(parts, engine.hub) }
  const api = createApi({
    ...shown,
    token,
    host,
    port,
    allowedHosts,
    telemetry,
    clock: wall,
    closed: closedSessions(config.dataDir),
  })
  const listening = await api.listen()
  // Node itself would write it at an orderly end only, and a crash is when a quick start matters.
  flushCompileCache()
  parts.doing('taking up hedges, asking the exchange what it shows')
  await engine.start().catch(async error => {
    engine.runtime.close()
    await listening.close()
    throw error
  })
  // Alive is enough: a watchdog that also asked for the exchange would kill the engine whenever that is away.
  const unwatch = notifier.watch(() => view.live().every(part => part.ok))
  told.watch(engine, speed, () => view.ready().every(part => part.ok))
  const endRemote = openRemote({ config, view, telemetry, wall })
  const hush = showStatus({ view, url: listening.url, loginLink: api.loginLink, clock: wall })
  return async () => {
    hush()
    endRemote()
    unwatch()
    await notifier.stopping('hedges stay as they are')
    await engine.stop()
    await told.stop()
    await listening.close()
  }
}

/** What the engine is made of, beside its pairs and alerts. */
async function engineParts(
  { config, telemetry, store, venue, fatal }: Parts,
  books: StoredBooks,
  ready: () => Promise<void>,
) {
  const { exchange, clock, speed } = venue
  let isReady = false
  return {
    clock,
    exchange,
    journal: store.journal,
    books,
    spreads: await nativeSpreads(exchange, telemetry),
    rules: asOn(venue, config.rules),
    telemetry,
    salt: store.lease.salt,
    speed,
    commitId: randomUUID,
    startStopwatch,
    isTimeSure: clock.isSure,
    isOwner: () => store.lease.held(),
    fatal,
    ready: () => {
      if (!isReady) void ready()
      isReady = true
    },
  }
}

/** Off unless it is named; what it shows to another site is never what this process keeps secret. */
function hostedInspector({ config, token, telemetry }: Parts, hub: Hub): { hosted?: HostedInspectorView } {
  const url = config.hostedInspectorUrl
  if (url === undefined) return {}
  telemetry.log.warn('inspector.hosted', { page: HOSTED_PAGE, url, note: 'an open page shows actors there' })
  return { hosted: createHosted({ hub, url, secrets: [...secretsOf(config), token], machines: CHARTS }) }
}

/** A simulator at speed s accepts a request s times as long: the unknown window of the charts is that of the venue. */
const asOn = ({ speed }: Venue, rules: Rules): Rules => ({
  ...rules,
  execution: { ...rules.execution, recvWindowMs: rules.execution.recvWindowMs * speed },
})

/** Without them every hedge is worked on its two legs: that they cannot be read stops nothing. */
const nativeSpreads = (exchange: Exchange, { log }: Telemetry): Promise<SpreadInstrument[]> =>
  exchange.spreadInstruments().catch(error => {
    log.warn('spreads.unread', { error: error instanceof Error ? error.message : String(error) })
    return []
  })

/**
 * The configured symbols as pairs, and those of open hedges. Once a hedge is open no symbol that vanished keeps the engine from it.
 *
 * @throws what the reads throw, and StartFault naming every symbol that cannot be hedged, and why
 */
async function pairsOf({ venue, store, config, telemetry }: Parts): Promise<HedgePair[]> {
  const listed = await venue.exchange.instruments()
  const plans = await openPlans(store.journal)
  const { strategy } = config.rules
  const traded = await tradedEnough(strategy, venue.exchange)
  const { pairs, faults } = trackedPairs(listed, strategy.symbols, plans, traded)
  const told = faults.map(
    ({ symbol, why }) =>
      `strategy.symbols: ${symbol} cannot be hedged: ${why ? `${why.because} (expected ${why.expected}, found ${why.found})` : 'the exchange has no such perpetual'}`,
  )
  if (told.length > 0 && plans.length === 0) throw new StartFault(told.join('\n'))
  if (pairs.length === 0)
    throw new StartFault(
      `strategy.symbols: expected at least one pair that is traded for ${strategy.turnoverDayUsdtMin} USDT a day on both legs (strategy.turnoverDayUsdtMin), found none`,
    )
  if (traded)
    telemetry.log.info('symbols.all', { tracked: pairs.length, symbols: pairs.map(({ symbol }) => symbol) })
  for (const fault of told) telemetry.log.warn('symbol.left-out', { fault })
  return pairs
}

/** A hedge whose orders are under way: opened, closed, or levelled. */
const isAtWork = ({ kind, cell }: Running): boolean =>
  kind === 'hedge' && /^(entering|unwinding)\b|rebalancing/.test(cell?.state ?? '')
