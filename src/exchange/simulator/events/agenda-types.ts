/** What can be asked to happen at the simulated exchange, and what it tells the public of it. */
import type { Market } from '../../../domain/instrument.ts'

export type Happening =
  /** The perpetual closes at `atMs`; it is announced at once, and reduce-only from `reduceOnlyAtMs`. */
  | { kind: 'delisting'; symbol: string; atMs: number; reduceOnlyAtMs?: number }
  /** The symbol trades from `atMs`; before, it does not. */
  | { kind: 'listing'; market: Market; symbol: string; atMs: number }
  /** Positions in the symbol are reduced by a share (all of each when left out), highest ranks first to be asked. */
  | { kind: 'adl'; symbol: string; atMs: number; share?: string }
  /** Pulls the perpetual's premium over its index, a fraction, for a while: funding follows. */
  | { kind: 'premium'; symbol: string; atMs: number; premium: number; untilMs: number }
  /** The perpetual settles every so many hours from then on, on the grid of the day. */
  | { kind: 'interval'; symbol: string; atMs: number; hours: 1 | 2 | 4 | 8 }
  /** The coin's price changes by a fraction on both markets, at once or bit by bit over a while. */
  | { kind: 'shock'; symbol: string; atMs: number; change: number; overMs?: number }
  /** Others are liquidated: the price runs by `change`, the perpetual ahead by `premium`, and the tape shows it. */
  | { kind: 'cascade'; symbol: string; atMs: number; change: number; overMs: number; premium?: number }
  /** The service restarts: the realtime list forgets closed orders. */
  | { kind: 'restart'; atMs: number }
  /** Announced at once: no order is taken, changed or cancelled meanwhile, on the markets named or on both. */
  | { kind: 'maintenance'; atMs: number; untilMs: number; markets?: Market[]; title?: string }
  /** What the lending pool has left of a coin; with nothing left its spot market cannot be traded on margin. */
  | { kind: 'lending'; coin: string; atMs: number; inventory: string }
  /** The pool takes a coin back: nothing is left to lend, and debts are repaid, with what is free or by conversion. */
  | { kind: 'recall'; coin: string; atMs: number }
  /** The platform takes a coin as collateral (0), nearly not (1), no more (2). */
  | { kind: 'collateral'; coin: string; atMs: number; restriction: 0 | 1 | 2 }
  /** What a coin counts for as collateral, a fraction of its value. */
  | { kind: 'collateral-ratio'; coin: string; atMs: number; ratio: string }
  /** The least value of an order, in the quote coin. */
  | { kind: 'min-value'; market: Market; symbol: string; atMs: number; minValue: string }
  /** Every risk limit becomes a share of what was published. */
  | { kind: 'risk-limit'; symbol: string; atMs: number; share: string }
  /** The next orders in the symbol are acknowledged and then rejected by the engine. */
  | { kind: 'reject'; market: Market; symbol: string; atMs: number; count: number }

export type Announcement = { title: string; description: string; key: string; tags: string[]; atMs: number }

export type Maintenance = { beginMs: number; endMs: number; markets: Market[]; title: string }

/** A run of liquidations of others: 'Buy' says that longs are liquidated. */
export type Cascade = { symbol: string; side: 'Buy' | 'Sell'; untilMs: number }
