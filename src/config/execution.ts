/** The keys of `execution`: how orders are routed, sized, priced and waited for. */
import { z } from 'zod'
import { ROUTES } from '../domain/instrument.ts'
import { lengthKey, numberKey, usdtKey, wholeKey, wordsKey } from './keys.ts'

const DAY_MS = 86_400_000

export const execution = z.strictObject({
  sliceNotionalUsdtMax: usdtKey({ or: '500', about: 'Largest notional of one slice' }),
  depthFractionMax: numberKey({
    min: 0.01,
    max: 1,
    unit: 'fraction',
    or: '0.25',
    about: 'A slice takes at most this part of the depth within the price limit',
  }),
  slippageBpsMax: numberKey({
    min: 0.1,
    max: 500,
    unit: 'bps',
    or: '10',
    about: 'How far beyond the best price the limit of a crossing order is',
  }),
  entryDeadlineMs: lengthKey({
    min: 1000,
    max: DAY_MS,
    or: '120000',
    about: 'A hedge that is not complete by then keeps what is level or is unwound',
  }),
  orderDeadlineMs: lengthKey({
    min: 100,
    max: 60_000,
    or: '10000',
    about: 'An order call longer than this has an unknown outcome',
  }),
  orderSilenceMs: lengthKey({
    min: 100,
    max: 600_000,
    or: '10000',
    about: 'An accepted order silent for this long is asked about',
  }),
  recvWindowMs: lengthKey({
    min: 1000,
    max: 60_000,
    or: '5000',
    about: 'Bybit refuses a request older than this: the length of the unknown window',
  }),
  askEveryMs: lengthKey({
    min: 100,
    max: 60_000,
    or: '1000',
    about: 'Pause between two queries about an unknown order',
  }),
  asksMin: wholeKey({
    min: 1,
    max: 100,
    unit: 'asks',
    or: '2',
    about: 'Negative answers needed, after the receive window, before an order counts as not placed',
  }),
  asksMax: wholeKey({
    min: 1,
    max: 10_000,
    unit: 'asks',
    or: '60',
    about: 'Queries at that pace; later ones come less and less often, until the exchange answers',
  }),
  squeezeSliceShare: numberKey({
    min: 0.05,
    max: 1,
    unit: 'fraction',
    or: '0.5',
    about: 'Size of an exit slice while the account is short of margin; an estimate',
  }),
  repairsMax: wholeKey({
    min: 0,
    max: 20,
    unit: 'tries',
    or: '3',
    about: 'Tries to repair an unhedged leg before the other leg is unwound',
  }),
  routes: wordsKey(ROUTES, {
    or: ROUTES,
    about: 'Ways to execute the two legs; the cheapest by expected total cost is used',
  }),
  makerFillProbability: numberKey({
    min: 0,
    max: 1,
    unit: 'probability',
    or: '0.7',
    about: 'Chance that a resting order fills before the slice crosses the book; an estimate, measure it',
  }),
  makerRestMs: lengthKey({
    min: 100,
    max: 3_600_000,
    or: '5000',
    about: 'A resting order is not repriced before this; an estimate',
  }),
  makerTriesMax: wholeKey({
    min: 1,
    max: 100,
    unit: 'orders',
    or: '4',
    about: 'Unfilled resting orders in a row before the slice crosses the book; an estimate',
  }),
  makerAdverseBps: numberKey({
    min: 0,
    max: 100,
    unit: 'bps of its fills',
    or: '2',
    about: 'Adverse selection on a resting order; an estimate, measure it',
  }),
  takerMissProbability: numberKey({
    min: 0,
    max: 1,
    unit: 'probability',
    or: '0.01',
    about: 'Chance that a crossing order misses and must go slippageBpsMax farther; an estimate',
  }),
  legGapMs: lengthKey({
    min: 0,
    max: 60_000,
    or: '200',
    about: 'Time between the fills of the two legs when one follows the other',
  }),
  spreadFeeFactor: numberKey({
    min: 0,
    max: 1,
    unit: 'fraction of the fees of its legs',
    or: '0.5',
    about: 'Fees of a native spread order, where its own are not known',
  }),
})
