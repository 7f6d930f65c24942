/**
 * What an account lost, how far it fell from its peak and what it paid in fees, from what is stored: a restart changes nothing.
 * Money that was paid in or out is no profit: the day is told without it, and the peak moves with it. Coins paid in or out
 * count at their present price.
 */
import { Decimal } from 'decimal.js'
import type { Amount, Usdt } from '../../src/domain/units.ts'
import { usdt } from '../../src/domain/units.ts'

type EquityAt = { atMs: number; equityUsdt: Usdt }
/** `amount`: + was paid in. */
type Transfer = { id: string; coin: string; amount: Amount; atMs: number }

/** What is needed of the stored books. */
export type RiskHistory = {
  /** The first equity kept from this instant on. */
  equityFrom(sinceMs: number): Promise<EquityAt | undefined>
  /** The highest equity from `sinceMs` on in each span between the instants of `cutsMs` (ascending); null where none was kept. */
  peaks(sinceMs: number, cutsMs: readonly number[]): Promise<(Usdt | null)[]>
  /** What was paid in and out from this instant on, oldest first; the opening balance is neither. */
  transfers(sinceMs: number): Promise<Transfer[]>
  /** Fees from this instant on; positive is paid. */
  feesSince(sinceMs: number): Promise<Usdt>
}

type Figures = { pnlTodayUsdt: Usdt; peakEquityUsdt: Usdt; feesTodayUsdt: Usdt }

export const DAY_MS = 86_400_000
/** Rows of one instant may be booked late: so much is read again. */
const OVERLAP_MS = 3_600_000

type Peak = { sinceMs: number; peak: Decimal; paidIn: Decimal }

/** USDT of one coin now; undefined where nobody knows. */
type PriceOf = (coin: string) => string | undefined

/** Equity's own history: today's result, the peak and the fees, in USDT, with deposits and withdrawals taken out. */
export function createFigures(books: RiskHistory) {
  const transfers = new Map<string, Transfer>()
  let readMs = 0
  let highest: Peak | undefined

  const readTransfers = async () => {
    for (const transfer of await books.transfers(Math.max(0, readMs - OVERLAP_MS))) {
      transfers.set(`${transfer.id} ${transfer.coin}`, transfer)
      readMs = Math.max(readMs, transfer.atMs)
    }
  }

  /** The highest equity since, as it would be with all that was paid in and out until now. */
  const storedPeak = async (sinceMs: number, now: Decimal, priceOf: PriceOf): Promise<Decimal> => {
    const later = [...transfers.values()].filter(({ atMs }) => atMs >= sinceMs)
    const cutsMs = [...new Set(later.map(({ atMs }) => atMs))].sort((a, b) => a - b)
    const peaks = await books.peaks(sinceMs, cutsMs)
    return peaks.reduce((best, peak, span) => {
      if (peak === null) return best
      const cutMs = cutsMs[span]
      const after = cutMs === undefined ? [] : later.filter(({ atMs }) => atMs >= cutMs)
      return Decimal.max(best, paidIn(after, priceOf).plus(peak))
    }, now)
  }

  return {
    /**
     * @param lossSinceMs - losses and the peak count from here on
     * @throws whatever the books throw: what is not known is not guessed
     */
    async read(equityUsdt: Usdt, nowMs: number, lossSinceMs: number, priceOf: PriceOf): Promise<Figures> {
      await readTransfers()
      const equity = new Decimal(equityUsdt)
      const dayMs = nowMs - DAY_MS
      const opening = await books.equityFrom(Math.max(dayMs, lossSinceMs))
      const since = [...transfers.values()].filter(({ atMs }) => opening && atMs > opening.atMs)
      const pnl = opening ? equity.minus(opening.equityUsdt).minus(paidIn(since, priceOf)) : new Decimal(0)
      const all = paidIn(
        [...transfers.values()].filter(({ atMs }) => atMs >= lossSinceMs),
        priceOf,
      )
      if (highest?.sinceMs !== lossSinceMs) {
        const peak = await storedPeak(lossSinceMs, equity, priceOf)
        highest = { sinceMs: lossSinceMs, peak, paidIn: all }
      } else {
        const moved = highest.peak.plus(all).minus(highest.paidIn)
        highest = { sinceMs: lossSinceMs, peak: Decimal.max(moved, equity), paidIn: all }
      }
      return {
        pnlTodayUsdt: usdt(pnl),
        peakEquityUsdt: usdt(highest.peak),
        feesTodayUsdt: await books.feesSince(dayMs),
      }
    },
  }
}

function paidIn(transfers: readonly Transfer[], priceOf: PriceOf): Decimal {
  return transfers.reduce(
    (sum, { coin, amount }) =>
      sum.plus(new Decimal(amount).times(coin === 'USDT' ? 1 : (priceOf(coin) ?? 0))),
    new Decimal(0),
  )
}
