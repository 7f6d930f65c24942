/**
 * The seeded market: correlated random walks of index prices, premiums in episodes, funding by Bybit's formula.
 * It moves once per second of simulated time; the same seed and start give the same prices at every second.
 */
import type { Json } from '../../../domain/json.ts'
import { HOUR_MS } from '../../../domain/market/funding.ts'
import { hashFraction, nextNormal, type RandomState, randomState } from '../kit/random.ts'
import type { Cross, Listing, Universe } from '../universe/listing.ts'
import { type Candles, createCandles } from './candles.ts'
import {
  addPremium,
  afterSettlement,
  averagePremium,
  fundingRateText,
  type IntervalState,
  MINUTE_MS,
  nextSettlementMs,
  noPremium,
  type PremiumAverage,
  premiumIndex,
  switchIfDue,
  usualInterval,
} from './funding.ts'
import type { MarketSource, Quote, SettledRate, Settlement } from './market.ts'
import { openingPremiums, type PremiumState, stepPremium } from './premium.ts'

const STEP_MS = 1000
const SECONDS_OF_DAY_ROOT = 293.94
/** Share of a coin's movement that all coins make together. */
const TOGETHER = 0.75
const APART = 0.66
const RATES_KEPT = 1000

type Coin = {
  price: number
  premium: PremiumState
  /** Premium of the mark price: a slower follower of the book's. */
  markPremium: number
  average: PremiumAverage
  rate: string
  settled: SettledRate[]
  interval: IntervalState
  /** A shock under way: the factor of each step, and until when. */
  drift?: { perStep: number; untilMs: number }
  /** What is not the model's: the spot price apart from the index, the perpetual's book ahead of it, until when. */
  apart?: { ratio: number; untilMs?: number }
  spike?: { premium: number; untilMs: number }
}
type State = { nowMs: number; random: RandomState; coins: Coin[] }

const floorTo = (ms: number, step: number) => Math.floor(ms / step) * step

/** Rates before the start: the plateau with a little life in it, and for a coin in an episode its recent hours. */
function pastRates(listing: Listing, startAtMs: number, premium: number, seed: number): SettledRate[] {
  const { fundingIntervalMs: intervalMs, fundingCap } = listing
  const last = floorTo(startAtMs, intervalMs)
  const count = Math.min(200, Math.floor((30 * 24 * HOUR_MS) / intervalMs))
  return Array.from({ length: count }, (_, index) => {
    const age = count - 1 - index
    const chance = hashFraction(seed, listing.index, 1000 + age)
    const past = age < 3 ? premium : (chance - 0.45) * 0.0014
    return { rate: fundingRateText(past, intervalMs, fundingCap), atMs: last - age * intervalMs }
  })
}

function sample(listing: Listing, premium: number): number {
  const reach = (listing.halfSpreadBps + 0.5) / 10_000
  return premiumIndex((1 + premium) * (1 - reach), (1 + premium) * (1 + reach), 1)
}

function firstState(seed: number, startAtMs: number, listings: readonly Listing[]): State {
  const random = randomState(seed, 1)
  const premiums = openingPremiums(listings, startAtMs, random)
  const nowMs = floorTo(startAtMs, STEP_MS)
  const coins = listings.map((listing, index): Coin => {
    const premium = premiums[index] ?? { premium: 0, target: 0, untilMs: 0, flips: false }
    const average = noPremium()
    const passed = Math.floor((nowMs % listing.fundingIntervalMs) / MINUTE_MS)
    for (let minute = 0; minute < passed; minute++) addPremium(average, sample(listing, premium.premium))
    const coin: Coin = {
      price: listing.firstPrice * (0.97 + 0.06 * hashFraction(seed, index, 3)),
      premium,
      markPremium: premium.premium,
      average,
      rate: '0',
      settled: pastRates(listing, nowMs, premium.premium, seed),
      interval: usualInterval(listing.fundingIntervalMs),
    }
    coin.rate = estimate(listing, coin)
    return coin
  })
  followOthers(listings, coins)
  return { nowMs, random, coins }
}

