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
  delisting: found => `the perpetual is to be delisted (${found})`,
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
  const plain = (name ?? '').replaceAll('-', ' ')
  return was === undefined || was === ''
    ? plain
    : `${plain}: found ${shorter(was)}, limit ${shorter(held ?? '')}`
}

/** A figure with more digits than the eye needs. */
const shorter = (text: string) =>
  /^-?\d+\.\d{5,}$/.test(text) ? String(Number.parseFloat(Number(text).toPrecision(4))) : text
