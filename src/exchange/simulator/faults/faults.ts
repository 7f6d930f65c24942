/**
 * The switches of a plan of faults: asked at every occasion, each answers by its seed and its count of occasions alone, so the
 * same plan over the same traffic does the same harm. Nothing happens before `begin`, as while an account file is read back.
 */

import { hash, hashFraction } from '../kit/random.ts'
import type { Channel } from '../server/sockets/connection.ts'
import { type Fault, type FaultName, type FaultPlan, type FaultPlanInput, faultPlan } from './plan.ts'

/** `isPublic`: a question that needs no key, which only a fault that names it strikes. */
type Occasion = { channel?: Channel; what?: string; isPublic?: boolean }

export type Faults = {
  /** Does this fault strike now? Counts the occasion. The first of that name that does. */
  strikes(name: FaultName, occasion?: Occasion): Fault | undefined
  /** Is a lasting condition on (a clock that is off, a stale cache)? Not counted, no chance in it. */
  holds(name: FaultName, occasion?: Occasion): Fault | undefined
  /** All of that name that are on now. */
  all(name: FaultName, occasion?: Occasion): Fault[]
  /** Does a fault that is on strike this one thing? By its name and the seed alone, so that it does so each time. */
  picks(fault: Fault, name: string): boolean
  /** Starts the windows at this simulated instant. */
  begin(nowMs: number): void
  /** Another plan from now on. Throws `FaultPlanError`. */
  replace(plan: unknown): void
  /** All of it, to go on from in another process. */
  save(): SavedFaults
  restore(saved: SavedFaults): void
  /** The plan, and how often each of it struck. */
  report(): { seed: number; beganAtMs: number; faults: (Fault & { struck: number })[] }
  /** Simulated time, as the switches see it. */
  nowMs(): number
}

type Switch = { fault: Fault; salt: number; occasions: number; struck: number }

export type SavedFaults = {
  plan: FaultPlan
  beganAtMs: number
  counts: { occasions: number; struck: number }[]
}

const hashText = (text: string): number => {
  let sum = 0
  for (let at = 0; at < text.length; at++) sum = hash(sum, text.charCodeAt(at), at)
  return sum
}

const ALL_TIMES = Number.POSITIVE_INFINITY

/**
 * @param nowMs - simulated time
 * @param struck - told when one of a limited number of strikes is used up: a restart must not give it back
 */
export function createFaults(
  planned: FaultPlanInput | FaultPlan,
  nowMs: () => number,
  struck: () => void = () => {},
): Faults {
  let plan: FaultPlan
  let switches: Switch[] = []
  let beganAtMs: number | undefined
  const take = (found: unknown) => {
    plan = faultPlan(found)
    switches = plan.faults.map((fault, salt) => ({ fault, salt, occasions: 0, struck: 0 }))
  }
  take(planned)
  const isOn = ({ fault, struck }: Switch, name: FaultName, occasion: Occasion): boolean => {
    const { channel, what = '', isPublic = false } = occasion
    if (fault.name !== name || beganAtMs === undefined) return false
    if (fault.channel !== undefined && fault.channel !== channel) return false
    if (fault.what !== undefined && !what.startsWith(fault.what)) return false
    if (isPublic && fault.what === undefined) return false
    const atMs = nowMs() - beganAtMs
    return atMs >= fault.fromMs && atMs < (fault.untilMs ?? ALL_TIMES) && struck < (fault.times ?? ALL_TIMES)
  }
  return {
    nowMs,
    begin: atMs => {
      beganAtMs = atMs
    },
    strikes(name, occasion = {}) {
      for (const one of switches) {
        if (!isOn(one, name, occasion)) continue
        if (hashFraction(plan.seed, one.salt, one.occasions++) >= one.fault.rate) continue
        one.struck++
        if (one.fault.times !== undefined) struck()
        return one.fault
      }
      return undefined
    },
    holds: (name, occasion = {}) => switches.find(one => isOn(one, name, occasion))?.fault,
    all: (name, occasion = {}) => switches.filter(one => isOn(one, name, occasion)).map(one => one.fault),
    picks: ({ rate }, name) => rate >= 1 || hashFraction(plan.seed, hashText(name), 0) < rate,
    replace(found) {
      take(found)
      beganAtMs = nowMs()
    },
    save: () => ({
      plan,
      beganAtMs: beganAtMs ?? nowMs(),
      counts: switches.map(({ occasions, struck }) => ({ occasions, struck })),
    }),
    restore(saved) {
      take(saved.plan)
      beganAtMs = saved.beganAtMs
      for (const [at, counts] of saved.counts.entries()) Object.assign(switches[at] ?? {}, counts)
    },
    report: () => ({
      seed: plan.seed,
      beganAtMs: beganAtMs ?? nowMs(),
      faults: switches.map(({ fault, struck }) => ({ ...fault, struck })),
    }),
  }
}
