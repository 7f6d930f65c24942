/**
 * Funding computed a second time, straight from the files: qty × recorded price × recorded rate of every settlement that fell
 * into the life of a hedge. Booked funding must be this, to the last digit the exchange keeps.
 */
import { Decimal } from 'decimal.js'
import { HOUR_MS } from '../../domain/market/funding.ts'
import type { History, SymbolHistory } from '../../exchange/simulator/history/files.ts'
import { builtInUniverse } from '../../exchange/simulator/universe/universe.ts'
import type { FundingPayment } from '../../store/books/ledger-store.ts'

type Payment = Pick<FundingPayment, 'hedgeId' | 'symbol' | 'amount' | 'qty' | 'settledAtMs'>

export type FundingCheck = {
  bookedUsdt: string
  /** The same payments, from the files. */
  recordedUsdt: string
  payments: number
  /** Settlements between opening and closing of a hedge for which nothing was booked. */
  missed: number
}

type Life = { id: string; symbol: string; openedAtMs: number; closedAtMs: number | null }

/** Bybit and its model compute funding with the mark price rounded to the symbol's scale: as the payment's own row says. */
export function checkFunding(
  { symbols, toMs }: History,
  hedges: readonly Life[],
  payments: readonly Payment[],
): FundingCheck {
  let [booked, recorded] = [new Decimal(0), new Decimal(0)]
  for (const { symbol, amount, qty, settledAtMs } of payments) {
    booked = booked.plus(amount)
    const of = symbols.find(each => each.symbol === symbol)
    recorded = recorded.plus(qtyOf(qty).mul(priceAt(of, settledAtMs)).mul(rateAt(of, settledAtMs)))
  }
  const paid = new Set(payments.map(({ hedgeId, settledAtMs }) => `${hedgeId} ${settledAtMs}`))
  const missed = hedges.flatMap(({ id, symbol, openedAtMs, closedAtMs }) =>
    (symbols.find(each => each.symbol === symbol)?.settlements ?? []).filter(
      ({ atMs }) => atMs > openedAtMs && atMs < (closedAtMs ?? toMs) && !paid.has(`${id} ${atMs}`),
    ),
  )
  return {
    bookedUsdt: booked.toFixed(),
    recordedUsdt: recorded.toFixed(),
    payments: payments.length,
    missed: missed.length,
  }
}

/** A hedge is short the perpetual, whatever sign the row writes. */
const qtyOf = (qty: string) => new Decimal(qty).abs()

/**
 * The price of the settlement's hour on the symbol's scale; of a missing hour the last one before it, as a mark price stays
 * where it was.
 */
function priceAt(of: SymbolHistory | undefined, atMs: number): string {
  const hourMs = Math.floor(atMs / HOUR_MS) * HOUR_MS
  const point = of?.prices.findLast(each => each.atMs <= hourMs)
  if (!point) throw new Error(`funding at ${atMs}: expected a recorded price at or before it, found none`)
  const scale = builtInUniverse().find('linear', of?.symbol ?? '')?.listing.priceScale
  return scale === undefined ? String(point.perpPrice) : point.perpPrice.toFixed(scale)
}

function rateAt(of: SymbolHistory | undefined, atMs: number): string {
  const point = of?.settlements.find(each => each.atMs === atMs)
  if (!point) throw new Error(`funding at ${atMs}: expected a recorded settlement, found none`)
  return point.rate
}
