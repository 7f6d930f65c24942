/**
 * What the exchange tells everybody, in our words: maintenance, the state of the insurance pools, markets that end. Of the pools the
 * stream shortens the names and sends JSON numbers, where REST sends text.
 * https://bybit-exchange.github.io/docs/v5/system-status, market/adl-alert, websocket/public/adl-alert, announcement
 */
import { Decimal } from 'decimal.js'
import type { Market } from '../../../domain/instrument.ts'
import type { AdlAlert, SystemNotice } from '../../../domain/risk/risk-facts.ts'
import { amount } from '../../../domain/units.ts'
import type { DelistingNotice } from '../../exchange.ts'
import { decimalAt, garbled, instantAt, oneOf, type Row, rowsAt, textAt, textOrNone } from './fields.ts'

const STATES = {
  scheduled: 'scheduled',
  ongoing: 'ongoing',
  completed: 'completed',
  canceled: 'cancelled',
} as const
const PRODUCTS = new Map<unknown, SystemNotice['products'][number]>([
  [1, 'futures'],
  [2, 'spot'],
  [3, 'option'],
  [4, 'spread'],
])

/** One row of system/status. */
export const systemNotice = (row: Row): SystemNotice => ({
  id: textAt(row, 'id'),
  title: textAt(row, 'title'),
  state: STATES[oneOf(row, 'state', ['scheduled', 'ongoing', 'completed', 'canceled'])],
  fromMs: instantAt(row, 'begin'),
  toMs: instantAt(row, 'end'),
  products: (Array.isArray(row.product) ? row.product : []).flatMap(code => PRODUCTS.get(code) ?? []),
})

export const ALERT_TOPIC = 'adlAlert.USDT'
/** Whether a topic carries alerts of auto-deleveraging. */
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

/** A symbol as announcements spell it: XYZUSDT or XYZ/USDT; what has a date behind it is another contract. */
const SYMBOL = /\b([A-Z0-9]{1,20})\/?USDT\b(?!-)/g
/** Something else of these symbols ends, not the market. */
const OTHER_ENDS = /\b(margin|loans?|options?|earn|savings|copy trading|bots?|convert|staking)\b/i

/** One row of announcements/index. Which markets it is about is read from its title, tags and description. */
export function delistingNotice(row: Row): DelistingNotice {
  const title = textAt(row, 'title')
  const text = `${title} ${textOrNone(row, 'description')}`
  const tags = Array.isArray(row.tags) ? row.tags.join(' ') : ''
  const markets: Market[] = []
  if (/\bspot\b/i.test(`${text} ${tags}`)) markets.push('spot')
  if (/perpetual|contract|futures|derivatives/i.test(`${text} ${tags}`)) markets.push('linear')
  return {
    id: textAt(row, 'url'),
    title,
    publishedAtMs: instantAt(row, 'dateTimestamp'),
    symbols: OTHER_ENDS.test(title)
      ? []
      : [...new Set([...text.matchAll(SYMBOL)].map(([, base]) => `${base}USDT`))],
    markets,
  }
}
