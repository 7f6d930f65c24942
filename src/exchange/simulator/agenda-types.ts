/** What can be asked to happen at the simulated exchange, and what it tells the public of it. */

export type Happening =
  /** The perpetual closes at `atMs`; it is announced at `announceAtMs`, and reduce-only from `reduceOnlyAtMs`. */
  | { kind: 'delisting'; symbol: string; atMs: number; reduceOnlyAtMs?: number }
  /** The symbol trades from `atMs`; before, it does not. */
  | { kind: 'listing'; market: 'spot' | 'linear'; symbol: string; atMs: number }
  /** Positions in the symbol are reduced by a share (all of each when left out), highest ranks first to be asked. */
  | { kind: 'adl'; symbol: string; atMs: number; share?: string }
  /** Pulls the perpetual's premium over its index, a fraction, for a while: funding follows. */
  | { kind: 'premium'; symbol: string; atMs: number; premium: number; untilMs: number }
  /** The service restarts: the realtime list forgets closed orders. */
  | { kind: 'restart'; atMs: number }
  /** What the lending pool has left of a coin; with nothing left its spot market cannot be traded on margin. */
  | { kind: 'lending'; coin: string; atMs: number; inventory: string }
  /** The platform takes a coin as collateral (0), nearly not (1), no more (2). */
  | { kind: 'collateral'; coin: string; atMs: number; restriction: 0 | 1 | 2 }
  /** The next orders in the symbol are acknowledged and then rejected by the engine. */
  | { kind: 'reject'; market: 'spot' | 'linear'; symbol: string; atMs: number; count: number }

export type Announcement = { title: string; description: string; key: string; tags: string[]; atMs: number }
