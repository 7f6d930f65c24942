/**
 * The operator's rules, as read once from `hedgerow.yaml`: what is worth a hedge, how it is traded, and how far it may go.
 * Fractions are fractions (0.08 is 8 %), never percentages. Amounts are decimals; judgements (APR, bps, ms) are numbers.
 */

import type { Direction, Route } from './instrument.ts'
import type { Usdt } from './units.ts'

/** When a hedge is worth opening and when it is worth leaving. */
export type StrategyRules = {
  /** Perpetual symbols to track, e.g. BTCUSDT; none stands for all that can be hedged and are traded enough. */
  symbols: readonly string[]
  /** Of those all: what each leg must have been traded for in a day, and how many at most, the most traded first; 0 and no end when left out. */
  turnoverDayUsdtMin?: Usdt
  symbolsMax?: number
  /** Net carry on capital, a year, after the allowance, by which a hedge must beat idle money to be wanted. */
  entryAprMin: number
  /** What idle money earns a year: carry must beat it, and leaving gets it. */
  idleApr: number
  /** How many hours the fast and the slow mean of the funding rate look back. */
  fundingFastHours: number
  fundingSlowHours: number
  /** Hours in which the gap between both fades to a third. */
  fundingFadeHours: number
  /** A symbol's mean leans on the market's as if so many hours of the market were known of it. */
  fundingMarketHours: number
  /** Standard errors of the slow mean that expected funding is lowered by before an entry. */
  fundingAllowance: number
  /** The exit rule must hold for this many judgements in a row. */
  exitJudgementsMin: number
  /** After a hedge ended, the symbol waits this long. */
  coolDownMs: number
  /** No entry when the next settlement is nearer than this: one half-open hedge would be paid on one leg only. */
  settlementGuardMs: number
  /** Directions that may be opened; the other is judged and shown, never tempting. */
  directions: readonly Direction[]
  /** Free USDT kept for each hedge, as a fraction of notional (κ of carry.md e.6); more where the collateral asks for it. */
  capitalBuffer: number
  /** A rise of the price, as a fraction, that one hedge by itself must survive: it sets the buffer where collateral is poor. */
  gapSurvived: number
  /** Initial margin per notional at the leverage that is set: 0.1 is ten times. A tier that asks for more has its way. */
  initialMarginRate: number
  /** Maintenance margin per notional, a fraction, where the exchange's risk tiers are not known. */
  maintenanceRate: number
  /** Maintenance margin of a borrowed coin per its worth, a fraction. */
  borrowMaintenanceRate: number
  /** Reverse carry: own USDT that the borrowed coin binds, a fraction of notional, beside the buffer. */
  reverseMarginRatio: number
  /** Entry and exit slippage of today's exit books is taken times this. */
  exitSlippageFactor: number
  /** Basis between the middles against the hedge, in bps of entry, at which it is left. */
  basisStopBps: number
  /** For so long it must have stood there at every look, before a stop by basis or by loss ends a hedge. */
  basisStopMs: number
  /** No entry while the basis, or spot against the index, is farther than this from nothing: the prices do not belong together. */
  basisEntryBpsMax: number
  /** All that a hedge has made, in bps of its notional, if it closed now: profit is taken from here on; 0 never. */
  takeProfitBps: number
  /** And lost: it is left from here on; 0 never. */
  hedgeLossBpsMax: number
  /** How often each symbol is judged. */
  judgeEveryMs: number

  /** A perpetual younger than this is not entered. */
  listingAgeMsMin: number
  /** Each of the four sides of both books must hold this many slices inside the price limit. */
  depthSlicesMin: number
  /** No entry for this long after the funding interval or its cap changed. */
  intervalQuietMs: number
  /** No entry this close to an announced maintenance. */
  maintenanceGuardMs: number
  /** A plan is given up when the entry basis has moved this far against it before its first order, bps. */
  basisAbortBps: number
  /** Coins the pool must be able to lend, in multiples of the hedge, to open a reverse carry. */
  borrowCoverEntryMin: number
  /** The same, below which an open reverse carry is left. */
  borrowCoverExitMin: number
  /** Auto-deleveraging rank (0 to 5) from which nothing is added. */
  adlRankMax: number
  /** And from which a hedge is left. */
  adlRankExit: number
  /** Nothing is added when the insurance pool's loss is within this fraction of its trigger. */
  adlTriggerNear: number

  /** Chance that a hedge's round trip leaves an orphan leg once. */
  orphanProbability: number
  /** How long repairing an unhedged leg takes. */
  orphanRepairMs: number
  /** Standard deviation of the price over one hour, a fraction, where the market's own is not known. */
  volatilityPerHour: number
  /** Interest on borrowed USDT, a fraction per hour, where the exchange's rate is not known. */
  usdtRatePerHour: number
  /** USDT liability from unrealised loss that the exchange lends free, where its limit is not known. */
  usdtFreeBorrow: Usdt

  /** Leaving gains what staying is expected to cost over so many hours, and must beat the way back. */
  exitHorizonHours: number
  /** Chance that a symbol once left is entered again: what leaving costs is that part of a round trip. */
  reentryProbability: number
  /** A hedge older than this is left; 0 never. */
  holdMaxMs: number
  /** A hedge is closed this long before its perpetual is delivered. */
  delistingRunOffMs: number
  /** A hedge is left when a rise of this fraction would liquidate it by itself. */
  liquidationDistanceMin: number
}

