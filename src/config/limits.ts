/** The keys of `limits`: how far it may go, and how old what it knows may be. */
import { z } from 'zod'
import { groupsKey, lengthKey, noted, numberKey, usdtKey, wholeKey, wordKey } from './keys.ts'

const DAY_MS = 86_400_000

export const limits = z.strictObject({
  hedgeNotionalUsdtMax: usdtKey({ or: '2000', about: 'Largest notional of one hedge' }),
  hedgeNotionalUsdtMin: usdtKey({
    or: '50',
    about: 'Smallest notional worth a hedge: below it fees and lot steps take too much',
  }),
  totalNotionalUsdtMax: usdtKey({ or: '10000', about: 'Notional of all hedges together' }),
  hedgesMax: wholeKey({ min: 0, max: 1000, unit: 'hedges', or: '5', about: 'Open hedges at the same time' }),
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
    about:
      'Largest notional of one hedge as a share; the lower of this and hedgeNotionalUsdtMax counts; 0 turns it off',
  }),
  totalShareMax: numberKey({
    min: 0,
    max: 10,
    unit: 'fraction of the equity',
    or: '0',
    about:
      'Notional of all hedges as a share; the lower of this and totalNotionalUsdtMax counts; 0 turns it off',
  }),
  coinShareMax: numberKey({
    min: 0,
    max: 10,
    unit: 'fraction of the equity',
    or: '0',
    about:
      'Notional of everything in one coin as a share; the lower of this and symbolNotionalUsdtMax counts; 0 turns it off',
  }),
  groups: groupsKey('Perpetuals that move together, each group a list; held by groupShareMax'),
  groupShareMax: numberKey({
    min: 0,
    max: 10,
    unit: 'fraction of the equity',
    or: '0',
    about: 'Notional of everything in one of the groups; 0 holds none',
  }),
  reserveShareMin: numberKey({
    min: 0,
    max: 0.99,
    unit: 'fraction of the equity',
    or: '0',
    about: 'Share that must stay free; the higher of this and freeMarginUsdtMin counts',
  }),
  unhedgedNotionalUsdtMax: usdtKey({
    or: '1000',
    about: 'An unhedged quantity above this is repaired at once',
  }),
  unhedgedMsMax: lengthKey({
    min: 1000,
    max: 600_000,
    or: '30000',
    about: 'An unhedged quantity older than this is repaired at once',
  }),
  bookAgeMsMax: lengthKey({
    min: 100,
    max: 600_000,
    or: '10000',
    about: 'No new risk on order books older than this',
  }),
  tickerAgeMsMax: lengthKey({
    min: 100,
    max: 600_000,
    or: '60000',
    about: 'No new risk on funding data older than this',
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
    about: 'Fees in any 24 hours, those of the planned hedge included',
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
    about: 'No new borrowing on rates and inventory older than this',
  }),
  solvencyWarnRate: numberKey({
    min: 0.01,
    max: 1,
    unit: 'fraction, 1 is liquidation',
    or: '0.5',
    about: 'Modelled maintenance rate of the account, now or after the near gap, at which an alert is raised',
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
    about: 'Price gap, up and down, after which the three rates above are tested too',
  }),
  solvencyGapFar: numberKey({
    min: 0,
    max: 0.95,
    unit: 'fraction',
    or: '0.5',
    about: 'Price gap, up and down, that only raises an alert',
  }),
  foreign: noted(wordKey(['ignore', 'adopt', 'halt'], 'ignore'), {
    about:
      'Coins, positions and orders that belong to no hedge: reported only, taken over by a hedge in the same market, or the engine halts (ignore, adopt or halt)',
    text: 'ignore',
  }),
  handClosed: noted(wordKey(['stay', 'reopen'], 'stay'), {
    about:
      'A hedge that somebody closed by hand: its symbol stays blocked until symbol.release, or may be opened again (stay or reopen)',
    text: 'stay',
  }),
  failedPolicy: noted(wordKey(['hold', 'level', 'unwind'], 'level'), {
    about:
      'What a failed hedge may do by itself: nothing, level its legs and close when it becomes dangerous, or unwind (hold, level or unwind)',
    text: 'level',
  }),
  lateRowsMs: lengthKey({
    min: 60_000,
    max: DAY_MS,
    or: String(6 * 3_600_000),
    about: 'How far back the exchange’s transaction log is read again for late rows',
  }),
})
