/** The engine's reasons in a person's words, with what was found and what it was held against. */
import { amountText, percentText } from './figures.ts'
import { lengthText } from './time.ts'

type Words = (found: string, limit: string) => string

const percent = (text: string) => percentText(Number(text))
const length = (text: string) => {
  const ms = Number.parseFloat(text)
  return Number.isFinite(ms) ? lengthText(ms) : text
}
const rounded = (text: string) => Number.parseFloat(text).toFixed(1)
const usdtOf = (text: string) => (Number.isFinite(Number(text)) ? `${amountText(text, 0)} USDT` : text)

const tooOld =
  (what: string): Words =>
  (found, limit) =>
    `${what} is ${length(found)} old, allowed are ${length(limit)}`

const WORDS: Readonly<Record<string, Words>> = {
  'carry-below-entry': (found, limit) => `net APR ${percent(found)} is below the ${percent(limit)} needed`,
  'carry-above-entry': (found, limit) => `net APR ${percent(found)} is above the ${percent(limit)} needed`,
  'settlement-near': (found, limit) =>
    `settles in ${length(found)}, too near: at least ${length(limit)} are needed`,
  'spot-not-trading': () => 'the spot market does not trade',
  'perp-not-trading': () => 'the perpetual does not trade',
  'delisting-announced': found => `the perpetual is to be delisted (${found})`,
  'run-off': found => `${found} is not among the configured symbols: it is kept for its open hedge alone`,
  'spot-book-missing': () => 'no order book of the spot market is heard',
  'perp-book-missing': () => 'no order book of the perpetual is heard',
  'ticker-missing': () => 'no ticker of the perpetual is heard',
  'spot-book-stale': tooOld('the spot book'),
  'perp-book-stale': tooOld('the book of the perpetual'),
  'ticker-stale': tooOld('the ticker'),
  'carry-gone': (found, limit) =>
    `the carry is gone: expected funding ${percent(found)} a year, at least ${percent(limit)} are wanted`,
  'basis-stop': (found, limit) =>
    `the basis moved against it by more than ${limit}: ${found.replace(/-?\d+\.\d+/g, rounded)}`,
  margin: (found, limit) => `the maintenance margin rate is ${percent(found)}, allowed are ${percent(limit)}`,
  'margin-rate': (found, limit) =>
    `the maintenance margin rate is ${percent(found)}, allowed are ${percent(limit)}`,
  delisting: found => `the perpetual is to be delisted (${found})`,
  'funding-below-entry': (found, limit) =>
    `the next payment, ${percent(found)} a year, is not above the ${percent(limit)} of the exit rule`,
  'basis-moved': (found, limit) =>
    `the entry basis moved ${Number.parseFloat(found).toFixed(1)} bps against the plan, allowed are ${limit}`,
  'direction-not-allowed': found => `the rules do not allow ${found.replaceAll('-', ' ')}`,
  'listed-lately': (found, limit) => `listed for ${length(found)} only, ${length(limit)} are needed`,
  maintenance: found => `the exchange's maintenance begins in ${length(found)}`,
  'interval-changed': (found, limit) =>
    `its funding schedule changed ${length(found)} ago, it must be quiet for ${length(limit)}`,
  'adl-near': found => `it is near auto-deleveraging (${found})`,
  'collateral-restricted': found => `the exchange takes no more ${found} as collateral`,
  'borrow-unknown': () => 'what borrowing the coin costs is not known',
  'borrow-stale': tooOld('the borrow rate'),
  'margin-trading-off': found => `${found} does not trade on margin now`,
  'borrow-inventory': () => 'the lending pool has too few coins',
  'no-route': () => 'no allowed way to work both legs is open',
  'spot-exit-depth': () => 'the spot book is too thin on the way out',
  'perp-exit-depth': () => 'the book of the perpetual is too thin on the way out',
  'borrow-cost': () => 'the borrow costs more than the funding brings',
  'funding-floor': (found, limit) =>
    `expected funding of ${percent(found)} a year has reached the floor of ${percent(limit)}`,
  'hold-maximum': (found, limit) => `held for ${length(found)}, at most ${length(limit)} are allowed`,
  'cheaper-to-stay': () => 'the carry is gone, but leaving would cost more than it gains',
  'awaiting-print': () => 'the carry is gone, but no settled rate says so yet',
  'better-elsewhere': () => 'another symbol pays more, even after a round trip',
  'liquidation-near': (found, limit) =>
    `liquidation is ${percent(found)} of price away, at least ${percent(limit)} are wanted`,
  solvency: found => `the modelled maintenance margin rate is ${found}`,
  'reduce-only': () => 'the exchange lets this position only be reduced',
  'daily-loss': (found, limit) => `${usdtOf(found)} were lost in a day, allowed are ${usdtOf(limit)}`,
  'draw-down': (found, limit) =>
    `the equity fell ${percent(found)} from its peak, allowed are ${percent(limit)}`,
  'churn-budget': (found, limit) => `fees of the day would be ${usdtOf(found)}, allowed are ${usdtOf(limit)}`,
  'order-rate': (found, limit) =>
    `${percent(found)} of the order quota is left, ${percent(limit)} is kept for exits`,
  'symbol-too-large': (found, limit) =>
    `all that is held in it would be ${usdtOf(found)}, allowed are ${usdtOf(limit)}`,
  'too-many-hedges': (_, limit) => `${limit} hedges are open, no more are allowed`,
  'symbol-taken': () => 'it has a hedge already',
  'no-room': (found, limit) => `room for ${usdtOf(found)} is left, the smallest hedge takes ${usdtOf(limit)}`,
  'total-too-large': (found, limit) =>
    `all hedges together would be ${usdtOf(found)}, allowed are ${usdtOf(limit)}`,
  'free-margin': (found, limit) => `${usdtOf(found)} would stay free, at least ${usdtOf(limit)} must`,
  'below-minimum': (found, limit) =>
    `an order of ${usdtOf(found)} is below the exchange's minimum of ${usdtOf(limit)}`,
  'spot-depth': () => 'the spot book is too thin for one slice',
  'perp-depth': () => 'the book of the perpetual is too thin for one slice',
}

/** `carry-below-entry: found 0.1, limit 0.15` or the parts of it, in words; what is not known stays as it is. */
export function reasonText(because: string, found?: string, limit?: string): string {
  const parts = /^([\w-]+): found (.+), limit (.+)$/.exec(because)
  const [name, was, held] = parts ? parts.slice(1) : [because, found, limit]
  const words = WORDS[name ?? '']
  if (words) return words(was ?? '', held ?? '')
  // A person's own words stay as they are.
  const plain = /^[\w-]*$/.test(name ?? '') ? (name ?? '').replaceAll('-', ' ') : (name ?? '')
  return was === undefined || was === ''
    ? plain
    : `${plain}: found ${shorter(was)}, limit ${shorter(held ?? '')}`
}

/** A figure with more digits than the eye needs. */
const shorter = (text: string) =>
  /^-?\d+\.\d{5,}$/.test(text) ? String(Number.parseFloat(Number(text).toPrecision(4))) : text
