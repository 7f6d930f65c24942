/**
 * One perpetual's ticker: Bybit sends a snapshot, then deltas that hold only the fields that changed. Each answer is whole.
 * https://bybit-exchange.github.io/docs/v5/websocket/public/ticker
 */
import { fundingRate, price } from '../../../domain/units.ts'
import { ExchangeFailure, type PerpTicker } from '../../exchange.ts'
import { decimalAt, garbled, instantAt, integerAt, type Row, rowOf, textAt } from '../translate/fields.ts'

const HOUR_MS = 3_600_000

type TickerAnswer =
  | { kind: 'ticker'; ticker: PerpTicker }
  | { kind: 'broken'; cause: string }
  /** No snapshot yet. */
  | { kind: 'waiting' }

export type TickerBuilder = { apply(message: Row): TickerAnswer; forget(): void }

/** What Hedgerow reads of a ticker, field by field: a delta is checked and translated only where it changes something. */
const READ: Readonly<Record<string, (row: Row) => Partial<PerpTicker>>> = {
  symbol: row => ({ symbol: textAt(row, 'symbol') }),
  markPrice: row => ({ markPrice: price(decimalAt(row, 'markPrice')) }),
  indexPrice: row => ({ indexPrice: price(decimalAt(row, 'indexPrice')) }),
  lastPrice: row => ({ lastPrice: price(decimalAt(row, 'lastPrice')) }),
  fundingRate: row => ({ fundingRate: fundingRate(decimalAt(row, 'fundingRate')) }),
  nextFundingTime: row => ({ nextFundingAtMs: instantAt(row, 'nextFundingTime') }),
  fundingIntervalHour: row => ({ fundingIntervalMs: hoursAt(row, 'fundingIntervalHour') * HOUR_MS }),
}
const FIELDS = Object.entries(READ)

function hoursAt(row: Row, field: string): number {
  const hours = integerAt(row, field)
  if (hours <= 0) throw garbled(field, 'hours above 0', row[field])
  return hours
}

/** A snapshot must hold every field; a delta holds what it changes. */
function changesOf(data: Row, whole: boolean): Partial<PerpTicker> {
  const changes = {}
  for (const [field, read] of FIELDS) if (whole || field in data) Object.assign(changes, read(data))
  return changes
}

export function tickerBuilder(): TickerBuilder {
  let last: PerpTicker | undefined

  return {
    forget() {
      last = undefined
    },
    apply(message) {
      try {
        const whole = message.type === 'snapshot'
        if (!whole && !last) return { kind: 'waiting' }
        const changes = changesOf(rowOf(message.data, 'data'), whole)
        // Every field is there: a snapshot was whole, and deltas only replace.
        last = { ...last, ...changes, atMs: instantAt(message, 'ts') } as PerpTicker
        return { kind: 'ticker', ticker: last }
      } catch (error) {
        if (!(error instanceof ExchangeFailure)) throw error
        last = undefined
        return { kind: 'broken', cause: error.message }
      }
    },
  }
}
