/**
 * The state of the insurance pools, as REST and the stream tell it: the stream shortens the names and sends JSON numbers, REST
 * sends text. https://bybit-exchange.github.io/docs/v5/market/adl-alert, websocket/public/adl-alert
 */
import { Decimal } from 'decimal.js'
import type { AdlAlert } from '../../../domain/risk/risk-facts.ts'
import { amount } from '../../../domain/units.ts'
import { decimalAt, garbled, type Row, rowsAt, textAt } from '../translate/fields.ts'

export const ALERT_TOPIC = 'adlAlert.USDT'
export const isAlertTopic = (name: string): boolean => name === ALERT_TOPIC

/** One row of `/v5/market/adlAlert`. */
export const adlAlert = (row: Row): AdlAlert => ({
  coin: textAt(row, 'coin'),
  symbol: textAt(row, 'symbol'),
  balance: amount(decimalAt(row, 'balance')),
  pnlRatio: decimalAt(row, 'pnlRatio'),
  insurancePnlRatio: decimalAt(row, 'insurancePnlRatio'),
  adlTriggerThreshold: amount(decimalAt(row, 'adlTriggerThreshold')),
  adlStopRatio: decimalAt(row, 'adlStopRatio'),
})

const NAMES = {
  coin: 'c',
  symbol: 's',
  balance: 'b',
  pnlRatio: 'pr',
  insurancePnlRatio: 'i_pr',
  adlTriggerThreshold: 'adl_tt',
  adlStopRatio: 'adl_sr',
} as const

/** Numbers as plain decimal text. */
function plain(value: unknown, field: string): unknown {
  if (typeof value !== 'number') return value
  if (!Number.isFinite(value)) throw garbled(field, 'a finite number', value)
  return new Decimal(value).toFixed()
}

const longNamed = (row: Row): Row =>
  Object.fromEntries(Object.entries(NAMES).map(([long, short]) => [long, plain(row[short], short)]))

/** Every row of one push. */
export const alertsOf = (message: Row): AdlAlert[] =>
  rowsAt(message, 'data').map(row => adlAlert(longNamed(row)))
