/**
 * Figures as people read them, each with its unit: money with its decimals aligned, shares as percent, lengths in two
 * parts, instants in UTC. Amounts come and go as decimal text; nothing here is booked.
 */
import { Decimal } from 'decimal.js'

const SECOND_MS = 1000
const MINUTE_MS = 60 * SECOND_MS
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS

type Amount = string | number | null | undefined

const isNone = (value: Amount): value is null | undefined | '' =>
  value === null || value === undefined || value === ''

/** `1,999.85`; with `sign`, gains say +. */
export function amountText(value: Amount, { places = 2, sign = false } = {}): string {
  if (isNone(value)) return '–'
  const exact = new Decimal(value)
  const [whole = '0', fraction] = exact.abs().toFixed(places).split('.')
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ',')
  const isNothing = new Decimal(exact.toFixed(places)).isZero()
  const mark = isNothing ? '' : exact.isNegative() ? '-' : sign ? '+' : ''
  return `${mark}${grouped}${fraction ? `.${fraction}` : ''}`
}

/** The exact sum, as text. */
export const sumOf = (...values: Amount[]): string =>
  values.reduce((sum: Decimal, value) => sum.plus(isNone(value) ? 0 : value), new Decimal(0)).toFixed()

/** A fraction as percent: 0.15 is `15.00 %`. */
export const percentText = (fraction: Amount, { places = 2, sign = false } = {}): string =>
  isNone(fraction) ? '–' : `${amountText(new Decimal(fraction).times(100).toString(), { places, sign })} %`

export const bpsText = (bps: Amount): string => (isNone(bps) ? '–' : `${amountText(bps, { sign: true })} bps`)

/** A quantity or price as it is, without zeros at the end. */
export function exactText(value: Amount, digits?: number): string {
  if (isNone(value)) return '–'
  const exact = new Decimal(value)
  return (digits ? exact.toSignificantDigits(digits) : exact).toFixed()
}

/** The two largest parts: `2 d 3 h`, `1 h 50 min`, `45 s`. */
export function lengthText(ms: number): string {
  if (ms < 0) return `-${lengthText(-ms)}`
  if (ms < SECOND_MS) return `${Math.round(ms)} ms`
  if (ms < MINUTE_MS) return `${Math.floor(ms / SECOND_MS)} s`
  if (ms < HOUR_MS) return parts(ms, [MINUTE_MS, 'min'], [SECOND_MS, 's'])
  if (ms < DAY_MS) return parts(ms, [HOUR_MS, 'h'], [MINUTE_MS, 'min'])
  return parts(ms, [DAY_MS, 'd'], [HOUR_MS, 'h'])
}

type Unit = readonly [lengthMs: number, name: string]

function parts(ms: number, [largeMs, large]: Unit, [smallMs, small]: Unit): string {
  const rest = Math.floor((ms % largeMs) / smallMs)
  return `${Math.floor(ms / largeMs)} ${large}${rest > 0 ? ` ${rest} ${small}` : ''}`
}

export const hoursText = (hours: number | null): string =>
  hours === null ? 'never' : lengthText(hours * HOUR_MS)

/** `2026-11-22 10:02:56`, UTC. */
export const instantText = (atMs: number | null | undefined): string =>
  atMs ? new Date(atMs).toISOString().slice(0, 19).replace('T', ' ') : '–'

/** `10:02:56`, UTC. */
export const clockText = (atMs: number): string => instantText(atMs).slice(11)
