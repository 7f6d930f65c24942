/** What many days come to: counts, and how long things took at the worst. */
import type { DayHedge, DayReport } from './judge.ts'

type Tally = { route: string; direction: string; planned: number; opened: number; closed: number }

export type Summary = {
  days: number
  /** Seeds of days on which something was broken, in order. */
  failed: { seed: number; broken: string[] }[]
  hedges: Tally[]
  orders: number
  crashes: number
  /** How often each fault of the catalogue struck, and what else befell the days. */
  struck: Record<string, number>
  happened: Record<string, number>
  /** Times a person was called, and why, by the words of the reason. */
  calls: Record<string, number>
  /** Stretches with a lot or more apart: how many, how long, and notional times seconds. */
  apart: { stretches: number; seconds: Spread; notionalSeconds: Spread }
  /** Milliseconds from the end of faults to rest, of days that came to rest. */
  restMsMax: number
  /** Days on which a coin's residual was not 0, and postings nobody can explain. */
  residualDays: number
  unexplained: number
  /** How often each fault and happening met each state of a hedge. */
  met: Record<string, number>
  journalSteps: number
}
type Spread = { p50: number; p99: number; max: number }

/** All days as one. */
export function summarise(reports: readonly DayReport[]): Summary {
  const sorted = [...reports].sort((a, b) => a.seed - b.seed)
  const stretches = sorted.flatMap(each => each.stretches)
  return {
    days: sorted.length,
    failed: sorted.filter(({ broken }) => broken.length > 0).map(({ seed, broken }) => ({ seed, broken })),
    hedges: tallies(sorted.flatMap(({ hedges }) => hedges)),
    orders: total(sorted.map(({ orders }) => orders)),
    crashes: total(sorted.map(({ crashes }) => crashes)),
    struck: added(sorted.map(({ struck }) => struck)),
    happened: added(sorted.map(({ happened }) => happened)),
    calls: added(sorted.flatMap(({ calls }) => calls.map(call => ({ [reasonOf(call)]: 1 })))),
    apart: {
      stretches: stretches.length,
      seconds: spread(stretches.map(({ forMs }) => forMs / 1_000)),
      notionalSeconds: spread(stretches.map(({ notionalSeconds }) => notionalSeconds)),
    },
    restMsMax: Math.max(0, ...sorted.map(({ restMs }) => restMs ?? 0)),
    residualDays: sorted.filter(({ residuals }) => Object.values(residuals).some(left => left !== '0'))
      .length,
    unexplained: total(sorted.map(({ unexplained }) => unexplained)),
    met: added(sorted.map(({ met }) => met)),
    journalSteps: total(sorted.map(({ steps }) => steps)),
  }
}

const total = (counts: readonly number[]) => counts.reduce((sum, count) => sum + count, 0)

function added(counts: readonly Readonly<Record<string, number>>[]): Record<string, number> {
  const sums = new Map<string, number>()
  for (const one of counts)
    for (const [name, count] of Object.entries(one)) sums.set(name, (sums.get(name) ?? 0) + count)
  return Object.fromEntries([...sums].sort(([a], [b]) => (a < b ? -1 : 1)))
}

/** Without the id it begins with and the figures in it. */
const reasonOf = (call: string) => call.replace(/^\S+: /, '').replace(/[-\d.]*\d[\d.]*/g, '#')

function tallies(hedges: readonly DayHedge[]): Tally[] {
  const found = new Map<string, Tally>()
  for (const { route, direction, opened, state } of hedges) {
    const key = `${route} ${direction}`
    const tally = found.get(key) ?? { route, direction, planned: 0, opened: 0, closed: 0 }
    tally.planned++
    if (opened) tally.opened++
    if (opened && state === 'closed') tally.closed++
    found.set(key, tally)
  }
  return [...found].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, tally]) => tally)
}

/** Nearest rank. */
function spread(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b)
  const at = (share: number) => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0
  return { p50: at(0.5), p99: at(0.99), max: at(1) }
}
