/**
 * How far the perpetual trades from its index: mostly nowhere, now and then an episode of tens of minutes to hours with a
 * premium on one side, which ends quiet or flips. The opening scene gives a newcomer something to see at once: two hourly
 * coins start in an episode, one of them turns right after it has paid.
 */
import { HOUR_MS } from '../../../domain/market/funding.ts'
import { nextFraction, nextNormal, type RandomState } from '../kit/random.ts'
import type { Listing } from '../universe/universe.ts'
import { MINUTE_MS } from './funding.ts'

export type PremiumState = { premium: number; target: number; untilMs: number; flips: boolean }

/** Seconds in which a premium covers most of the way to its target. */
const PULL_SECONDS = 60
const NOISE_PER_SECOND = 0.00002
/** Of the episodes of coins that do not settle hourly. */
const SQUEEZE_SHARE = 0.04

const between = (random: RandomState, low: number, high: number) => low + (high - low) * nextFraction(random)

const hourly = (listing: Listing) => listing.fundingIntervalMs === HOUR_MS

function quiet(listing: Listing, nowMs: number, random: RandomState): PremiumState {
  const hours = hourly(listing) ? between(random, 0.5, 4) : between(random, 4, 20)
  return {
    premium: 0,
    target: between(random, -0.0001, 0.0001),
    untilMs: nowMs + hours * HOUR_MS,
    flips: false,
  }
}

function episode(listing: Listing, nowMs: number, sign: number, random: RandomState): PremiumState {
  // Now and then a squeeze: the premium runs past the cap and stays there, as in the crashes that made caps known.
  const squeezed = !hourly(listing) && nextFraction(random) < SQUEEZE_SHARE
  const size = squeezed
    ? listing.fundingCap * between(random, 1.2, 2)
    : hourly(listing)
      ? between(random, 0.0015, 0.0035)
      : between(random, 0.0007, 0.0018)
  const hours = hourly(listing) ? between(random, 0.7, 5) : between(random, 3, 12)
  return {
    premium: 0,
    target: (squeezed ? -1 : sign) * size,
    untilMs: nowMs + hours * HOUR_MS,
    flips: nextFraction(random) < 0.5,
  }
}

/** One second of one coin's premium; starts what follows when the present state has run out. */
export function stepPremium(
  state: PremiumState,
  listing: Listing,
  nowMs: number,
  random: RandomState,
): PremiumState {
  let present = state
  if (nowMs >= state.untilMs) {
    const sign = state.flips ? -Math.sign(state.target) : nextFraction(random) < 0.6 ? 1 : -1
    const inEpisode = Math.abs(state.target) > 0.0005
    const next =
      inEpisode && !state.flips
        ? quiet(listing, nowMs, random)
        : { ...episode(listing, nowMs, sign, random), ...(state.flips && { flips: false }) }
    present = { ...next, premium: state.premium }
  }
  present.premium += (present.target - present.premium) / PULL_SECONDS + NOISE_PER_SECOND * nextNormal(random)
  return present
}

/**
 * Where every coin's premium stands at the start. Of the hourly coins two, chosen by the seed, pay about 0.1 to 0.3 % an
 * hour: the first until just after the first settlement at least 15 minutes away, then it turns clearly negative; the
 * second for four to eight hours.
 */
export function openingPremiums(
  listings: readonly Listing[],
  startAtMs: number,
  random: RandomState,
): PremiumState[] {
  const states = listings.map(listing => {
    const state = quiet(listing, startAtMs, random)
    return { ...state, premium: state.target }
  })
  const candidates = listings.filter(hourly).map(listing => listing.index)
  const turning = pick(candidates, random)
  const lasting = pick(candidates, random)
  const firstPaidMs = Math.ceil((startAtMs + 15 * MINUTE_MS) / HOUR_MS) * HOUR_MS
  const open = (index: number | undefined, untilMs: number, flips: boolean) => {
    if (index === undefined) return
    const target = between(random, 0.0024, 0.0034)
    states[index] = { premium: target, target, untilMs, flips }
  }
  open(turning, firstPaidMs + between(random, 2, 5) * MINUTE_MS, true)
  open(lasting, firstPaidMs + between(random, 4, 8) * HOUR_MS, false)
  return states
}

function pick(from: number[], random: RandomState): number | undefined {
  return from.splice(Math.floor(nextFraction(random) * from.length), 1)[0]
}
