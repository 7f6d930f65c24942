/** Rows of the API that pages read beside the live ones, as the API sends them. */
import type { MarketRow } from '../api/rows.ts'

export type Page<Row> = { rows: Row[]; next: string | null }

export type Opportunity = {
  symbol: string
  verdict: 'tempting' | 'quiet' | 'blind'
  because: string
  found: string
  limit: string
  carry: {
    notionalUsdt: string
    horizonHours: number
    fundingUsdt: string
    basisUsdt: string
    feesUsdt: string
    netUsdt: string
    aprOnCapital: number
    fundingApr: number
    breakEvenHours: number | null
  } | null
  judgedAtMs: number
  market: MarketRow
}

type StoredLeg = { base: string; cashUsdt: string; feesUsdt: string; orders: number }

export type StoredHedge = {
  id: string
  symbol: string
  baseCoin: string
  direction: string
  state: string
  sinceMs: number
  notionalUsdt: string
  spot: StoredLeg
  perp: StoredLeg
  fundingUsdt: string
  settlements: number
  expectedNetUsdt: string
  expectedAprOnCapital: number
  unwindBecause: string | null
  failure: string | null
  enteredAtMs: number
  hedgedAtMs: number
  /** Of closed ones. */
  feesUsdt?: string
  basisUsdt?: string
  netUsdt?: string
}

export type FillRow = {
  execId: string
  orderLinkId: string
  market: 'spot' | 'linear'
  symbol: string
  side: string
  qty: string
  price: string
  fee: string
  feeCoin: string
  maker: boolean
  filledAtMs: number
}

export type FundingRow = {
  transactionId: string
  hedgeId: string
  symbol: string
  side: string
  coin: string
  amount: string
  qty: string
  markPrice: string
  settledAtMs: number
}

export type HedgeDetail = StoredHedge & {
  result: {
    fundingUsdt: string
    feesUsdt: string
    tradingUsdt: string
    interestUsdt: string
    netUsdt: string
    inventory: { coin: string; qty: string }[]
    unvalued: string[]
  }
  fills: FillRow[]
  funding: FundingRow[]
}

export type PostingRow = {
  rowId: string
  account: string
  kind: string
  coin: string
  amount: string
  hedgeId: string
  symbol: string
  price: string
  atMs: number
}

export type EquityPoint = { atMs: number; equityUsdt: string; availableUsdt: string }

/** A step of an actor's journal. */
export type StepRow = {
  seq: number
  atMs: number
  event: { type: string } & Record<string, unknown>
  from: string
  to: string
}
