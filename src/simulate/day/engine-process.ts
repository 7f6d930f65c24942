/** One process of the engine in a simulated day: opened as the service opens one, and gone between any two of its commits. */
import type { MemoryBooks } from '../../backtest/memory-books.ts'
import type { Clock } from '../../clock/clock.ts'
import { createBybitExchange } from '../../exchange/bybit/venue.ts'
import type { PrivateHear, PublicHear, Wire } from '../../exchange/bybit/wire/wire.ts'
import type { Exchange } from '../../exchange/exchange.ts'
import type { Faults } from '../../exchange/simulator/faults/faults.ts'
import { faultyWire } from '../../exchange/simulator/faults/in-process.ts'
import { createEngine, type Engine } from '../../run/engine.ts'
import { openPlans, trackedPairs } from '../../run/start/tracked-pairs.ts'
import {
  type CommitPoint,
  createMemoryJournal,
  type MemoryStored,
} from '../../store/journal/memory-journal.ts'
import type { TransitionRecord } from '../../store/schema/records.ts'
import type { Telemetry } from '../../telemetry/telemetry.ts'
import type { DayPlan } from '../plan/plan.ts'
import { leapingWire } from './leaping-market.ts'

/**
 * The life of one process, which can end between any two of its steps: from then on no timer of it fires, nothing it asks for
 * leaves it, and nothing that was asked for comes back. What had left before arrives.
 */
type Life = {
  isOver(): boolean
  end(): void
  /** The same port, silent from the end on. Promises that it gives never settle then. */
  bind<Port extends object>(port: Port): Port
  clock(clock: Clock): Clock
  wire(wire: Wire): Wire
}

const NEVER = new Promise<never>(() => {})

function newLife(): Life {
  let over = false
  const lived = <Value>(asked: Promise<Value>): Promise<Value> =>
    new Promise((resolve, reject) => {
      asked.then(
        value => over || resolve(value),
        error => over || reject(error),
      )
    })
  const heard = <Hear extends PublicHear | PrivateHear>(hear: Hear): Hear =>
    Object.fromEntries(
      Object.entries(hear).map(([name, tell]) => [
        name,
        (...said: unknown[]) => over || (tell as (...said: unknown[]) => void)(...said),
      ]),
    ) as Hear
  const bind = <Port extends object>(port: Port): Port =>
    new Proxy(port, {
      get(target, name, receiver) {
        const value: unknown = Reflect.get(target, name, receiver)
        if (typeof value !== 'function') return value
        return (...given: unknown[]) => {
          if (over) return NEVER
          const answer: unknown = value.apply(target, given)
          return answer instanceof Promise ? lived(answer) : answer
        }
      },
    })
  return {
    isOver: () => over,
    end() {
      over = true
    },
    bind,
    clock: clock => ({
      nowMs: () => clock.nowMs(),
      setTimeout: (run, delayMs) => clock.setTimeout(() => over || run(), delayMs),
      clearTimeout: handle => clock.clearTimeout(handle),
    }),
    wire(wire) {
      const bound = bind(wire)
      return {
        ...wire,
        get: bound.get,
        post: bound.post,
        trade: bound.trade,
        tradeReady: () => !over && wire.tradeReady(),
        publicStream: (category, topics, hear) => wire.publicStream(category, topics, heard(hear)),
        privateStream: (topics, hear) => wire.privateStream(topics, heard(hear)),
        close: () => wire.close(),
      }
    },
  }
}

/** What outlives a process. */
export type Site = {
  plan: DayPlan
  clock: Clock
  /** A new end of the line to the exchange. */
  dial: () => Wire
  faults: Faults
  stored: MemoryStored
  books: MemoryBooks
  telemetry: Telemetry
  isBusy: () => boolean
  commitId: () => string
  pace: () => number
}

type Told = {
  /** At each commit; true: it dies here. */
  at(point: CommitPoint, record: TransitionRecord): boolean
  /** It ended by itself; '' when it could not yet begin and is simply to be started again. */
  ended(cause: string): void
}

export type EngineProcess = {
  /** Once it is put together. */
  engine(): Engine | undefined
  kill(): void
}

/** Starts an engine as a process of the day; it lives until it is killed or ends itself. */
export function startProcess(site: Site, told: Told): EngineProcess {
  const life = newLife()
  const wire = site.dial()
  let engine: Engine | undefined
  const kill = () => {
    life.end()
    void wire.close()
  }
  const end = (cause: string) => {
    if (life.isOver()) return
    kill()
    told.ended(cause)
  }
  const clock = life.clock(site.clock)
  const exchange = createBybitExchange(
    life.wire(faultyWire(leapingWire(wire, clock, site.isBusy), site.faults, clock)),
    {
      name: 'simulate',
      clock,
      orderDeadlineMs: site.plan.rules.execution.orderDeadlineMs,
      report: () => {},
    },
  )
  const journal = createMemoryJournal({
    stored: site.stored,
    clock: site.clock,
    at: (point, record) => (told.at(point, record) ? new Promise<void>(() => {}) : undefined),
  })
  Promise.all([exchange.instruments(), exchange.spreadInstruments(), openPlans(journal)]).then(
    ([listed, spreads, plans]) => {
      if (life.isOver()) return
      engine = createEngine({
        ...partsOf(site, life, exchange),
        journal: life.bind(journal),
        clock,
        pairs: trackedPairs(listed, site.plan.symbols, plans).pairs,
        spreads,
        fatal: error => end(words(error)),
      })
      engine.start().catch((error: unknown) => end(words(error)))
    },
    () => end(''),
  )
  return { engine: () => (life.isOver() ? undefined : engine), kill }
}

const partsOf = ({ books, plan, telemetry, commitId, pace }: Site, life: Life, exchange: Exchange) => ({
  exchange,
  books: life.bind(books),
  rules: plan.rules,
  telemetry,
  salt: 'DAYS',
  commitId,
  isOwner: () => !life.isOver(),
  ready: () => {},
  pace: pace(),
})

const words = (error: unknown) => (error instanceof Error ? error.message : String(error))
