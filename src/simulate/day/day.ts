/**
 * The day of one simulated day: the exchange, a virtual clock and what is stored; engines come and go in it. The same plan
 * gives the same bytes.
 */
import { setImmediate } from 'node:timers/promises'
import { memoryBooks } from '../../backtest/memory-books.ts'
import { VirtualClock } from '../../clock/virtual-clock.ts'
import { createSimulatedBybit } from '../../exchange/simulator/create.ts'
import { faultyIntercept, stuckTopics } from '../../exchange/simulator/faults/core.ts'
import { createFaults, type Faults } from '../../exchange/simulator/faults/faults.ts'
import { faultyLine } from '../../exchange/simulator/faults/in-process.ts'
import { inProcessBybit } from '../../exchange/simulator/in-process.ts'
import { seededMarket } from '../../exchange/simulator/market/market-model.ts'
import type { SimulatedBybit } from '../../exchange/simulator/simulated.ts'
import { builtInUniverse } from '../../exchange/simulator/universe/universe.ts'
import type { Engine } from '../../run/engine.ts'
import { type CommitPoint, emptyMemory } from '../../store/journal/memory-journal.ts'
import type { TransitionRecord } from '../../store/schema/records.ts'
import { type LogFields, silentLog } from '../../telemetry/log.ts'
import { createMetrics } from '../../telemetry/metrics.ts'
import { type Telemetry, telemetryOf } from '../../telemetry/telemetry.ts'
import { Witness } from '../judge/witness.ts'
import { ENGINE_KEY } from '../plan/hazards.ts'
import type { DayPlan } from '../plan/plan.ts'
import { type EngineProcess, type Site, startProcess } from './engine-process.ts'
import { leapingMarket } from './leaping-market.ts'

/** What the engines of a day warned of, in order: the story of a day that failed tells it beside the steps of its hedges. */
type Note = { atMs: number; text: string }

/** Of the same words: what is warned of again and again says nothing new. */
const SAME_MAX = 3
const NOTES_MAX = 2_000

/** Telemetry whose warnings are kept; what cannot be read of a faulty answer is warned of all day and is not. */
function createNotes(nowMs: () => number): { telemetry: Telemetry; notes: readonly Note[] } {
  const notes: Note[] = []
  const times = new Map<string, number>()
  const note = (message: string, fields: LogFields = {}) => {
    if (message === 'input.refused' || notes.length >= NOTES_MAX) return
    const text = `${message} ${Object.entries(fields)
      .map(([name, value]) => `${name} ${String(value)}`)
      .join(', ')}`
    const before = times.get(text) ?? 0
    times.set(text, before + 1)
    if (before < SAME_MAX) notes.push({ atMs: nowMs(), text })
  }
  const log = { ...silentLog(), warn: note, error: note }
  return { telemetry: telemetryOf(log, createMetrics({ process: false })), notes }
}

const ACCOUNT = 'ours'
/** Loops that look again and again do so this much more rarely: nothing changes within a leap. */
const PACE = 20
/** The same once faults have stopped: how long rest takes is not to be a matter of how often it is looked. */
const CALM_PACE = 2
/** After a hedge last moved each second is one; after a start, for as long as it takes to look around. */
const WAKEFUL_MS = 10_000
const START_WAKEFUL_MS = 20_000
/** What systemd waits before it starts a process that ended by itself. */
const RESTART_MS = 2_000
/** Timers of one instant, chains included. */
const FIRED_MAX = 100_000
/** A settlement that is counted, say, moves nothing. */
const RESTING = /^hedged\.watching/

type Kill = {
  /** It dies at so many commits from now. */
  commits: number
  point: CommitPoint
  /** Only commits of hedges count. */
  ofHedge: boolean
  downMs: number
}

