/** The keys of `limits`: how far it may go, and how old what it knows may be. */
import { z } from 'zod'
import { lengthKey, noted, numberKey, usdtKey, wholeKey, wordKey } from './keys.ts'

const DAY_MS = 86_400_000

export const limits = z.strictObject({
  hedgeNotionalUsdtMax: usdtKey({ or: '2000', about: 'Largest notional of one hedge' }),
  hedgeNotionalUsdtMin: usdtKey({
    or: '50',
    about: 'Smallest notional worth a hedge: below it fees and lot steps eat it',
  }),
  totalNotionalUsdtMax: usdtKey({ or: '10000', about: 'Notional of all hedges together' }),
  hedgesMax: wholeKey({ min: 0, max: 1000, unit: 'hedges', or: '5', about: 'Hedges at the same time' }),
  freeMarginUsdtMin: usdtKey({
    or: '100',
    zero: true,
    about: 'Available balance that must remain after an entry',
  }),
  hedgeShareMax: numberKey({
    min: 0,
    max: 10,
    unit: 'fraction of the equity',
    or: '0',
    about: 'Largest notional of one hedge beside the amount, the lower counts; 0 leaves it to the amount',
  }),
  totalShareMax: numberKey({
    min: 0,
    max: 10,
    unit: 'fraction of the equity',
    or: '0',
    about: 'Notional of all hedges beside the amount, the lower counts; 0 leaves it to the amount',
  }),
  coinShareMax: numberKey({
    min: 0,
    max: 10,
    unit: 'fraction of the equity',
    or: '0',
    about:
      'Notional of everything in one coin beside symbolNotionalUsdtMax, the lower counts; 0 leaves it to the amount',
  }),
  reserveShareMin: numberKey({
    min: 0,
    max: 0.99,
    unit: 'fraction of the equity',
    or: '0',
    about: 'Share that stays free beside freeMarginUsdtMin, the higher counts',
  }),
  unhedgedNotionalUsdtMax: usdtKey({
    or: '1000',
    about: 'An unhedged quantity above this is repaired at once',
  }),
  unhedgedMsMax: lengthKey({
    min: 1000,
    max: 600_000,
    or: '30000',
    about: 'And so is one older than this',
  }),
  bookAgeMsMax: lengthKey({
    min: 100,
    max: 600_000,
    or: '10000',
    about: 'Order books older than this decide nothing new',
  }),
  tickerAgeMsMax: lengthKey({
    min: 100,
    max: 600_000,
    or: '60000',
    about: 'Funding data older than this decides nothing new',
  }),
  maintenanceMarginRateMax: numberKey({
    min: 0.01,
    max: 0.95,
    unit: 'fraction, 1 is liquidation',
    or: '0.5',
    about: 'Account maintenance margin rate at which hedges are reduced',
  }),
  symbolNotionalUsdtMax: usdtKey({
    or: '10000',
    about: 'Notional of everything held in one symbol, whoever opened it',
  }),
  feesDayUsdtMax: usdtKey({
    or: '100',
    about: 'Churn budget: fees of any 24 hours, those of the asked hedge included',
  }),
  lossDayUsdtMax: usdtKey({ or: '200', about: 'Loss in any 24 hours at which nothing new is opened' }),
  drawDownMax: numberKey({
    min: 0.001,
    max: 1,
    unit: 'fraction of the peak',
    or: '0.1',
    about: 'Fall of the equity from its peak at which nothing new is opened',
  }),
  orderReserveMin: numberKey({
    min: 0,
    max: 0.9,
    unit: 'fraction',
    or: '0.3',
    about: 'Part of the exchange’s order quota that is kept for exits',
  }),
  borrowAgeMsMax: lengthKey({
    min: 1000,
    max: DAY_MS,
    or: '3600000',
    about: 'Rate and inventory of borrowing older than this decide nothing new',
  }),
  solvencyWarnRate: numberKey({
    min: 0.01,
    max: 1,
    unit: 'fraction, 1 is liquidation',
    or: '0.5',
    about: 'Modelled maintenance rate of the account, now or after the near gap, at which a person is told',
  }),
  solvencyReduceRate: numberKey({
    min: 0.01,
    max: 1,
    unit: 'fraction, 1 is liquidation',
    or: '0.7',
    about: 'The same, at which hedges are reduced',
  }),
  solvencyFlattenRate: numberKey({
    min: 0.01,
    max: 1,
    unit: 'fraction, 1 is liquidation',
    or: '0.85',
    about: 'The same, at which everything is flattened',
  }),
  solvencyGapNear: numberKey({
    min: 0,
    max: 0.9,
    unit: 'fraction',
    or: '0.2',
    about: 'Gap of prices, up and down, after which the three rates above hold too',
  }),
  solvencyGapFar: numberKey({
    min: 0,
    max: 0.95,
    unit: 'fraction',
    or: '0.5',
    about: 'Gap of prices, up and down, that is only warned of',
  }),
  foreign: noted(wordKey(['ignore', 'adopt', 'halt'], 'ignore'), {
    about:
      'Coins, positions and orders that no hedge claims: told only, taken over by a hedge of the same market, or the engine halts (ignore, adopt or halt)',
    text: 'ignore',
  }),
  handClosed: noted(wordKey(['stay', 'reopen'], 'stay'), {
    about:
      'A hedge that somebody closed by hand: its symbol stays closed until symbol.release, or may be opened again (stay or reopen)',
    text: 'stay',
  }),
  failedPolicy: noted(wordKey(['hold', 'level', 'unwind'], 'level'), {
    about:
      'What a failed hedge may do by itself: nothing, level legs that are apart and leave what becomes dangerous, or unwind (hold, level or unwind)',
    text: 'level',
  }),
  lateRowsMs: lengthKey({
    min: 60_000,
    max: DAY_MS,
    or: String(6 * 3_600_000),
    about: 'Rows of the exchange’s transaction log are looked for again for so long after their instant',
  }),
})
