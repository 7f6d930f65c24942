/** Plans that were decided and stored before today's estimate was made: what is missing in them is filled in here, nowhere else. */
import type { CarryEstimate } from '../carry/carry.ts'
import { NO_USDT } from '../units.ts'
import type { HedgePlan } from './plan.ts'

/** The only way of working there was: one leg crosses, then the other; no mishaps and no interest were reckoned with. */
const BEFORE_ROUTES = {
  route: 'spot-first',
  adverseUsdt: NO_USDT,
  escalationUsdt: NO_USDT,
  interestUsdt: NO_USDT,
  orphanUsdt: NO_USDT,
} satisfies Partial<CarryEstimate>

/** A stored plan with an estimate that has all its parts; a plan of today comes back as it is. */
export const wholePlan = (plan: HedgePlan): HedgePlan => ({
  ...plan,
  expected: { ...BEFORE_ROUTES, ...plan.expected },
})