/** A day that has begun: its exchange, its faults and its first process. */
export function openDay(plan: DayPlan) {
  const clock = new VirtualClock(plan.startAtMs)
  let wakeUntilMs = plan.startAtMs
  const isBusy = () => clock.nowMs() < wakeUntilMs
  const wake = (forMs = WAKEFUL_MS) => {
    wakeUntilMs = Math.max(wakeUntilMs, clock.nowMs() + forMs)
  }
  const { met, meets } = createMeetings(() => processes.engine())
  const faults = noting(
    createFaults(plan.faults, () => clock.nowMs()),
    meets,
  )
  const isBarred = () =>
    plan.barred.some(({ fromMs, untilMs }) => clock.nowMs() >= fromMs && clock.nowMs() < untilMs)
  const isAble = () => !cable.isCut() && !isBarred() && isTrading(processes.engine())
  const { core, witness, line } = exchangeOf(plan, clock, faults, { isBusy, isAble })
  const cable = createCable(line)
  const { telemetry, notes } = createNotes(() => clock.nowMs())
  let commits = 0
  let isCalm = false
  const site: Site = {
    plan,
    clock,
    dial: () => line.wire(ACCOUNT, ENGINE_KEY),
    faults,
    // The first process takes epoch 1.
    stored: { ...emptyMemory(), epoch: 0n },
    books: memoryBooks(),
    telemetry,
    isBusy,
    commitId: () => `commit-${++commits}`,
    pace: () => (isCalm ? CALM_PACE : PACE),
  }
  const processes = createProcesses(site, wake)
  return {
    clock,
    core,
    line,
    faults,
    witness,
    stored: site.stored,
    books: site.books,
    crashes: processes.crashes,
    fatals: processes.fatals,
    notes,
    wake: () => wake(),
    engine: processes.engine,
    arm: processes.arm,
    meets,
    met: () => met,
    cut: cable.cut,
    mend: cable.mend,
    /** Nothing goes wrong from now on. */
    calm() {
      isCalm = true
      faults.replace({ seed: 1, faults: [] })
      cable.mend()
      const engine = processes.engine()
      if (engine) engine.ports.pace = CALM_PACE
    },
    /** Moves time to an instant, step by step, with everything that waits for no time done in between. */
    advance: (untilMs: number) => advanceTo(clock, processes, witness, untilMs),
    close() {
      processes.close()
      line.close()
    },
  }
}
export type Day = ReturnType<typeof openDay>

function exchangeOf(
  plan: DayPlan,
  clock: VirtualClock,
  faults: Faults,
  { isBusy, isAble }: { isBusy: () => boolean; isAble: () => boolean },
) {
  const { seed, startAtMs, symbols, balanceUsdt } = plan
  const universe = builtInUniverse(symbols)
  const market = leapingMarket(seededMarket({ seed, startAtMs, universe }), isBusy, () => clock.nowMs())
  const nowMs = () => clock.nowMs()
  const { spotRefused } = plan
  const witness = new Witness({ uid: ACCOUNT, symbols, core: () => core, nowMs, isAble, spotRefused })
  const harm = faultyIntercept(faults)
  const core: SimulatedBybit = createSimulatedBybit({
    seed,
    startAtMs,
    universe,
    market,
    accounts: [{ uid: ACCOUNT, balances: { USDT: balanceUsdt } }],
    // What the witness asks is answered truly.
    intercept: out => witness.intercept(out).flatMap(seen => (witness.isAsking() ? [seen] : harm(seen))),
  })
  const fault = faultyLine(faults)
  return { core, witness, line: inProcessBybit({ core, clock, fault, stuck: stuckTopics(faults) }) }
}

/** Counts what met the hedges in the states they were in. */
function createMeetings(engine: () => Engine | undefined) {
  const met: Record<string, number> = {}
  const meets = (what: string) => {
    for (const state of statesOf(engine())) {
      const pair = `${what} in ${state}`
      met[pair] = (met[pair] ?? 0) + 1
    }
  }
  return { met, meets }
}

/** The line to the exchange, as a person may cut it. */
function createCable(line: ReturnType<typeof inProcessBybit>) {
  let isCut = false
  return {
    isCut: () => isCut,
    cut() {
      isCut = true
      line.cut('the cable')
    },
    mend() {
      isCut = false
      line.mend()
    },
  }
}

