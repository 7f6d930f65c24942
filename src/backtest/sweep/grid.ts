/**
 * Parameter sets of a sweep: every combination of the values asked for, or a part of them drawn by a seed. Each value is read by
 * the schema of the configuration, so nothing is tried that a file could not say.
 */
import { strategy } from '../../config/strategy.ts'
import type { Rules, StrategyRules } from '../../domain/rules.ts'

/** Keys of the strategy that a screen can tell apart. */
const SWEPT = [
  'entryAprMin',
  'idleApr',
  'fundingFastHours',
  'fundingSlowHours',
  'fundingFadeHours',
  'fundingMarketHours',
  'fundingAllowance',
  'exitHorizonHours',
  'reentryProbability',
  'coolDownMs',
  'capitalBuffer',
  'basisStopBps',
  'basisStopMs',
  'hedgeLossBpsMax',
  'holdMaxMs',
] as const satisfies readonly (keyof StrategyRules)[]
export type SweptKey = (typeof SWEPT)[number]
export type Axis = { key: SweptKey; values: readonly number[] }
/** One value of each axis. */
export type ParameterSet = Readonly<Partial<Record<SweptKey, number>>>

/** What is tried when nobody asks for anything: each parameter of the rule of entry, halved, as it is, and about doubled. */
export const USUAL: readonly string[] = [
  'entryAprMin=0,0.01,0.02',
  'fundingFastHours=24,48,96',
  'fundingSlowHours=540,1080,2160',
  'fundingFadeHours=84,168,336',
  'fundingAllowance=0,0.5,1',
]

/** A parameter that cannot be tried, and why. */
export class SweepFault extends Error {
  override name = 'SweepFault'
}

const isSwept = (key: string): key is SweptKey => (SWEPT as readonly string[]).includes(key)

/** @param text - `key=value,value`. @throws SweepFault for a key that no screen can tell, and for a value the configuration refuses */
export function axisOf(text: string): Axis {
  const [key = '', list = '', ...more] = text.split('=').map(part => part.trim())
  if (!isSwept(key))
    throw new SweepFault(`${key || text}: expected one of ${SWEPT.join(', ')}, then = and values with commas`)
  const texts = list.split(',').map(value => value.trim())
  if (more.length > 0 || texts.some(value => value === ''))
    throw new SweepFault(`${key}: expected values with commas between, found ${text}`)
  const values = texts.map(value => {
    const read = strategy.shape[key].safeParse(value)
    if (!read.success)
      throw new SweepFault(
        `${key}: expected ${read.error.issues[0]?.message ?? 'another value'}, found ${value}`,
      )
    return read.data
  })
  return { key, values: [...new Set(values)] }
}

/** Every combination, the first axis slowest. @throws SweepFault for an axis named twice */
export function grid(axes: readonly Axis[]): ParameterSet[] {
  const twice = axes.find(({ key }, at) => axes.findIndex(each => each.key === key) !== at)
  if (twice) throw new SweepFault(`${twice.key}: expected once, found twice`)
  return axes.reduce<ParameterSet[]>(
    (sets, { key, values }) => sets.flatMap(set => values.map(value => ({ ...set, [key]: value }))),
    [{}],
  )
}

/** As many of them as asked for, in their order, drawn by a seed; all when there are no more. */
export function drawn<Value>(values: readonly Value[], count: number, seed: number): Value[] {
  if (count >= values.length) return [...values]
  const random = randomOf(seed)
  const places = values.map((_, at) => at)
  for (let at = 0; at < count; at++) {
    const other = at + Math.floor(random() * (places.length - at))
    const [here = 0, there = 0] = [places[at], places[other]]
    places[at] = there
    places[other] = here
  }
  const taken = new Set(places.slice(0, count))
  return values.filter((_, at) => taken.has(at))
}

/** Numbers from 0 to 1, the same for the same seed on every machine. */
export function randomOf(seed: number): () => number {
  let state = (seed >>> 0) + 0x6d2b79f5
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
}

/** The rules with these values in place of their own. */
export const withParameters = (rules: Rules, set: ParameterSet): Rules => ({
  ...rules,
  strategy: { ...rules.strategy, ...set },
})
