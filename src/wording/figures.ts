/**
 * Figures as people read them, in terminal, alerts and pages alike: money with its decimals aligned, shares as percent,
 * lengths in two parts, instants in UTC. Amounts come as decimal text and are formatted as text: none becomes a float on its
 * way to the eye. Ratios (APR, bps) are numbers, judged and never booked. What is not known is a dash.
 */
type Figure = string | number | null | undefined
type Shape = { places?: number; sign?: boolean }

const UNKNOWN = '–'

const formats = new Map<string, Intl.NumberFormat>()

/** With the real minus sign, which is as wide as a digit. */
function formatted(value: string | number, options: Intl.NumberFormatOptions): string {
  const key = JSON.stringify(options)
  const format = formats.get(key) ?? new Intl.NumberFormat('en-US', options)
  formats.set(key, format)
  // The format takes decimal text as it is: only its type asks for a literal.
  return format.format(value as `${number}`).replace('-', '−')
}

const isKnown = (value: Figure): value is string | number =>
  value !== null &&
  value !== undefined &&
  value !== '' &&
  !Number.isNaN(Number(value)) &&
  Number.isFinite(Number(value))

/** `1,999.85`; with `sign`, gains say +. */
export const amountText = (value: Figure, { places = 2, sign = false }: Shape = {}): string =>
  isKnown(value)
    ? formatted(value, {
        minimumFractionDigits: places,
        maximumFractionDigits: places,
        signDisplay: sign ? 'exceptZero' : 'negative',
      })
    : UNKNOWN

/** A fraction as percent: 0.15 is `15.00 %`. */
export const percentText = (fraction: Figure, shape: Shape = {}): string =>
  isKnown(fraction) ? `${amountText(Number(fraction) * 100, shape)} %` : UNKNOWN

/** `+12.8 bps`. */
export const bpsText = (bps: Figure): string =>
  isKnown(bps) ? `${amountText(bps, { places: 1, sign: true })} bps` : UNKNOWN

/** A quantity with as many decimals as it has, at most `places`. */
export const qtyText = (value: Figure, places = 18): string =>
  isKnown(value) ? formatted(value, { maximumFractionDigits: places }) : UNKNOWN

/** A price with four to seven significant digits. */
export const priceText = (value: Figure): string =>
  isKnown(value) ? formatted(value, { minimumSignificantDigits: 4, maximumSignificantDigits: 7 }) : UNKNOWN

/** A loss, a gain, or neither: what is too small to show is neither. */
export function signTone(value: Figure, places = 2): 'good' | 'bad' | undefined {
  if (!isKnown(value) || Math.abs(Number(value)) < 0.5 * 10 ** -places) return undefined
  return Number(value) > 0 ? 'good' : 'bad'
}

const SECOND_MS = 1000
const MINUTE_MS = 60 * SECOND_MS
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS

/** The two largest parts: `2 d 3 h`, `1 h 50 min`, `45 s`. */
export function lengthText(ms: number): string {
  if (ms < 0) return `−${lengthText(-ms)}`
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

/** `2 min ago`; what is a moment old, or ahead by two clocks' difference, is `just now`. */
export const agoText = (ageMs: number): string =>
  ageMs < SECOND_MS ? 'just now' : `${lengthText(ageMs)} ago`

/** Hours as a length; null is `never`. */
export const hoursText = (hours: number | null): string =>
  hours === null ? 'never' : lengthText(hours * HOUR_MS)

/**
 * What a carry comes to, as a sentence: `pays back in 11 days, then +2.9 % a year`.
 * @param of - hours until its costs are paid (null: never), and what it earns a year on capital from then on
 */
export function paybackText({
  breakEvenHours,
  laterApr,
}: {
  breakEvenHours: number | null
  laterApr: number
}): string {
  const later = `${percentText(laterApr, { places: 1, sign: true })} a year`
  if (breakEvenHours === null) return 'never pays back'
  if (breakEvenHours === 0) return `${later} from the start`
  const days = Math.round(breakEvenHours / 24)
  const time = days >= 2 ? `${days} days` : lengthText(breakEvenHours * HOUR_MS)
  return `pays back in ${time}, then ${later}`
}

/** `1 settlement`, `2 settlements`. */
export const countText = (count: number, one: string, many = `${one}s`): string =>
  `${amountText(count, { places: 0 })} ${count === 1 ? one : many}`

/** `2026-11-22 10:02:56`, UTC. */
export const instantText = (atMs: number | null | undefined): string =>
  atMs ? new Date(atMs).toISOString().slice(0, 19).replace('T', ' ') : UNKNOWN

/** `10:02:56`, UTC. */
export const clockText = (atMs: number): string => (atMs > 0 ? instantText(atMs).slice(11) : UNKNOWN)

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

/** `22 Nov 09:51`, UTC. */
export function shortInstantText(atMs: number): string {
  if (!(atMs > 0)) return UNKNOWN
  const at = new Date(atMs)
  return `${at.getUTCDate()} ${MONTHS[at.getUTCMonth()]} ${at.toISOString().slice(11, 16)}`
}

/** `22 Nov 09:51:24`, UTC. */
export const storyInstantText = (atMs: number): string =>
  atMs > 0 ? `${shortInstantText(atMs)}${new Date(atMs).toISOString().slice(16, 19)}` : UNKNOWN

type Paced = {
  /** Asked for. */
  speed: number
  /** Now. */
  pace: number
}

/** Is it so much slower than asked for that people are told? */
export const isSlowed = ({ speed, pace }: Paced): boolean => pace < speed * 0.9

/** `60×`, `22× instead of 60×: this machine is busy`; nothing where time is the wall clock's. */
export function paceText({ speed, pace }: Paced): string {
  if (speed === 1) return ''
  const shown = pace < 10 ? pace.toFixed(1) : Math.round(pace)
  return isSlowed({ speed, pace }) ? `${shown}× instead of ${speed}×: this machine is busy` : `${speed}×`
}
