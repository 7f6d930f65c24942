/** What can be asked to happen at the simulated exchange, and what it tells the public of it. */
import type { Market, Side } from '../../../domain/instrument.ts'

export type MarginMode = 'REGULAR_MARGIN' | 'ISOLATED_MARGIN' | 'PORTFOLIO_MARGIN'
/** With which a key that opens nothing is refused: unknown, no permission, address not bound, expired. */
export type KeyRefusalCode = 10003 | 10005 | 10010 | 33004

export type Happening =
  /**
   * The market (the perpetual, when left out) closes at `atMs`; it is announced at once. A perpetual is reduce-only from
   * `reduceOnlyAtMs` and settles; of a spot market the coins stay.
   */
  | { kind: 'delisting'; market?: Market; symbol: string; atMs: number; reduceOnlyAtMs?: number }
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
  /** New orders are refused with a code, until `untilMs` or for good; those that only reduce are not, if `opening`. */
  | {
      kind: 'refuse'
      atMs: number
      untilMs?: number
      market?: Market
      symbol?: string
      opening?: boolean
      retCode: number
      retMsg?: string
    }
  /** Two coins of one name: the spot market trades at `ratio` times the perpetual's index, until `untilMs` or for good. */
  | { kind: 'apart'; symbol: string; atMs: number; ratio: number; untilMs?: number }
  /** The perpetual's book jumps ahead of its index by a fraction, and back at `untilMs`; its mark price does not follow. */
  | { kind: 'spike'; symbol: string; atMs: number; premium: number; untilMs: number }
  /**
   * A person trades by hand, at the market: so much, in base coins or contracts; or against a share of what is held, where 1
   * closes it and 2 turns it over. `uid` here and below: every account, when left out.
   */
  | { kind: 'hand'; market: Market; symbol: string; atMs: number; uid?: string; side: Side; qty: string }
  | { kind: 'hand'; market: Market; symbol: string; atMs: number; uid?: string; share: number }
  /** Money comes in, or goes out where negative: as much as is there. */
  | { kind: 'transfer'; coin: string; amount: string; atMs: number; uid?: string }
  /** A person changes how the account is set. */
  | {
      kind: 'account'
      atMs: number
      uid?: string
      marginMode?: MarginMode
      positionMode?: 'one-way' | 'hedge'
      spotMargin?: boolean
      deltaNeutral?: boolean
      /** Fees are paid in MNT, as far as there is enough of it. */
      mntFees?: boolean
      /** Coins that are switched off as collateral; the others are on. */
      collateralOff?: string[]
    }
  /** A person changes what an API key may do (every key, when left out), or it opens nothing any more: `refusedWith`. */
  | {
      kind: 'key'
      atMs: number
      key?: string
      readOnly?: boolean
      spot?: boolean
      contract?: boolean
      withdraw?: boolean
      /** Addresses it is bound to. */
      ips?: string[]
      /** Until when it is valid; keys bound to an address are for good. */
      expiresAtMs?: number
      /** 0 opens it again. */
      refusedWith?: KeyRefusalCode | 0
    }

export type Announcement = { title: string; description: string; key: string; tags: string[]; atMs: number }

export type Maintenance = { beginMs: number; endMs: number; markets: Market[]; title: string }

/** A run of liquidations of others: 'Buy' says that longs are liquidated. */
export type Cascade = { symbol: string; side: 'Buy' | 'Sell'; untilMs: number }