/** Fires timers instant by instant; starts processes that are due, and lets the witness look, between any two. */
async function advanceTo(
  clock: VirtualClock,
  processes: ReturnType<typeof createProcesses>,
  witness: Witness,
  untilMs: number,
): Promise<void> {
  for (let fired = 0, atMs = clock.nowMs(); ; ) {
    processes.startDue()
    await setImmediate()
    witness.look(clock.nowMs())
    const nextAtMs = Math.min(clock.nextDueAtMs() ?? Number.POSITIVE_INFINITY, processes.startAtMs())
    if (!(nextAtMs <= untilMs)) break
    while (clock.step(nextAtMs)) {
      fired = clock.nowMs() === atMs ? fired + 1 : 0
      atMs = clock.nowMs()
      if (fired > FIRED_MAX) throw new Error(`time stands still at ${new Date(atMs).toISOString()}`)
    }
    // A process may be due to start where no timer is.
    clock.advanceTo(nextAtMs)
  }
  clock.advanceTo(untilMs)
}

/** The same faults, each strike noted by its name. */
const noting = (faults: Faults, meets: (name: string) => void): Faults => ({
  ...faults,
  strikes(name, occasion) {
    const struck = faults.strikes(name, occasion)
    if (struck) meets(name)
    return struck
  },
})

const stateOf = (engine: Engine, kind: string): string[] =>
  [...engine.runtime.all()].flatMap(one => (one.kind === kind ? [one.cell?.state ?? ''] : []))

/** Of every living hedge, to the second level. */
function statesOf(engine: Engine | undefined): string[] {
  if (!engine) return ['no engine']
  const states = stateOf(engine, 'hedge').map(state => /^[a-z]+(\.[a-zA-Z]+)?/.exec(state)?.[0] ?? state)
  return states.length > 0 ? states : ['no hedge']
}

/** It is there, it knows where it stands, and may reduce. */
const isTrading = (engine: Engine | undefined): boolean =>
  engine !== undefined && /^(trading|halted)/.test(stateOf(engine, 'engine')[0] ?? '')

/** One process after the other on the same journal and books. */
function createProcesses(site: Site, wake: (forMs?: number) => void) {
  const { clock, stored } = site
  const crashes: { atMs: number; point: CommitPoint; actorId: string }[] = []
  const fatals: string[] = []
  let present: EngineProcess | undefined
  let armed: Kill | undefined
  let startAtMs = clock.nowMs()
  const startAgain = (downMs: number) => {
    present = undefined
    startAtMs = clock.nowMs() + downMs
  }
  const isStruck = (point: CommitPoint, { kind, actorId }: TransitionRecord): boolean => {
    if (!armed || armed.point !== point || (armed.ofHedge && kind !== 'hedge')) return false
    armed.commits--
    if (armed.commits > 0) return false
    crashes.push({ atMs: clock.nowMs(), point, actorId })
    present?.kill()
    startAgain(armed.downMs)
    armed = undefined
    return true
  }
  const start = () => {
    startAtMs = Number.POSITIVE_INFINITY
    wake(START_WAKEFUL_MS)
    stored.epoch++
    const mine = startProcess(site, {
      at(point, record) {
        if (mine !== present) return false
        if (record.kind === 'hedge' && !(RESTING.test(record.from) && RESTING.test(record.to))) wake()
        return isStruck(point, record)
      },
      ended(cause) {
        if (cause !== '') fatals.push(`${new Date(clock.nowMs()).toISOString()} ${cause}`)
        startAgain(RESTART_MS)
      },
    })
    present = mine
  }
  return {
    crashes,
    fatals,
    engine: () => present?.engine(),
    startAtMs: () => startAtMs,
    startDue() {
      if (startAtMs <= clock.nowMs()) start()
    },
    arm(kill: Kill) {
      armed = { ...kill }
    },
    close() {
      armed = undefined
      present?.kill()
      present = undefined
      startAtMs = Number.POSITIVE_INFINITY
    },
  }
}