/** Prices that follow others are never their own. */
function followOthers(listings: readonly Listing[], coins: readonly Coin[]): void {
  for (const { cross, index } of listings) {
    const coin = coins[index]
    if (cross && coin) coin.price = crossPrice(cross, coins)
  }
}

const crossPrice = ({ base, baseUsdt, quote, quoteUsdt }: Cross, coins: readonly Coin[]): number =>
  (coins[base ?? -1]?.price ?? baseUsdt) / (coins[quote ?? -1]?.price ?? quoteUsdt)

/** The running estimate; with no sample of this interval yet, the present premium stands for the average. */
function estimate(listing: Listing, coin: Coin): string {
  const premium =
    coin.average.count === 0 ? sample(listing, coin.premium.premium) : averagePremium(coin.average)
  return fundingRateText(premium, coin.interval.intervalMs, listing.fundingCap)
}

const quoteOf = (listing: Listing, coin: Coin): Quote => {
  const index = coin.price * listing.multiplier
  return {
    index,
    mark: index * (1 + coin.markPremium),
    perpMid: index * (1 + coin.premium.premium + (coin.spike?.premium ?? 0)),
    spotMid: coin.price * (coin.apart?.ratio ?? 1),
  }
}

/** Moves one coin by a second. */
function moveCoin({ nowMs, random, coins }: State, listing: Listing, coin: Coin, together: number): void {
  if (coin.apart?.untilMs !== undefined && nowMs >= coin.apart.untilMs) delete coin.apart
  if (coin.spike && nowMs >= coin.spike.untilMs) delete coin.spike
  if (listing.cross) coin.price = crossPrice(listing.cross, coins)
  else {
    if (coin.drift) coin.price *= coin.drift.perStep
    if (coin.drift && nowMs >= coin.drift.untilMs) delete coin.drift
    const normal = TOGETHER * together + APART * nextNormal(random)
    coin.price *= 1 + (listing.dailyVolatility / SECONDS_OF_DAY_ROOT) * normal
  }
  coin.premium = stepPremium(coin.premium, listing, nowMs, random)
  coin.markPremium += (coin.premium.premium - coin.markPremium) / 20
}

/** Takes the minute's premium sample. @returns what settles at this minute */
function closeMinute({ nowMs }: State, listing: Listing, coin: Coin): Settlement | undefined {
  addPremium(coin.average, sample(listing, coin.premium.premium))
  const usualMs = listing.fundingIntervalMs
  switchIfDue(coin.interval, usualMs, nowMs)
  coin.rate = estimate(listing, coin)
  const { intervalMs } = coin.interval
  if (nowMs % intervalMs !== 0) return undefined
  const { mark } = quoteOf(listing, coin)
  const { rate } = coin
  coin.settled.push({ rate, atMs: nowMs })
  if (coin.settled.length > RATES_KEPT) coin.settled.shift()
  afterSettlement(coin.interval, Number(rate), { cap: listing.fundingCap, usualMs, nowMs })
  coin.average = noPremium()
  coin.rate = estimate(listing, coin)
  return { listing: listing.index, rate, atMs: nowMs, intervalMs, mark }
}

/** Moves every coin by a second. @returns what settles at it */
function stepAll(state: State, listings: readonly Listing[]): Settlement[] {
  state.nowMs += STEP_MS
  const due: Settlement[] = []
  const together = nextNormal(state.random)
  const minute = state.nowMs % MINUTE_MS === 0
  for (const listing of listings) {
    const coin = state.coins[listing.index]
    if (!coin) continue
    moveCoin(state, listing, coin, together)
    const settlement = minute ? closeMinute(state, listing, coin) : undefined
    if (settlement) due.push(settlement)
  }
  return due
}

function noteCandles(candles: Candles, { nowMs, coins }: State, listings: readonly Listing[]): void {
  for (const [index, coin] of coins.entries()) {
    const listing = listings[index]
    if (!listing) continue
    const price = coin.price * listing.multiplier
    const { premium } = coin.premium
    const [perp, mark] = [price * (1 + premium), price * (1 + coin.markPremium)]
    candles.note(index, nowMs, coin.price, perp, mark, price, premium)
  }
}

