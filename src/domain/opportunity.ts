/**
 * Is a symbol worth a hedge now? Tempting, quiet (looked and not worth it) or blind (may not look). Every verdict carries the
 * number found and the limit it was held against, so that a person can see why nothing happens.
 */
import { type CarryEstimate, estimateCarry } from './carry.ts'
import { nextSettlementAtMs } from './funding.ts'
import { type BlindReason, freshMarket, type MarketView } from './market-view.ts'
import { isRefusal, type Refusal, refuse } from './refusal.ts'
import type { Rules } from './rules.ts'
import { type SizeReason, sizesFor } from './sizing.ts'

export type QuietReason =
  | 'spot-not-trading'
  | 'perp-not-trading'
  | 'delisting-announced'
  | 'settlement-near'
  | 'carry-below-entry'
  | SizeReason

/** Plain JSON. `found` and `limit` say why in numbers for every verdict. */
export type EntryJudgement = {
  symbol: string
  verdict: 'tempting' | 'quiet' | 'blind'
  because: 'carry-above-entry' | QuietReason | BlindReason
  found: string
  limit: string
  /** Present whenever the view allowed the sum. */
  carry: CarryEstimate | null
  judgedAtMs: number
}

/** Judges a hedge of the largest size one hedge may have; the account's room is `sizeHedge`'s and `approve`'s business. */
export function judgeEntry(market: MarketView, rules: Rules, nowMs: number): EntryJudgement {
  const { symbol } = market.pair
  const no = (
    verdict: 'quiet' | 'blind',
    { refused, found, limit }: Refusal<QuietReason | BlindReason>,
    carry: CarryEstimate | null = null,
  ): EntryJudgement => ({ symbol, verdict, because: refused, found, limit, carry, judgedAtMs: nowMs })

  const closed = notTradable(market)
  if (closed) return no('quiet', closed)
  const fresh = freshMarket(market, rules.limits, nowMs)
  if (isRefusal(fresh)) return no('blind', fresh)
  const sizes = sizesFor(fresh, rules, rules.limits.hedgeNotionalUsdtMax)
  if (isRefusal(sizes)) return no('quiet', sizes)
  const carry = estimateCarry(fresh, sizes, rules.strategy, nowMs)
  if (isRefusal(carry)) return no('quiet', carry)

  const { entryAprMin, settlementGuardMs } = rules.strategy
  if (!(carry.aprOnCapital > entryAprMin))
    return no('quiet', refuse('carry-below-entry', carry.aprOnCapital, entryAprMin), carry)
  const leftMs = nextSettlementAtMs(fresh.ticker, nowMs) - nowMs
  if (leftMs < settlementGuardMs)
    return no('quiet', refuse('settlement-near', `${leftMs} ms`, `${settlementGuardMs} ms`), carry)
  return {
    symbol,
    verdict: 'tempting',
    because: 'carry-above-entry',
    found: String(carry.aprOnCapital),
    limit: String(entryAprMin),
    carry,
    judgedAtMs: nowMs,
  }
}

function notTradable({ pair }: MarketView): Refusal<QuietReason> | undefined {
  if (!pair.spot.trading) return refuse('spot-not-trading', pair.spot.symbol, 'trading')
  if (!pair.perp.trading) return refuse('perp-not-trading', pair.perp.symbol, 'trading')
  if (pair.perp.deliveryAtMs > 0)
    return refuse('delisting-announced', `delivery at ${pair.perp.deliveryAtMs}`, 'none')
  return undefined
}
