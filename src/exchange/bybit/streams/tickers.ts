/**
 * One perpetual's ticker: Bybit sends a snapshot, then deltas that hold only the fields that changed. Each answer is whole.
 * https://bybit-exchange.github.io/docs/v5/websocket/public/ticker
 */
import { fundingRate, price } from '../../../domain/units.ts'
import { ExchangeFailure, type PerpTicker } from '../../exchange.ts'
import { decimalAt, garbled, instantAt, integerAt, type Row, rowOf, textAt } from '../translate/fields.ts'
import { tickerFrames } from './frames.ts'
import type { Broken, NotYet } from './order-books.ts'

const HOUR_MS = 3_600_000

export type TickerAnswer = { kind: 'ticker'; ticker: PerpTicker } | Broken | NotYet

export type TickerBuilder = {
  apply(message: Row): TickerAnswer
  /** The same from the bytes of a delta; undefined for any other frame, which must then be parsed. */
  applyFrame(text: string): TickerAnswer | undefined
  forget(): void
}

const frameOf = tickerFrames([
  'markPrice',
  'indexPrice',
  'lastPrice',
  'fundingRate',
  'nextFundingTime',
  'fundingIntervalHour',
])

const priceAt = (row: Row, field: string) => price(decimalAt(row, field))
const rateAt = (row: Row) => fundingRate(decimalAt(row, 'fundingRate'))

function intervalMsAt(row: Row): number {
  const hours = integerAt(row, 'fundingIntervalHour')
  if (hours <= 0) throw garbled('fundingIntervalHour', 'hours above 0', row.fundingIntervalHour)
  return hours * HOUR_MS
}

/** A snapshot must hold every field. */
const wholeOf = (data: Row, atMs: number): PerpTicker => ({
  symbol: textAt(data, 'symbol'),
  markPrice: priceAt(data, 'markPrice'),
  indexPrice: priceAt(data, 'indexPrice'),
  lastPrice: priceAt(data, 'lastPrice'),
  fundingRate: rateAt(data),
  nextFundingAtMs: instantAt(data, 'nextFundingTime'),
  fundingIntervalMs: intervalMsAt(data),
  atMs,
})

/** Each by name: a spread costs more than all the rest of a push. */
const copyOf = (last: PerpTicker, atMs: number): PerpTicker => ({
  symbol: last.symbol,
  markPrice: last.markPrice,
  indexPrice: last.indexPrice,
  lastPrice: last.lastPrice,
  fundingRate: last.fundingRate,
  nextFundingAtMs: last.nextFundingAtMs,
  fundingIntervalMs: last.fundingIntervalMs,
  atMs,
})

/** The ticker with what a delta changes: only that is checked and translated. */
function changed(last: PerpTicker, data: Row, atMs: number): PerpTicker {
  const ticker = copyOf(last, atMs)
  for (const field in data) change(ticker, field, data)
  return ticker
}

function change(ticker: PerpTicker, field: string, data: Row): void {
  switch (field) {
    case 'symbol':
      // Every delta names it.
      if (data.symbol !== ticker.symbol) ticker.symbol = textAt(data, field)
      return
    case 'markPrice':
    case 'indexPrice':
    case 'lastPrice':
      ticker[field] = priceAt(data, field)
      return
    case 'fundingRate':
      ticker.fundingRate = rateAt(data)
      return
    case 'nextFundingTime':
      ticker.nextFundingAtMs = instantAt(data, field)
      return
    case 'fundingIntervalHour':
      ticker.fundingIntervalMs = intervalMsAt(data)
  }
}

/** Builds whole tickers of one perpetual from a snapshot and its changes. */
export const tickerBuilder = (): TickerBuilder => new TickerOfOne()

class TickerOfOne implements TickerBuilder {
  #last: PerpTicker | undefined

  forget(): void {
    this.#last = undefined
  }

  apply(message: Row): TickerAnswer {
    const [whole, last] = [message.type === 'snapshot', this.#last]
    if (!whole && !last) return { kind: 'waiting' }
    try {
      const data = rowOf(message.data, 'data')
      const atMs = instantAt(message, 'ts')
      const ticker = whole || !last ? wholeOf(data, atMs) : changed(last, data, atMs)
      return this.#is(ticker)
    } catch (error) {
      return this.#broken(error)
    }
  }

  applyFrame(text: string): TickerAnswer | undefined {
    const last = this.#last
    const frame = last && frameOf(text)
    if (!last || !frame) return undefined
    try {
      const { atMs, changes } = frame
      return this.#is(changes ? changed(last, changes, atMs) : copyOf(last, atMs))
    } catch (error) {
      return this.#broken(error)
    }
  }

  #is(ticker: PerpTicker): TickerAnswer {
    this.#last = ticker
    return { kind: 'ticker', ticker }
  }

  #broken(error: unknown): Broken {
    if (!(error instanceof ExchangeFailure)) throw error
    this.#last = undefined
    return { kind: 'broken', cause: error.message }
  }
}
