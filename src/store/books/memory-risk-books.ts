/** What the limits of the account are held against, from postings and equity in memory: as `risk-reads.ts` has it of the tables. */
import { Decimal } from 'decimal.js'
import type { Posting } from '../../domain/books/ledger.ts'
import { type Amount, amount, type Usdt, usdt } from '../../domain/units.ts'

type EquityAt = { atMs: number; equityUsdt: Usdt }

/** @param postings - read anew at each question */
export function memoryRiskHistory(postings: readonly Posting[]) {
  const points: EquityAt[] = []
  return {
    async appendEquity({ atMs, equityUsdt }: EquityAt): Promise<void> {
      points.push({ atMs, equityUsdt })
    },
    async equityFrom(sinceMs: number): Promise<EquityAt | undefined> {
      return points.find(({ atMs }) => atMs >= sinceMs)
    },
    async peaks(sinceMs: number, cutsMs: readonly number[]): Promise<(Usdt | null)[]> {
      const peaks: (Usdt | null)[] = Array.from({ length: cutsMs.length + 1 }, () => null)
      for (const { atMs, equityUsdt } of points) {
        if (atMs < sinceMs) continue
        const span = cutsMs.filter(cutMs => cutMs <= atMs).length
        const before = peaks[span]
        if (!before || new Decimal(equityUsdt).gt(before)) peaks[span] = equityUsdt
      }
      return peaks
    },
    async transfers(sinceMs: number): Promise<{ id: string; coin: string; amount: Amount; atMs: number }[]> {
      return postings
        .filter(each => each.kind === 'equity' && each.atMs >= sinceMs && !each.rowId.startsWith('opening-'))
        .map(each => ({
          id: each.rowId,
          coin: each.coin,
          amount: amount(new Decimal(each.amount).neg()),
          atMs: each.atMs,
        }))
    },
    async feesSince(sinceMs: number): Promise<Usdt> {
      const fees = postings.filter(({ kind, atMs }) => kind === 'fees' && atMs >= sinceMs)
      const worth = ({ coin, amount: paid, price }: Posting) =>
        new Decimal(paid).times(coin === 'USDT' ? 1 : price)
      return usdt(fees.reduce((sum, fee) => sum.plus(worth(fee)), new Decimal(0)))
    },
  }
}
