/** When the engine is killed: a list of moments that a seed gives. */
import { nextFraction, randomState } from '../../../src/exchange/simulator/kit/random.ts'

/** Before the writer has the record; while the statement is on its way; durable, and nobody told yet. */
const COMMIT_POINTS = ['before-commit', 'during-commit', 'after-commit'] as const
/** Before the request leaves; while it is on its way; answered, and nobody told yet. */
const SEND_POINTS = ['before-send', 'during-send', 'after-send'] as const
/** Some time after the process began, so that starting is hit too; some time after it listens. */
const RANDOM_POINTS = ['while-starting', 'at-random'] as const

/** It is held there, not killed. */
export const FROZEN_POINT = 'frozen-before-send'
export type Point =
  | typeof FROZEN_POINT
  | (typeof COMMIT_POINTS)[number]
  | (typeof SEND_POINTS)[number]
  | (typeof RANDOM_POINTS)[number]
export type Kill = {
  point: Point
  /** At which passage of the point. */
  nth: number
  /** For the random ones. */
  afterMs: number
}

const COMMITS_MAX = 25
const SENDS_MAX = 6
const AFTER_MS_MAX = 1_500

export function killPlan(seed: number, kills: number): Kill[] {
  const state = randomState(seed, 1)
  const below = (limit: number) => Math.floor(nextFraction(state) * limit)
  const points = [...COMMIT_POINTS, ...SEND_POINTS, ...RANDOM_POINTS]
  return Array.from({ length: kills }, (_, at) => {
    const point = points[at % points.length] ?? 'at-random'
    const nthMax = point.endsWith('commit') ? COMMITS_MAX : SENDS_MAX
    return { point, nth: 1 + below(nthMax), afterMs: below(AFTER_MS_MAX) }
  })
}
