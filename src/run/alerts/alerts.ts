/**
 * The alerts of a run: what stood before is taken up, rules are judged every second, messages go out, the dead man's
 * switch is pressed while all is well. Nothing here can stop the engine.
 */
import { AUDITED_MS_MAX } from '../../../actors/risk/audit.ts'
import { JUDGED_MS_MAX } from '../../../actors/risk/watch.ts'
import { type AlertPorts, type Alerts, createAlerts } from '../../alerts/alerts.ts'
import { type AlertChannel, discord, mail, slack, telegram, webhook } from '../../alerts/channels.ts'
import type { Alert } from '../../alerts/delivery/alert-log.ts'
import { type Courier, createCourier, startHeartbeat } from '../../alerts/delivery/courier.ts'
import { type Bounds, judge } from '../../alerts/rules.ts'
import { type Clock, systemClock } from '../../clock/clock.ts'
import type { AlertSettings } from '../../config/alerts.ts'
import type { Config } from '../../config/config.ts'
import { secretsOf } from '../../config/shown-config.ts'
import { createOperatorStore } from '../../store/books/operator-store.ts'
import type { Log } from '../../telemetry/log.ts'
import { redaction } from '../../telemetry/redaction.ts'
import type { Telemetry } from '../../telemetry/telemetry.ts'
import type { Engine } from '../engine.ts'
import type { Store } from '../store.ts'
import { watchFitness } from './account-fitness.ts'
import { expectedFunding, observe } from './observe.ts'
import { type RunningProbes, startProbes } from './probes.ts'

/**
 * Writes alerts to the store in the background, each as it stood last. A database that is away is one of the things that
 * alerts tell of: what could not be written is tried again, and nobody waits for it.
 */
type KeeperPorts = {
  write: (alert: Alert) => Promise<void>
  /** Wall time. */
  wall: Clock
  log: Log
}

const RETRY_AFTER_MS = 5_000
const WAITING_MAX = 1_000

type AlertKeeper = { keep(alert: Alert): void; settled(): Promise<void> }

/** Writes alerts in turn, the newest word on each; a database that is away is asked again. */
export function createAlertKeeper({ write, wall, log }: KeeperPorts): AlertKeeper {
  const waiting = new Map<string, Alert>()
  let busy: Promise<void> | undefined

  const flush = async () => {
    for (let [next] = waiting.values(); next; [next] = waiting.values()) {
      // Taken out first: what is said of it meanwhile is written after it.
      waiting.delete(next.alertId)
      try {
        await write(next)
      } catch (error) {
        if (!waiting.has(next.alertId)) waiting.set(next.alertId, next)
        log.warn('alert.unkept', { error: error instanceof Error ? error.message : String(error) })
        wall.setTimeout(start, RETRY_AFTER_MS)
        break
      }
    }
    busy = undefined
  }
  const start = () => {
    busy ??= flush()
  }
  return {
    keep(alert) {
      const oldest = waiting.size >= WAITING_MAX ? waiting.keys().next().value : undefined
      if (oldest !== undefined) waiting.delete(oldest)
      waiting.set(alert.alertId, alert)
      start()
    },
    settled: () => busy ?? Promise.resolve(),
  }
}

/** The channels to people that the configuration names. */
export function channelsOf({ secrets, ...settings }: AlertSettings): AlertChannel[] {
  const { telegramChat: chat, telegramUrl: url, mailTo: to, mailFrom: from, smtpHost: host } = settings
  const token = secrets.HEDGEROW_ALERT_TELEGRAM_TOKEN
  const ways: AlertChannel[] = []
  if (secrets.HEDGEROW_ALERT_WEBHOOK_URL) ways.push(webhook(secrets.HEDGEROW_ALERT_WEBHOOK_URL))
  if (secrets.HEDGEROW_ALERT_SLACK_URL) ways.push(slack(secrets.HEDGEROW_ALERT_SLACK_URL))
  if (secrets.HEDGEROW_ALERT_DISCORD_URL) ways.push(discord(secrets.HEDGEROW_ALERT_DISCORD_URL))
  if (token && chat) ways.push(telegram({ token, chat, url }))
  if (to && from && host) {
    const { smtpPort: port, smtpSecurity: security, smtpUser: user } = settings
    const password = secrets.HEDGEROW_ALERT_SMTP_PASSWORD
    ways.push(mail({ host, port, security, user, password, from, to }))
  }
  return ways
}

type AlertParts = {
  config: Config
  store: Store
  telemetry: Telemetry
  /** Engine time. */
  clock: Clock
  wall: Clock
}

type RunAlerts = {
  alerts: Alerts
  /** Begins to look. @param isHealthy - may the dead man's switch be pressed? */
  watch(engine: Engine, speed: number, isHealthy: () => boolean): void
  /** The process is about to end itself: says so, within `FAREWELL_MS`. */
  farewell(cause: string): Promise<void>
  stop(): Promise<void>
}

const LOOK_EVERY_MS = 1_000
/** What comes and goes within this is one alert. */
const SETTLE_WALL_MS = 300_000
const FAREWELL_MS = 2_000
const HEARTBEAT = 'heartbeat'
/** Engine time: a feed that said nothing for this long is silent. */
const FEED_SILENT_MS = 60_000
const JOURNAL_SLOW_WALL_MS = 1_000