/** How orders are sized, priced and waited for. */
export type ExecutionRules = {
  /** Largest notional of one slice. */
  sliceNotionalUsdtMax: Usdt
  /** A slice takes at most this fraction of the depth inside the price limit. */
  depthFractionMax: number
  /** An order's limit is this far through the best price. */
  slippageBpsMax: number
  /** A hedge that is not complete by then keeps what is level or is unwound. */
  entryDeadlineMs: number
  /** How long an order call may take before its outcome is unknown. */
  orderDeadlineMs: number
  /** An accepted order silent for this long is asked about. */
  orderSilenceMs: number
  /** Bybit refuses a request older than this: the length of the unknown window. */
  recvWindowMs: number
  /** Pause between two queries about an unknown order. */
  askEveryMs: number
  /** Negative answers needed, after the receive window, before an order counts as not placed. */
  asksMin: number
  /** Asks at that pace; those after them come more and more rarely, until the exchange answers. */
  asksMax: number
  /** Routes that may be taken; the cheapest by expected total cost is. */
  routes: readonly Route[]
  /** An order that waits is left where it is for this long, though others may stand before it. */
  makerRestMs: number
  /** Resting orders in a row that do not fill before the slice crosses the book. */
  makerTriesMax: number
  /** Chance that a resting order is filled before it is escalated to a crossing one. */
  makerFillProbability: number
  /** What a resting order loses to those who know better, bps of each of its fills. */
  makerAdverseBps: number
  /** Chance that a crossing order misses and must go `slippageBpsMax` further. */
  takerMissProbability: number
  /** Between the fill of the first leg and that of the second, when they are worked one after the other. */
  legGapMs: number
  /** Fees of a native spread order as a fraction of those of its two legs, where its own are not known. */
  spreadFeeFactor: number
  /** How much of the usual slice one is while the account is short of margin; both its legs then go at once. */
  squeezeSliceShare: number
  /** Tries to repair an orphan leg, each wider than the last, before the other leg is unwound. */
  repairsMax: number
}

/**
 * `ignore`: told, and counted against `symbolNotionalUsdtMax`. `adopt`: a resting hedge of the same coin or perpetual also
 * takes over what the exchange shows. `halt`: the engine halts until a person resumes.
 */
type ForeignPolicy = 'ignore' | 'adopt' | 'halt'

/**
 * What a failed hedge may do by itself. `hold`: nothing; people hear of it again and again. `level`: legs that are apart are levelled,
 * what was to be closed is closed, and what becomes dangerous is unwound; a level hedge waits for a person. `unwind`: it is unwound.
 */
type FailedPolicy = 'hold' | 'level' | 'unwind'

/** How far it may go. Passing is a type: see `limits.ts`. */
export type LimitRules = {
  hedgeNotionalUsdtMax: Usdt
  hedgeNotionalUsdtMin: Usdt
  totalNotionalUsdtMax: Usdt
  hedgesMax: number
  /** Available balance that must remain after an entry. */
  freeMarginUsdtMin: Usdt
  /**
   * Fractions of the equity beside the amounts above, so that the book grows with the account and shrinks with it: of one hedge, of
   * all hedges, of everything in one coin. The lower of both counts; 0, or left out, leaves it to the amount.
   */
  hedgeShareMax?: number
  totalShareMax?: number
  coinShareMax?: number
  /** Perpetuals that move together, and the largest fraction of the equity in any such group; none and 0 when left out. */
  groups?: readonly (readonly string[])[]
  groupShareMax?: number
  /** Fraction of the equity that stays free beside `freeMarginUsdtMin`: the higher counts. */
  reserveShareMin?: number
  /** Promise 4: an unhedged quantity above this is repaired at once. */
  unhedgedNotionalUsdtMax: Usdt
  /** Promise 4: and so is one older than this. */
  unhedgedMsMax: number
  /** Book data older than this decides nothing new. */
  bookAgeMsMax: number
  /** No new risk on funding data older than this. */
  tickerAgeMsMax: number
  /** Account maintenance margin rate at which hedges are reduced. */
  maintenanceMarginRateMax: number

  /** Notional of everything held in one symbol, whoever opened it. */
  symbolNotionalUsdtMax: Usdt
  /** Churn budget: fees in any 24 hours, those of the asked hedge included. */
  feesDayUsdtMax: Usdt
  /** Loss in any 24 hours at which nothing new is opened. */
  lossDayUsdtMax: Usdt
  /** Fall of the equity from its peak, a fraction of the peak, at which nothing new is opened. */
  drawDownMax: number
  /** Part of the order quota that is kept for exits. */
  orderReserveMin: number
  /** Rate of borrow and inventory older than this decides nothing new. */
  borrowAgeMsMax: number
  /** Modelled maintenance rate of the account (1 is liquidation): told, reduced, flattened from here. */
  solvencyWarnRate: number
  solvencyReduceRate: number
  solvencyFlattenRate: number
  /** Gap of all prices, a fraction, after which those three hold too. */
  solvencyGapNear: number
  /** Gap after which only a warning is given. */
  solvencyGapFar: number
  /** What becomes of coins, positions and orders that no hedge claims; 'ignore' when left out. */
  foreign?: ForeignPolicy
  /** A hedge that somebody closed by hand: its symbol stays closed until it is released, or is opened again; 'stay' when left out. */
  handClosed?: 'stay' | 'reopen'
  /** What a failed hedge may do by itself; 'level' when left out. */
  failedPolicy?: FailedPolicy
  /** So long after its instant a row of the exchange's log may still be listed: it is looked for again; six hours when left out. */
  lateRowsMs?: number
}

export type Rules = { strategy: StrategyRules; execution: ExecutionRules; limits: LimitRules }
