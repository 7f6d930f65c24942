/**
 * Where prices and funding come from: a seeded model or recorded history, behind one shape. A market moves only by `step`,
 * from one due instant to the next, so that the path never depends on how far apart it is looked at.
 */
import type { Json } from '../../../domain/json.ts'
import type { Candles } from './candles.ts'

/** Prices of one coin. Index, mark and perpMid are per contract, spotMid is per coin. Floats: they only shape the book. */
export type Quote = Readonly<{ index: number; mark: number; perpMid: number; spotMid: number }>

export type Reference = Readonly<{ mark: number; index: number }>
export type FundingState = { rate: string; nextAtMs: number; intervalMs: number }
/** `mark` is the price payments use; it is the last known one when history has a hole at the settlement. */
export type Settlement = { listing: number; rate: string; atMs: number; intervalMs: number; mark: number }
export type SettledRate = { rate: string; atMs: number }

export type MarketSource = {
  nowMs(): number
  nextStepAtMs(): number
  /** Moves to the next due instant. */
  step(): void
  /** Undefined: this coin has no market data at present. */
  quote(listing: number): Quote | undefined
  /** Mark and index as last known, by which holdings are valued also where there is no data at present. */
  reference(listing: number): Reference
  funding(listing: number): FundingState
  /** Pulls a coin's premium to a value for a while; recorded history cannot be pressed and has no such thing. */
  press?(listing: number, premium: number, untilMs: number): void
  /** Changes a coin's price by a fraction, at once or evenly over a while. */
  shock?(listing: number, change: number, overMs: number): void
  /** The spot coin is another than the index is of: it is worth `ratio` of it, until `untilMs` or for good. */
  part?(listing: number, ratio: number, untilMs: number | undefined): void
  /** What the spot coin is worth of its index; 1 unless they were parted. */
  spotRatio?(listing: number): number
  /** The perpetual's book stands a fraction further ahead of its index until an instant. */
  spike?(listing: number, premium: number, untilMs: number): void
  /** Funding is paid this often from now on. */
  settleEvery?(listing: number, intervalMs: number): void
  /** What fell due at the instant of the last step. */
  dueSettlements(): readonly Settlement[]
  /** Oldest first. */
  settledRates(listing: number): readonly SettledRate[]
  readonly candles: Candles
  /** Half of the spread, in bps of the middle price. */
  halfSpreadBps(listing: number): number
  save(): Json
  restore(saved: Json): void
}
