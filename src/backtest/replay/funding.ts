/**
 * Funding computed a second time, straight from the files: qty × recorded price × recorded rate of every settlement that fell
 * into the life of a hedge. Booked funding must be this, to the last digit the exchange keeps.
 */
import { Decimal } from 'decimal.js'
import type { Direction } from '../../domain/instrument.ts'
import { HOUR_MS } from '../../domain/market/funding.ts'
import type { History, SymbolHistory } from '../../exchange/simulator/history/files.ts'
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

type Life = {
  id: string
  symbol: string
  openedAtMs: number
  closedAtMs: number | null
  direction?: Direction
}

/**
 * Bybit and its model compute funding with the mark price rounded to the symbol's scale: as the payment's own row says. Throws
 * when a payment's price or rate was never recorded.
 */
export function checkFunding(
  history: History,
  hedges: readonly Life[],
  payments: readonly Payment[],
): FundingCheck {
  const { symbols, universe, toMs } = history
  const recorded = new Map(
    symbols.map(each => [
      each.symbol,
      lookUp(each, universe.find('linear', each.symbol)?.listing.priceScale),
    ]),
  )
  const lives = new Map(hedges.map(each => [each.id, each]))
  let [booked, expected] = [new Decimal(0), new Decimal(0)]
  for (const { hedgeId, symbol, amount, qty, settledAtMs } of payments) {
    booked = booked.plus(amount)
    const worth = recorded.get(symbol)?.(settledAtMs)
    if (!worth) throw new Error(`funding of ${symbol}: expected a recorded symbol, found none`)
    // A row writes the quantity with a sign of its own: who is paid follows from the side of the hedge.
    const sign = lives.get(hedgeId)?.direction === 'reverse-carry' ? -1 : 1
    expected = expected.plus(new Decimal(qty).abs().times(sign).mul(worth.price).mul(worth.rate))
  }
  const paid = new Set(payments.map(({ hedgeId, settledAtMs }) => `${hedgeId} ${settledAtMs}`))
  const settlements = new Map(symbols.map(each => [each.symbol, each.settlements]))
  const missed = hedges.flatMap(({ id, symbol, openedAtMs, closedAtMs }) =>
    (settlements.get(symbol) ?? []).filter(
      ({ atMs }) => atMs > openedAtMs && atMs < (closedAtMs ?? toMs) && !paid.has(`${id} ${atMs}`),
    ),
  )
  return {
    bookedUsdt: booked.toFixed(),
    recordedUsdt: expected.toFixed(),
    payments: payments.length,
    missed: missed.length,
  }
}

/**
 * Rate and price of a settlement. The price is that of its hour on the symbol's scale; of a missing hour the last one before it,
 * as a mark price stays where it was.
 */
function lookUp({ symbol, prices, settlements }: SymbolHistory, scale: number | undefined) {
  const rates = new Map(settlements.map(({ atMs, rate }) => [atMs, rate]))
  const byHour = new Map(prices.map(({ atMs, perpPrice }) => [atMs, perpPrice]))
  return (atMs: number): { price: string; rate: string } => {
    const hourMs = Math.floor(atMs / HOUR_MS) * HOUR_MS
    const perp = byHour.get(hourMs) ?? prices.findLast(each => each.atMs <= hourMs)?.perpPrice
    const rate = rates.get(atMs)
    if (perp === undefined || rate === undefined)
      throw new Error(
        `funding of ${symbol} at ${atMs}: expected a recorded ${rate === undefined ? 'settlement' : 'price at or before it'}, found none`,
      )
    return { rate, price: scale === undefined ? String(perp) : perp.toFixed(scale) }
  }
}
