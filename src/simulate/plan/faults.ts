/** Which of the catalogue strikes on a day, and how often: a part of it, calm or rough, as ordinary days differ. */
import { type FaultPlan, type FaultPlanInput, faultPlan } from '../../exchange/simulator/faults/plan.ts'
import type { Chance } from './chance.ts'

type Planned = NonNullable<FaultPlanInput['faults']>[number]

const MINUTE_MS = 60_000
/** An engine is there before anything goes wrong. */
const AFTER_MS = 90_000

/** Chance of each at one occasion, on a usual day. */
const USUAL: readonly Omit<Planned, 'fromMs' | 'untilMs'>[] = [
  { name: 'lost-ack', rate: 0.02 },
  { name: 'lost-request', rate: 0.02 },
  { name: 'fill-before-ack', rate: 0.15, ms: 300 },
  { name: 'slow-reply', rate: 0.02, ms: 1_500 },
  { name: 'server-timeout', rate: 0.015 },
  { name: 'server-error', rate: 0.015 },
  { name: 'spot-timeout', rate: 0.01, what: 'order.' },
  { name: 'http-500', rate: 0.01 },
  { name: 'html-body', rate: 0.005 },
  { name: 'truncated-body', rate: 0.005 },
  { name: 'too-many-visits', rate: 0.01 },
  { name: 'duplicate-message', rate: 0.05 },
  { name: 'reordered-message', rate: 0.04 },
  { name: 'repeated-message', rate: 0.03, ms: 4_000 },
  { name: 'drop-socket', rate: 0.01, channel: 'private' },
]

/** @param spanMs - how long faults last, from the plan's beginning */
export function drawFaults(chance: Chance, spanMs: number, seed: number): FaultPlan {
  const weather = chance.pick([0.3, 1, 1, 3])
  const all = { fromMs: AFTER_MS, untilMs: spanMs }
  const steady = USUAL.filter(() => chance.isLucky(0.8)).map(
    (fault): Planned => ({
      ...fault,
      ...all,
      rate: Math.min(0.5, (fault.rate ?? 0) * weather),
    }),
  )
  const windows = (count: number, lastsMs: () => number) =>
    Array.from({ length: count }, () => {
      const fromMs = Math.round(chance.between(AFTER_MS, spanMs - 30 * MINUTE_MS))
      return { fromMs, untilMs: fromMs + Math.round(lastsMs()) }
    })
  const silences = windows(chance.whole(0, 4), () => chance.between(2_000, 60_000)).map(
    (window): Planned => ({ name: 'silent-private', ...window }),
  )
  const stales = windows(chance.whole(0, 3), () => chance.between(1, 15) * MINUTE_MS).map(
    (window): Planned => ({ name: 'stale-rest', ms: chance.whole(1_000, 15_000), ...window }),
  )
  return faultPlan({ seed: seed % 1_000_000_007, faults: [...steady, ...silences, ...stales] })
}