/** Takes up what stood before and begins to judge. Throws what the store throws. */
export async function openAlerts(parts: AlertParts): Promise<RunAlerts> {
  const { config, store, telemetry, clock, wall } = parts
  const { database, lease, account } = store
  const operator = createOperatorStore(database, { account, epoch: lease.epoch })
  const keeper = createAlertKeeper({ write: operator.keepAlert, wall, log: telemetry.log })
  const courier = courierOf(
    parts,
    (way, cause) => undelivered(alerts, way, cause),
    way => alerts.clear('alert.undelivered', way),
  )
  const { escalateAfterMs, escalationsMax } = config.alerts
  const tell = tellOf(config, account, courier)
  const alerts = createAlerts(telemetry, {
    clock,
    wall,
    keep: keeper.keep,
    tell,
    escalateAfterMs,
    escalationsMax,
    settleMs: SETTLE_WALL_MS,
  })
  alerts.restore(await operator.standingAlerts())
  const stops: (() => void)[] = []
  return {
    alerts,
    watch(engine, speed, isHealthy) {
      const askDatabase = () => database.pool.query('select 1')
      const { exchange } = engine.ports
      const probes = startProbes({
        askDatabase,
        exchange,
        clock,
        speed,
        wall,
        telemetry,
        dataDir: config.dataDir,
      })
      const halt = (because: string) =>
        engine.runtime.deliver('engine', { type: 'engine.halt', by: 'account checks', because })
      const fitness = { config, exchange, clock, wall, alerts, pairs: () => engine.board.pairs(), halt }
      stops.push(
        watchFitness(fitness),
        probes.stop,
        lookOften(parts, engine, alerts, probes),
        heartbeat(parts, alerts, isHealthy),
      )
    },
    async farewell(cause) {
      alerts.raise('page', 'engine.fatal', { cause })
      await courier.settled(FAREWELL_MS)
    },
    async stop() {
      for (const stop of stops.splice(0)) stop()
      await courier.settled(FAREWELL_MS)
      courier.close()
      await keeper.settled()
    },
  }
}

/** Alerts of a start that has no store yet: told and logged, kept by nobody. Made when the first is raised. */
export function storelessAlerts(config: Config, telemetry: Telemetry): () => Alerts {
  let made: Alerts | undefined
  return () => {
    if (made) return made
    const wall = systemClock()
    const courier = courierOf(
      { config, telemetry, wall },
      () => {},
      () => {},
    )
    made = createAlerts(telemetry, { clock: wall, wall, tell: tellOf(config, config.mode, courier) })
    return made
  }
}

const undelivered = (alerts: Alerts, way: string, cause: string) =>
  alerts.raise('ticket', 'alert.undelivered', { subject: way, cause })

function courierOf(
  { config, telemetry, wall }: Pick<AlertParts, 'config' | 'telemetry' | 'wall'>,
  failed: (way: string, cause: string) => void,
  delivered: (way: string) => void,
): Courier {
  return createCourier({
    ways: channelsOf(config.alerts),
    clock: wall,
    redact: redaction(secretsOf(config)),
    delivered(way) {
      telemetry.alertDelivered(way, 'delivered')
      delivered(way)
    },
    failed(way, cause, outcome) {
      telemetry.alertDelivered(way, outcome)
      telemetry.log.error('alert.undelivered', { way, cause })
      failed(way, cause)
    },
  })
}

function tellOf({ alerts, mode }: Config, account: string, courier: Courier): Required<AlertPorts>['tell'] {
  const engine = account.startsWith(mode) ? account : `${mode} ${account}`
  return (occasion, alert: Alert) => {
    if (alerts.severityMin === 'ticket' || alert.severity === 'page')
      courier.tell({ occasion, engine, alert })
  }
}

function lookOften(
  { config, store, telemetry, wall }: AlertParts,
  engine: Engine,
  alerts: Alerts,
  probes: RunningProbes,
): () => void {
  const { journal, lease } = store
  const bounds = boundsOf(config)
  const countExpected = expectedFunding(engine)
  const isOwner = () => lease.held()
  const look = () => {
    try {
      countExpected()
      const { found, unsure } = judge(observe({ engine, journal, isOwner, probes: probes.latest() }), bounds)
      alerts.judged(found, unsure)
    } catch (error) {
      telemetry.inputRefused('alert-look', error instanceof Error ? error.message : String(error))
    }
    timer = wall.setTimeout(look, LOOK_EVERY_MS)
  }
  let timer = wall.setTimeout(look, LOOK_EVERY_MS)
  return () => wall.clearTimeout(timer)
}

const boundsOf = ({ alerts, rules }: Config): Bounds => ({
  maintenanceMarginRateMax: rules.limits.maintenanceMarginRateMax,
  feedSilentMs: FEED_SILENT_MS,
  judgedAgeMsMax: JUDGED_MS_MAX,
  auditedAgeMsMax: AUDITED_MS_MAX,
  settlementMissedMs: alerts.settlementMissedMs,
  orderUnknownMs: alerts.orderUnknownMs,
  clockOffWallMsMax: alerts.clockOffMsMax,
  journalSlowWallMs: JOURNAL_SLOW_WALL_MS,
})

function heartbeat({ config, telemetry, wall }: AlertParts, alerts: Alerts, isHealthy: () => boolean) {
  const { secrets, heartbeatEveryMs: everyMs } = config.alerts
  const url = secrets.HEDGEROW_ALERT_HEARTBEAT_URL
  if (!url) return () => {}
  const redact = redaction(secretsOf(config))
  return startHeartbeat({
    url,
    everyMs,
    clock: wall,
    isHealthy,
    beaten() {
      telemetry.alertDelivered(HEARTBEAT, 'delivered')
      alerts.clear('alert.undelivered', HEARTBEAT)
    },
    failed(cause) {
      telemetry.alertDelivered(HEARTBEAT, 'failed')
      undelivered(alerts, HEARTBEAT, redact(cause))
    },
  })
}
