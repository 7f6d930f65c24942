/** A whole engine in one process: real actors and charts, the simulated exchange, a virtual clock, stores in memory. */
import { setImmediate } from 'node:timers/promises'
import { type MemoryBooks, memoryBooks } from '../../../src/backtest/memory-books.ts'
import { VirtualClock } from '../../../src/clock/virtual-clock.ts'
import { loadConfig } from '../../../src/config/config.ts'
import type { Rules } from '../../../src/domain/rules.ts'
import { createBybitExchange } from '../../../src/exchange/bybit/venue.ts'
import { createSimulatedBybit } from '../../../src/exchange/simulator/create.ts'
import { faultyIntercept } from '../../../src/exchange/simulator/faults/core.ts'
import { createFaults } from '../../../src/exchange/simulator/faults/faults.ts'
import { faultyLine } from '../../../src/exchange/simulator/faults/in-process.ts'
import type { FaultPlanInput } from '../../../src/exchange/simulator/faults/plan.ts'
import { inProcessBybit } from '../../../src/exchange/simulator/in-process.ts'
import { builtInUniverse } from '../../../src/exchange/simulator/universe/universe.ts'
import { createEngine, type Engine } from '../../../src/run/engine.ts'
import { openPlans, trackedPairs } from '../../../src/run/start/tracked-pairs.ts'
import { createMemoryJournal } from '../../../src/store/journal/memory-journal.ts'
import type { Journal } from '../../../src/store/schema/records.ts'
import { silentTelemetry, type Telemetry } from '../../../src/telemetry/telemetry.ts'

const START_AT_MS = Date.UTC(2026, 0, 5, 9, 20)

export type VirtualOptions = {
  /** What goes wrong from the first moment. */
  wrong?: FaultPlanInput
  /** The perpetuals of built-in coins that are listed; all when left out. */
  symbols?: readonly string[]
  /** Rules that differ from those of an empty configuration. */
  rules?: { [Part in keyof Rules]?: Partial<Rules[Part]> }
  balances?: Readonly<Record<string, string>>
}

/** An exchange on a virtual clock that engines come to and leave. */
export async function virtualWorld(
  seed: number,
  startAtMs = START_AT_MS,
  { wrong = {}, symbols, rules: own = {}, balances = { USDT: '100000' } }: VirtualOptions = {},
) {
  const clock = new VirtualClock(startAtMs)
  const faults = createFaults(wrong, () => clock.nowMs())
  faults.begin(startAtMs)
  const core = createSimulatedBybit({
    seed,
    startAtMs,
    ...(symbols && { universe: builtInUniverse(symbols) }),
    accounts: [{ uid: 'ours', balances }],
    intercept: faultyIntercept(faults),
  })
  const venue = inProcessBybit({ core, clock, fault: faultyLine(faults) })
  const journal: Journal = createMemoryJournal()
  const books: MemoryBooks = memoryBooks()
  const usual: Rules = loadConfig({ cwd: '/', env: { HEDGEROW_MODE: 'replay' } }).rules
  const rules: Rules = {
    strategy: { ...usual.strategy, ...own.strategy },
    execution: { ...usual.execution, ...own.execution },
    limits: { ...usual.limits, ...own.limits },
  }
  let commits = 0
  /** One step of time at a time, with everything that waits for no time done in between. */
  const advance = async (untilMs: number) => {
    for (;;) {
      await settle(journal)
      const nextAtMs = clock.nextDueAtMs()
      if (nextAtMs === undefined || nextAtMs > untilMs) break
      clock.advanceTo(nextAtMs)
    }
    clock.advanceTo(untilMs)
  }
  /** @param configured - symbols; every one that is listed when left out */
  const start = async (
    telemetry: Telemetry = silentTelemetry(),
    configured: readonly string[] = [],
  ): Promise<Engine & { faults: unknown[] }> => {
    const exchange = createBybitExchange(venue.wire('ours'), {
      name: 'virtual',
      clock,
      orderDeadlineMs: rules.execution.orderDeadlineMs,
      report: (kind, detail) => telemetry.inputRefused(kind, detail),
    })
    const reads = Promise.all([exchange.instruments(), exchange.spreadInstruments()])
    let listed: Awaited<typeof reads> | undefined
    reads.then(answer => {
      listed = answer
    })
    while (!listed) await advance(clock.nowMs() + 100)
    const [instruments, spreads] = listed
    const { pairs } = trackedPairs(instruments, configured, await openPlans(journal))
    const faults: unknown[] = []
    const engine = createEngine({
      clock,
      exchange,
      journal,
      books,
      pairs,
      spreads,
      rules,
      telemetry,
      salt: 'TEST',
      commitId: () => `commit-${++commits}`,
      isOwner: () => true,
      fatal: error => faults.push(error),
      ready: () => {},
    })
    await engine.start()
    return { ...engine, faults }
  }
  return { clock, core, venue, faults, journal, books, rules, advance, start }
}

/** Lets promises and the journal come to rest: then only time can move anything. */
async function settle(journal: Journal): Promise<void> {
  await journal.drained()
  await setImmediate()
  await journal.drained()
  await setImmediate()
}
