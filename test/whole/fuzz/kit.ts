/**
 * One way of trying every edge at which something comes in: cases are drawn by seed, each is refused with one clear error or
 * accepted, and anything else (a throw that is no refusal, a case that takes long, memory that stays) is a fault, shrunk to the
 * smallest case that shows it.
 */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import fc from 'fast-check'

/** What became of one case. Anything that is neither is thrown. */
export type Outcome = 'refused' | 'accepted'

type Opened<Case> = {
  take(one: Case): Outcome | Promise<Outcome>
  close?(): void | Promise<void>
}

type EdgePlan<Case> = {
  name: string
  /** Of a hundred cases of all edges: dear ones have fewer. */
  share: number
  cases: fc.Arbitrary<Case>
  open(): Opened<Case> | Promise<Opened<Case>>
}

export type EdgeReport = {
  edge: string
  cases: number
  refused: number
  accepted: number
  /** Each with the smallest case that shows it. */
  faults: { message: string; smallest: string }[]
  seconds: number
  slowestMs: number
  /** What the heap has more after the cases than before them, swept both times. */
  keptMb: number
}

type Bounds = { cases: number; seed: number; limitMs: number }
export type Edge = { name: string; share: number; run(bounds: Bounds): Promise<EdgeReport> }

/** A case may take this long on a machine that does much else too. */
const SLOW_MS = 2_000
const KEPT_MB_MAX = 64
const FAULTS_MAX = 5
const SMALLEST_MAX = 600

/** An edge, and how its cases are run. */
export const edge = <Case>(plan: EdgePlan<Case>): Edge => ({
  name: plan.name,
  share: plan.share,
  run: bounds => runEdge(plan, bounds),
})

async function runEdge<Case>(plan: EdgePlan<Case>, { cases, seed, limitMs }: Bounds): Promise<EdgeReport> {
  const { take, close } = await plan.open()
  const report: EdgeReport = {
    ...{
      edge: plan.name,
      cases: 0,
      refused: 0,
      accepted: 0,
      faults: [],
      seconds: 0,
      slowestMs: 0,
      keptMb: 0,
    },
  }
  const before = heapMb()
  const startedAtMs = performance.now()
  const known = new Set<string>()
  const tried = async (one: Case) => {
    const beganAtMs = performance.now()
    const outcome = await take(one)
    const tookMs = performance.now() - beganAtMs
    report.slowestMs = Math.max(report.slowestMs, Math.round(tookMs))
    if (tookMs > SLOW_MS) throw new Error(`took longer than ${SLOW_MS} ms`)
    return outcome
  }
  try {
    while (report.cases < cases && report.faults.length < FAULTS_MAX) {
      const leftMs = limitMs - (performance.now() - startedAtMs)
      if (leftMs <= 0) break
      const found = await fc.check(
        fc.asyncProperty(plan.cases, async one => {
          report.cases++
          try {
            report[await tried(one)]++
          } catch (error) {
            if (!known.has(kindOf(error))) throw error
          }
        }),
        {
          ...{ numRuns: cases - report.cases, seed: seed + report.faults.length },
          ...{ interruptAfterTimeLimit: leftMs, markInterruptAsFailure: false },
        },
      )
      if (!found.failed) break
      known.add(kindOf(found.errorInstance))
      const smallest = fc.stringify(found.counterexample?.[0]).slice(0, SMALLEST_MAX)
      report.faults.push({ message: messageOf(found.errorInstance), smallest })
    }
  } finally {
    await close?.()
  }
  report.seconds = Math.round((performance.now() - startedAtMs) / 100) / 10
  report.keptMb = Math.round(heapMb() - before)
  if (report.keptMb > KEPT_MB_MAX)
    report.faults.push({ message: `${report.keptMb} MB stayed, at most ${KEPT_MB_MAX}`, smallest: '' })
  return report
}

const messageOf = (error: unknown) =>
  error instanceof Error ? (error.stack ?? error.message).split('\n').slice(0, 4).join('\n') : String(error)

/** Two faults of one place are one. */
const kindOf = (error: unknown) => messageOf(error).replace(/\d+/g, '#').split('\n').slice(1, 3).join()

let sweep: (() => void) | undefined

function heapMb(): number {
  if (!sweep) {
    setFlagsFromString('--expose-gc')
    sweep = runInNewContext('gc') as () => void
  }
  sweep()
  return process.memoryUsage().heapUsed / 1024 / 1024
}

/** An error that the edge is to give; any other is thrown on. */
export function refusedBy(error: unknown, names: readonly string[]): Outcome {
  if (!(error instanceof Error) || !names.includes(error.name)) throw error
  if (error.message.trim() === '') throw new Error(`${error.name} says nothing`)
  return 'refused'
}
