/**
 * Keeps simulated time at a pace this process and its simulator can follow: many times a second it tells the simulator what it
 * can bear, by how long the answer to that and whatever else it waits for takes, and sets its own clock by the answer.
 */
import { Agent, request } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'
import { monotonicMs } from '../clock/clock.ts'
import type { ExchangeClock } from '../clock/exchange-clock.ts'
import { PACE_PATH } from '../exchange/simulator/server/control.ts'
import type { Journal } from '../store/schema/records.ts'
import type { Telemetry } from '../telemetry/telemetry.ts'
import { isSlowed } from '../wording/figures.ts'

/**
 * How fast simulated time may run: as fast as it was asked for, or as fast as the machine can follow. Whatever takes a while on
 * the machine (a round trip, a commit, a frame that waits) takes `pace` times as long in simulated time, and orders, books
 * and deadlines are judged in that. Down at once, up again gently.
 */
type Pace = {
  /** Simulated milliseconds to one of the machine, at most the speed and never below 1. */
  now(): number
  /** How far behind it was just now, in machine milliseconds, and whether orders are at work. */
  heard(lagMs: number, isAtWork: boolean): void
}

/** What one round trip may take in simulated time: an order's deadline and the age of a book are ten seconds. */
const ROUND_TRIP_MS_MAX = 4_000
/** The same while a hedge is opened or closed: that takes some dozen round trips one after the other, within two minutes. */
const STEP_MS_MAX = 1_000
/** How soon a longer lag is believed, and how slowly it is forgotten: between them, the lag that five in six stay below. */
const LONGER = 0.3
const SHORTER = 0.06
const UP = 1.04

/** @param speed - the pace that was asked for */
export function createPace(speed: number): Pace {
  let lag = 0
  let pace = speed
  return {
    now: () => pace,
    heard(lagMs, isAtWork) {
      lag += (lagMs - lag) * (lagMs > lag ? LONGER : SHORTER)
      const bearable = Math.max(1, (isAtWork ? STEP_MS_MAX : ROUND_TRIP_MS_MAX) / Math.max(lag, 1))
      pace = Math.min(speed, bearable, pace * UP)
    },
  }
}

export type Pacer = {
  /** Simulated milliseconds to one of the machine, now: the speed, or less. */
  pace(): number
  /** Something that each step of a hedge waits for took so long, in machine milliseconds. */
  waited(ms: number): void
  /** Says, from here on, whether orders are at work. */
  watch(isAtWork: () => boolean): void
  close(): void
}

type PacerPorts = {
  url: string
  speed: number
  clock: ExchangeClock
  /** How old, in simulated milliseconds, the oldest frame was that was heard since this was asked last; 0 without one. */
  frameAgeMs: () => number
  telemetry: Telemetry
}

const EVERY_MS = 40
const AGAIN_MS = 500
const PATIENCE_MS = 5_000
/** Simulated. Frames are made about once a second: one that is younger says nothing. */
const FRAME_AGE_MS = 3_000

/** Begins at once. */
export function startPacer({ url, speed, clock, frameAgeMs, telemetry }: PacerPorts): Pacer {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  const bearable = createPace(speed)
  let waitedMs = 0
  let isAtWork = () => false
  const tell = tellPace(speed, telemetry)
  let pace = speed
  let closed = false
  const beat = async () => {
    const follow = clock.follow()
    const begun = monotonicMs()
    const told = await ask(agent, `${url}${PACE_PATH}${bearable.now().toFixed(2)}`)
    const frameLagMs = Math.max(0, frameAgeMs() - FRAME_AGE_MS) / pace
    bearable.heard(Math.max(monotonicMs() - begun, frameLagMs) + waitedMs, isAtWork())
    waitedMs = 0
    pace = told.pace
    follow(told.nowMs, pace)
    tell(pace)
  }
  const run = async () => {
    while (!closed) {
      const begun = monotonicMs()
      const isHeard = await beat().then(
        () => true,
        // One that is away is told of by its feeds, and started again.
        () => false,
      )
      await pause(Math.max(0, (isHeard ? EVERY_MS : AGAIN_MS) - (monotonicMs() - begun)))
    }
  }
  void run()
  return {
    pace: () => pace,
    waited(ms) {
      waitedMs = Math.max(waitedMs, ms)
    },
    watch(isWorking) {
      isAtWork = isWorking
    },
    close() {
      closed = true
      agent.destroy()
    },
  }
}

/** Says when it slows down, and when that is over. */
function tellPace(speed: number, { log, simulationPaced }: Telemetry): (pace: number) => void {
  let isSlow = false
  return pace => {
    simulationPaced(pace)
    if (isSlowed({ speed, pace }) && !isSlow) {
      isSlow = true
      log.info('clock.slowed', { pace, speed, because: 'this machine is busy' })
    } else if (pace === speed && isSlow) {
      isSlow = false
      log.info('clock.at-speed', { speed })
    }
  }
}

type Told = { nowMs: number; pace: number }

function ask(agent: Agent, url: string): Promise<Told> {
  return new Promise((resolve, reject) => {
    const asked = request(url, { method: 'POST', agent, timeout: PATIENCE_MS }, answer => {
      let text = ''
      answer.setEncoding('utf8')
      answer.on('data', chunk => {
        text += chunk
      })
      answer.on('error', reject)
      answer.on('end', () => {
        if (answer.statusCode === 200) resolve(JSON.parse(text) as Told)
        else reject(new Error(`HTTP ${answer.statusCode}: ${text}`))
      })
    })
    asked.on('timeout', () => asked.destroy(new Error(`no answer within ${PATIENCE_MS} ms`)))
    asked.on('error', reject)
    asked.end()
  })
}

/** A journal whose waits the pacer hears of: each step of a hedge is durable before anything leaves. */
export const pacedJournal = (journal: Journal, pacer: Pacer | undefined): Journal =>
  pacer
    ? {
        ...journal,
        async append(record) {
          const begun = monotonicMs()
          await journal.append(record)
          pacer.waited(monotonicMs() - begun)
        },
      }
    : journal
