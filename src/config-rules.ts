/**
 * The keys of strategy, execution and limits, with the careful defaults of a small account that pays the highest fees.
 * They give exactly the `Rules` of the domain. The section of alerts is in `config-alerts.ts`.
 */
import { z } from 'zod'
import { alerts } from './config-alerts.ts'
import { numberKey, symbolsKey, usdtKey, wholeKey } from './config-keys.ts'

const DAY_MS = 86_400_000

const strategy = z.strictObject({
  symbols: symbolsKey('Perpetuals to track', [
    'BTCUSDT',
    'ETHUSDT',
    'SOLUSDT',
    'XRPUSDT',
    'DOGEUSDT',
    'BNBUSDT',
    'ADAUSDT',
    'LINKUSDT',
    'AVAXUSDT',
    'SUIUSDT',
    'INJUSDT',
    'WIFUSDT',
    '1000PEPEUSDT',
  ]),
  horizonHours: numberKey({
    min: 1,
    max: 8760,
    unit: 'hours',
    or: '24',
    about: 'Carry is counted over this long: funding expected, less four fees, slippage, borrow and basis',
  }),
  entryAprMin: numberKey({
    min: -1,
    max: 100,
    unit: 'fraction a year on capital, 0.15 is 15 %',
    or: '0.15',
    about: 'Net carry above which a hedge is wanted',
  }),
  exitAprMax: numberKey({
    min: -10,
    max: 100,
    unit: 'fraction a year on notional',
    or: '0.02',
    about: 'Expected funding, before costs, at or below which a hedge is left; must be below entryAprMin',
  }),
  exitJudgementsMin: wholeKey({
    min: 1,
    max: 1000,
    unit: 'judgements',
    or: '3',
    about: 'The exit rule must hold this many times in a row',
  }),
  holdMinMs: wholeKey({
    min: 0,
    max: 90 * DAY_MS,
    unit: 'ms',
    or: '600000',
    about: 'A hedge is kept at least this long unless risk says otherwise',
  }),
  coolDownMs: wholeKey({
    min: 0,
    max: 30 * DAY_MS,
    unit: 'ms',
    or: '600000',
    about: 'After a hedge ended, its symbol waits this long',
  }),
  settlementGuardMs: wholeKey({
    min: 0,
    max: DAY_MS / 24,
    unit: 'ms',
    or: '120000',
    about: 'No entry this near the next settlement: a half-open hedge would be paid on one leg only',
  }),
  capitalBuffer: numberKey({
    min: 0,
    max: 10,
    unit: 'fraction of notional',
    or: '0.3',
    about: 'Free USDT kept beside the spot',
  }),
  exitSlippageFactor: numberKey({
    min: 1,
    max: 10,
    unit: 'factor',
    or: '1.5',
    about: 'The books of the exit are not known yet: today’s slippage is taken times this',
  }),
  basisStopBps: numberKey({
    min: 1,
    max: 10_000,
    unit: 'bps of entry',
    or: '150',
    about: 'Basis that moved this far against the hedge ends it',
  }),
  judgeEveryMs: wholeKey({
    min: 100,
    max: DAY_MS,
    unit: 'ms',
    or: '5000',
    about: 'How often each symbol is judged',
  }),
})

const execution = z.strictObject({
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
    about: 'How far through the best price the limit of an order is',
  }),
  entryDeadlineMs: wholeKey({
    min: 1000,
    max: DAY_MS,
    unit: 'ms',
    or: '120000',
    about: 'A hedge not complete by then keeps its balanced part or is unwound',
  }),
  orderDeadlineMs: wholeKey({
    min: 100,
    max: 60_000,
    unit: 'ms',
    or: '10000',
    about: 'An order call longer than this has an unknown outcome',
  }),
  orderSilenceMs: wholeKey({
    min: 100,
    max: 600_000,
    unit: 'ms',
    or: '10000',
    about: 'An accepted order silent for this long is asked about',
  }),
  recvWindowMs: wholeKey({
    min: 1000,
    max: 60_000,
    unit: 'ms',
    or: '5000',
    about: 'Bybit refuses a request older than this: the length of the unknown window',
  }),
  askEveryMs: wholeKey({
    min: 100,
    max: 60_000,
    unit: 'ms',
    or: '1000',
    about: 'Pause between two asks about an unknown order',
  }),
  asksMin: wholeKey({
    min: 1,
    max: 100,
    unit: 'asks',
    or: '2',
    about: 'Negative answers needed, after the receive window, before an order counts as absent',
  }),
  asksMax: wholeKey({
    min: 1,
    max: 10_000,
    unit: 'asks',
    or: '60',
    about: 'Asks without a clear answer before a person is called',
  }),
  repairsMax: wholeKey({
    min: 0,
    max: 20,
    unit: 'tries',
    or: '3',
    about: 'Tries to repair an orphan leg before the other leg is unwound',
  }),
})

const limits = z.strictObject({
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
  unhedgedNotionalUsdtMax: usdtKey({
    or: '1000',
    about: 'An unhedged quantity above this is repaired at once',
  }),
  unhedgedMsMax: wholeKey({
    min: 1000,
    max: 600_000,
    unit: 'ms',
    or: '30000',
    about: 'And so is one older than this',
  }),
  bookAgeMsMax: wholeKey({
    min: 100,
    max: 600_000,
    unit: 'ms',
    or: '10000',
    about: 'Order books older than this decide nothing new',
  }),
  tickerAgeMsMax: wholeKey({
    min: 100,
    max: 600_000,
    unit: 'ms',
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
})

/** The sections of the file. */
export const sections = { strategy, execution, limits, alerts }