/** @throws for what is no saved market of these listings */
function stateFrom(saved: Json, seed: number, listings: readonly Listing[]): State {
  const from = saved as unknown as State
  if (!Array.isArray(from?.coins) || from.coins.length > listings.length)
    throw new Error(`saved market: expected ${listings.length} coins, found ${from?.coins?.length}`)
  const state = structuredClone(from)
  // Coins listed since then begin anew.
  state.coins.push(...firstState(seed, from.nowMs, listings).coins.slice(from.coins.length))
  return state
}

type Shifts = Required<Pick<MarketSource, 'press' | 'shock' | 'settleEvery' | 'part' | 'spike' | 'spotRatio'>>

/** What can be done to a coin's prices and funding from outside. */
const shiftsOf = (state: () => State): Shifts => ({
  press(index, premium, untilMs) {
    const coin = state().coins[index]
    if (coin) coin.premium = { premium: coin.premium.premium, target: premium, untilMs, flips: false }
  },
  shock(index, change, overMs) {
    const coin = state().coins[index]
    if (!coin) return
    const steps = Math.floor(overMs / STEP_MS)
    if (steps === 0) coin.price *= 1 + change
    else coin.drift = { perStep: (1 + change) ** (1 / steps), untilMs: state().nowMs + steps * STEP_MS }
  },
  part(index, ratio, untilMs) {
    const coin = state().coins[index]
    if (coin) coin.apart = { ratio, ...(untilMs !== undefined && { untilMs }) }
  },
  spotRatio: index => state().coins[index]?.apart?.ratio ?? 1,
  spike(index, premium, untilMs) {
    const coin = state().coins[index]
    if (coin) coin.spike = { premium, untilMs }
  },
  settleEvery(index, intervalMs) {
    const coin = state().coins[index]
    if (coin) coin.interval = usualInterval(intervalMs)
  },
})

/** A market that is a function of the seed, its start and the universe. */
export function seededMarket(options: { seed: number; startAtMs: number; universe: Universe }): MarketSource {
  const { seed, startAtMs, universe } = options
  const { listings } = universe
  let state = firstState(seed, startAtMs, listings)
  let due: Settlement[] = []
  /** Of this step, as far as they were asked for. */
  let quotes: Quote[] = []
  const volatility = listings.map(listing => listing.dailyVolatility / 38)
  const candles = createCandles(listings.length, seed, volatility)
  noteCandles(candles, state, listings)

  function quote(index: number): Quote | undefined {
    const [listing, coin] = [listings[index], state.coins[index]]
    if (listing && coin) quotes[index] ??= quoteOf(listing, coin)
    return quotes[index]
  }
  const shifts = shiftsOf(() => state)
  return {
    ...shifts,
    candles,
    nowMs: () => state.nowMs,
    nextStepAtMs: () => state.nowMs + STEP_MS,
    step() {
      quotes = []
      due = stepAll(state, listings)
      noteCandles(candles, state, listings)
    },
    quote,
    reference: index => quote(index) ?? { mark: 0, index: 0 },
    funding(index) {
      const { interval, rate = '0' } = state.coins[index] ?? {}
      const intervalMs = interval?.intervalMs ?? 8 * HOUR_MS
      return { rate, nextAtMs: nextSettlementMs(state.nowMs, intervalMs), intervalMs }
    },
    shock(...change) {
      quotes = []
      shifts.shock(...change)
    },
    part(...change) {
      quotes = []
      shifts.part(...change)
    },
    spike(...change) {
      quotes = []
      shifts.spike(...change)
    },
    dueSettlements: () => due,
    settledRates: index => state.coins[index]?.settled ?? [],
    halfSpreadBps: index => listings[index]?.halfSpreadBps ?? 1,
    save: () => structuredClone(state) as unknown as Json,
    restore(saved) {
      state = stateFrom(saved, seed, listings)
      due = []
      quotes = []
      candles.clear()
      noteCandles(candles, state, listings)
    },
  }
}
