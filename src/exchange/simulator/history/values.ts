/** Cells as values: instants of any unit, rates, prices, intervals, symbols. What cannot be meant is refused with a reason. */
import { Decimal } from 'decimal.js'
import { HOUR_MS } from '../../../domain/market/funding.ts'

/** Why a cell is not taken; a row with one is left out, or stops an import. */
export type Wrong = { wrong: string }
/** Was the cell not taken? */
export const isWrong = (value: unknown): value is Wrong =>
  typeof value === 'object' && value !== null && 'wrong' in value

const quoted = (text: string) => JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text)
const wrong = (expected: string, found: string): Wrong => ({
  wrong: `expected ${expected}, found ${quoted(found)}`,
})

/** No crypto exchange with perpetuals is older. */
const FIRST_MS = Date.UTC(2014, 0, 1)
/** Records may say what is due next, not more. */
const AHEAD_MS = 2 * 24 * HOUR_MS

/** Milliseconds per unit, by how large an instant of our time is in it. */
const UNITS: readonly (readonly [least: number, perMs: number])[] = [
  [1e17, 1e6],
  [1e14, 1e3],
  [1e11, 1],
  [1e8, 1e-3],
]

export type Zone = number | null

/**
 * An instant in ms since 1970: a number of seconds, milliseconds, microseconds or nanoseconds by its size, or ISO text.
 * @param zone - minutes east of UTC for text that names no zone; null when nobody said
 */
export function instantOf(text: string, zone: Zone, nowMs: number): number | Wrong {
  const atMs = /^\d+(\.\d+)?(e\+?\d{1,2})?$/i.test(text) ? ofNumber(text) : ofText(text, zone)
  if (isWrong(atMs)) return atMs
  if (atMs === null) return wrong('an instant (seconds to nanoseconds since 1970, or ISO)', text)
  return atMs >= FIRST_MS && atMs <= nowMs + AHEAD_MS ? atMs : wrong('an instant from 2014 to now', text)
}

function ofNumber(text: string): number | null {
  const value = Number(text)
  const unit = UNITS.find(([least]) => value >= least)
  // Of nanoseconds a float keeps microseconds: enough for a millisecond.
  return unit ? Math.round(value / unit[1]) : null
}

const ISO =
  /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?)?\s*(Z|UTC|GMT|[+-]\d{2}:?\d{2})?$/i

function ofText(text: string, zone: Zone): number | Wrong | null {
  const [whole, year, month, day, hour = '0', minute = '0', second = '0', fraction = '0', named] =
    ISO.exec(text) ?? []
  if (whole === undefined) return null
  const east = named === undefined ? zone : minutesOf(named)
  if (east === null)
    return { wrong: `${quoted(text)} names no time zone: say which with --zone, such as --zone UTC` }
  const parts = [year, month, day, hour, minute, second].map(Number)
  const [y = 0, mo = 0, d = 0, h = 0, mi = 0, s = 0] = parts
  const atMs = Date.UTC(y, mo - 1, d, h, mi, s, Math.round(Number(`0.${fraction}`) * 1000))
  const isReal = new Date(Date.UTC(y, mo - 1, d)).getUTCDate() === d && h < 25 && mi < 60 && s < 61
  return isReal ? atMs - east * 60_000 : null
}

/** `UTC`, `Z` or an offset such as `+08:00` as minutes east; null for any other text. */
export function minutesOf(text: string): number | null {
  if (/^(z|utc|gmt)$/i.test(text)) return 0
  const [, sign, hours = '', minutes = ''] = /^([+-])(\d{2}):?(\d{2})$/.exec(text) ?? []
  return sign === undefined ? null : (sign === '-' ? -1 : 1) * (60 * Number(hours) + Number(minutes))
}

const DECIMAL = /^[-+]?(\d{1,15}(\.\d{0,30})?|\.\d{1,30})(e[-+]?\d{1,2})?$/i
/** No exchange lets one settlement take more of the notional. */
const RATE_MAX = 0.5

/** A funding rate as a plain decimal fraction; `0.01%` is 0.0001. */
export function rateOf(text: string): string | Wrong {
  const [, digits = text, percent] = /^(.*?)\s*(%)?$/.exec(text) ?? []
  if (!DECIMAL.test(digits)) return wrong('a rate such as 0.0001', text)
  const rate = new Decimal(digits).div(percent ? 100 : 1)
  return rate.abs().lte(RATE_MAX) ? rate.toFixed() : wrong('a rate of at most 0.5 of the notional', text)
}

/** A price above 0; null for an empty cell or a missing number, which is a hole. */
export function priceOf(text: string): number | null | Wrong {
  if (/^(|nan|null|none|n\/a|-)$/i.test(text)) return null
  const price = DECIMAL.test(text) ? Number(text) : Number.NaN
  return Number.isFinite(price) && price > 0 ? price : wrong('a price above 0', text)
}

/** Hours between settlements, of `8`, `8h` or `480m`; null for an empty cell: then the instants say it. */
export function intervalOf(text: string): number | null | Wrong {
  if (/^(|nan|null|none)$/i.test(text)) return null
  const [, digits, unit = 'h'] = /^(\d{1,4}(?:\.\d{1,6})?)\s*(h|m|min)?$/i.exec(text) ?? []
  const hours = digits === undefined ? Number.NaN : Number(digits) / (unit.toLowerCase() === 'h' ? 1 : 60)
  return hours >= 0.5 && hours <= 24 ? hours * HOUR_MS : wrong('an interval of 0.5 to 24 hours', text)
}

/** A contract as Bybit writes it: `BTC/USDT:USDT`, `BTC-USDT-SWAP` and `btc_usdt` are BTCUSDT. */
export function symbolOf(text: string): string | Wrong {
  const symbol = text
    .toUpperCase()
    .replace(/^[A-Z]+:/, '')
    .replace(/:[A-Z0-9]+(-\d+)?$/, '')
    .replace(/[-_/](SWAP|PERP|PERPETUAL|UMCBL)$/, '')
    .replace(/[-_/]/g, '')
  return text.length <= 64 && /^[A-Z0-9]{2,30}$/.test(symbol)
    ? symbol
    : wrong('a contract such as BTCUSDT', text)
}
