/**
 * One perpetual's ticker: Bybit sends a snapshot, then deltas that hold only the fields that changed. Each answer is whole.
 * https://bybit-exchange.github.io/docs/v5/websocket/public/ticker
 */
import { fundingRate, price } from '../../domain/units.ts'
import { ExchangeFailure, type PerpTicker } from '../exchange.ts'
import { decimalAt, garbled, instantAt, integerAt, type Row, rowOf, textAt } from './fields.ts'

const HOUR_MS = 3_600_000

export type TickerAnswer =
  | { kind: 'ticker'; ticker: PerpTicker }
  | { kind: 'broken'; cause: string }
  /** No snapshot yet. */
  | { kind: 'waiting' }

export type TickerBuilder = { apply(message: Row): TickerAnswer; forget(): void }

/** What Hedgerow reads of a ticker, in our words. */
function perpTicker(row: Row, atMs: number): PerpTicker {
  const hours = integerAt(row, 'fundingIntervalHour')
  if (hours <= 0) throw garbled('fundingIntervalHour', 'hours above 0', row.fundingIntervalHour)
  return {
    symbol: textAt(row, 'symbol'),
    markPrice: price(decimalAt(row, 'markPrice')),
    indexPrice: price(decimalAt(row, 'indexPrice')),
    lastPrice: price(decimalAt(row, 'lastPrice')),
    fundingRate: fundingRate(decimalAt(row, 'fundingRate')),
    nextFundingAtMs: instantAt(row, 'nextFundingTime'),
    fundingIntervalMs: hours * HOUR_MS,
    atMs,
  }
}

/** The fields a ticker is made of: only a change in one of them needs a new look. */
const READ = [
  'markPrice',
  'indexPrice',
  'lastPrice',
  'fundingRate',
  'nextFundingTime',
  'fundingIntervalHour',
] as const

export function tickerBuilder(): TickerBuilder {
  let held: Record<string, unknown> | undefined
  let last: PerpTicker | undefined

  return {
    forget() {
      held = undefined
      last = undefined
    },
    apply(message) {
      try {
        const data = rowOf(message.data, 'data')
        const atMs = instantAt(message, 'ts')
        if (message.type === 'snapshot') {
          held = { ...data }
          last = undefined
        } else if (!held) return { kind: 'waiting' }
        const changed = last === undefined || READ.some(field => field in data)
        if (changed) Object.assign(held, data)
        last = changed || !last ? perpTicker(held, atMs) : { ...last, atMs }
        return { kind: 'ticker', ticker: last }
      } catch (error) {
        if (!(error instanceof ExchangeFailure)) throw error
        held = undefined
        return { kind: 'broken', cause: error.message }
      }
    },
  }
}
