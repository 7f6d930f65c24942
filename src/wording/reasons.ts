/**
 * The engine's reasons in words. A reason is a name with what was found and what the rule allows; a name this file does
 * not know is shown as it is, so that a newer engine is never misquoted.
 */

import type { ExitCondition, ExitRule } from '../domain/exit/exit-conditions.ts'
import { amountText, bpsText, lengthText, percentText } from './figures.ts'

type Says = (found: string, limit: string) => string

const apr = (text: string) => (Number.isFinite(Number(text)) ? `${percentText(text)} a year` : text)
const rate = (text: string) => (Number.isFinite(Number(text)) ? percentText(text) : text)
const usdt = (text: string) => (Number.isFinite(Number(text)) ? `${amountText(text)} USDT` : text)
const lengths = (text: string) =>
  text.replace(/-?\d+(\.\d+)? ms\b/g, each => lengthText(Number.parseFloat(each)))
const rounded = (text: string) => text.replace(/-?\d+\.\d{3,}/g, each => amountText(each))
const old =
  (what: string): Says =>
  (found, limit) =>
    `${what} is ${lengths(found)} old, more than ${lengths(limit)}`
const missing =
  (what: string): Says =>
  found =>
    `${what} has not arrived yet${found && found !== 'none' ? ` (found ${found})` : ''}`

const SAYS: Readonly<Record<string, Says>> = {
  'carry-above-entry': (found, limit) =>
    `net carry of ${apr(found)} on capital is above the entry bar of ${apr(limit)}`,
  'carry-below-entry': (found, limit) =>
    `net carry of ${apr(found)} on capital is not above the entry bar of ${apr(limit)}`,
  'carry-later': found => `it is expected to pay, but later: ${rounded(found)} against idle money`,
  'settlement-near': (found, limit) =>
    `the next settlement is ${lengths(found)} away, nearer than ${lengths(limit)}`,
  'spot-not-trading': found => `the spot market ${found} is not trading`,
  'perp-not-trading': found => `the perpetual ${found} is not trading`,
  'delisting-announced': found => `a delisting is announced (${found})`,
  'special-treatment': found => `the exchange labels ${found} "special treatment" (ST)`,
  'run-off': found => `${found} is not a configured symbol: it is tracked only until its hedge is closed`,
  'funding-unread': () => "the perpetual's funding history has not been read yet",
  'basis-absurd': (found, limit) =>
    `perpetual and spot are too far apart to belong together: ${found}, at most ${limit}`,
  'price-unlike-index': (found, limit) => `the spot price is unlike the index: ${found}, at most ${limit}`,
  'basis-moved': (found, limit) =>
    `the entry basis moved ${rounded(found)} against the plan, more than ${limit}`,
  'direction-not-allowed': (found, limit) => `the rules allow ${limit}, not ${found}`,
  'listed-lately': (found, limit) => `listed only ${lengths(found)} ago, less than ${lengths(limit)}`,
  maintenance: (found, limit) =>
    `the exchange's maintenance begins in ${lengths(found)}, nearer than ${lengths(limit)}`,
  'interval-changed': (found, limit) =>
    `its funding schedule changed ${lengths(found)} ago; it must be quiet for ${lengths(limit)}`,
  'adl-near': (found, limit) => `near auto-deleveraging: found ${found}, must be ${limit}`,
  'collateral-restricted': found => `the exchange takes no more ${found} as collateral`,
  'borrow-unknown': () => 'what borrowing the coin costs is not known',
  'borrow-stale': old('the borrow rate'),
  'margin-trading-off': found => `${found} does not trade on margin now`,
  'borrow-inventory': (found, limit) =>
    `the lending pool has ${rounded(found)} coins, ${rounded(limit)} are needed`,
  'no-route': (found, limit) => `no route works now (${found}); allowed: ${limit}`,
  'spot-exit-depth': (found, limit) =>
    `the spot order book is too thin on the way out: found ${rounded(found)}, needed ${rounded(limit)}`,
  'perp-exit-depth': (found, limit) =>
    `the perpetual's order book is too thin on the way out: found ${rounded(found)}, needed ${rounded(limit)}`,
  'spot-book-missing': missing('the spot order book'),
  'perp-book-missing': missing("the perpetual's order book"),
  'ticker-missing': missing('the ticker'),
  'spot-book-stale': old('the spot order book'),
  'perp-book-stale': old("the perpetual's order book"),
  'ticker-stale': old('the ticker'),
  'spread-not-listed': () => 'the exchange has no spread instrument of both legs',
  'spread-not-trading': () => 'the spread instrument does not trade',
  'spread-stale': old('the spread order book'),
  'spread-depth': (found, limit) =>
    `the spread order book is too thin: found ${rounded(found)}, needed ${rounded(limit)}`,
  'spread-borrows': () => 'a spread order may not borrow the coin',
  'book-missing': missing('an order book'),
  'not-enough-depth': (found, limit) =>
    `an order book is too thin: found ${rounded(found)}, needed ${rounded(limit)}`,
  'no-room': (found, limit) => `there is room for ${usdt(found)}, a hedge needs ${usdt(limit)}`,
  'below-minimum': (found, limit) =>
    `the largest hedge would be ${rounded(found)}, below the minimum of ${rounded(limit)}`,
  'spot-depth': (found, limit) =>
    `the spot order book is too thin: found ${rounded(found)}, needed ${rounded(limit)}`,
  'perp-depth': (found, limit) =>
    `the perpetual's order book is too thin: found ${rounded(found)}, needed ${rounded(limit)}`,
  'carry-stays': () => 'staying is expected to pay',
  'carry-fading': (found, limit) => `closing has looked better ${found}; it closes at ${limit}`,
  'carry-gone': (found, limit) =>
    `staying is expected to cost more than entering again: ${rounded(found)}, ${rounded(limit)}`,
  'cheaper-to-stay': (found, limit) =>
    `staying is expected to cost, but entering again would cost more: ${rounded(found)}, ${rounded(limit)}`,
  'stop-watched': (found, limit) =>
    `past a stop, but not for ${lengths(limit)} yet: ${rounded(lengths(found))}`,
  'settlement-due': found => `it closes once the next settlement is paid (${rounded(lengths(found))})`,
  'better-elsewhere': (found, limit) =>
    `another symbol pays more: ${rounded(found)}; needed: more than ${rounded(limit)}`,
  'borrow-cost': (found, limit) =>
    `the borrow costs more than the funding brings: ${rounded(found)}, ${rounded(limit)}`,
  'hold-maximum': (found, limit) => `held for ${lengths(found)}, at most ${lengths(limit)} are allowed`,
  solvency: (found, limit) =>
    found.endsWith('not read yet')
      ? `solvency is not known: ${found}`
      : `the modelled maintenance margin rate is ${found}; hedges are closed from ${rate(limit)}`,
  'liquidation-near': (found, limit) =>
    `a price move of ${rate(found)} would liquidate it; the limit is ${rate(limit)}`,
  'reduce-only': () => 'the exchange has set this position to reduce-only',
  'basis-stop': (found, limit) => `the basis moved against it: ${rounded(found)}; the stop is at ${limit}`,
  'loss-stop': (found, limit) => `the hedge lost ${rounded(found)} in total; the stop is at ${limit}`,
  'take-profit': (found, limit) => `the hedge made ${rounded(found)} in total; profit is taken from ${limit}`,
  'solvency-after': (found, limit) =>
    `with this hedge the modelled maintenance margin rate would be ${found}; hedges are closed from ${rate(limit)}`,
  delisting: (found, limit) => `the perpetual is being delisted: ${lengths(found)}; closes ${lengths(limit)}`,
  margin: (found, limit) =>
    `the account's maintenance margin rate of ${rate(found)} has reached ${rate(limit)}`,
  halted: () => 'the engine is halted: no new risk',
  'symbol-taken': found => `hedge ${found} holds this symbol already`,
  'too-many-hedges': (_, limit) => `${limit} hedges are open already, no more are allowed`,
  'hedge-too-small': (found, limit) => `${usdt(found)} is below the smallest hedge allowed, ${usdt(limit)}`,
  'hedge-too-large': (found, limit) => `${usdt(found)} is above the largest hedge allowed, ${usdt(limit)}`,
  'total-too-large': (found, limit) =>
    `all hedges together would come to ${usdt(found)}, above ${usdt(limit)}`,
  'symbol-too-large': (found, limit) =>
    `everything held in this symbol would come to ${usdt(found)}, above ${usdt(limit)}`,
  'group-too-large': (found, limit) =>
    `everything held in its group would come to ${usdt(found)}, above ${usdt(limit)}`,
  'daily-loss': (found, limit) => `the day's loss is ${usdt(found)}, the limit is ${usdt(limit)}`,
  'draw-down': (found, limit) => `the equity fell ${rate(found)} from its peak, the limit is ${rate(limit)}`,
  'order-rate': (found, limit) =>
    `${rate(found)} of the order quota is left, ${rate(limit)} is kept for exits`,
  'churn-budget': (found, limit) => `the day's fees would be ${usdt(found)}, above ${usdt(limit)}`,
  'free-margin': (found, limit) => `free margin would be ${usdt(found)}, below ${usdt(limit)}`,
  'no-share': (found, limit) => `a part of a hedge is ${limit}, not ${found}`,
  'part-too-small': (found, limit) =>
    `the part would be ${rounded(found)} coins, less than the exchange takes on both legs (${rounded(limit)}): close a larger part`,
  'rest-too-small': (found, limit) =>
    `the rest would be ${rounded(found)} coins, less than the exchange takes on both legs (${rounded(limit)}): close the whole hedge`,
  'margin-rate': (found, limit) => `the maintenance margin rate of ${rate(found)} has reached ${rate(limit)}`,
}

type Reason = { because: string; found?: string; limit?: string }

/** A reason as a sentence without its full stop. */
export function reasonText({ because, found = '', limit = '' }: Reason): string {
  const says = SAYS[because]
  if (says) return says(found, limit)
  // A name nobody wrote words for is shown as it is; a person's own words are left alone.
  const name = /^[a-z]+(-[a-z]+)+$/.test(because) ? because.replaceAll('-', ' ') : because
  return found || limit ? `${name}: found ${rounded(found)}, limit ${rounded(limit)}` : name
}

/** The reasons that have words of their own. */
export const TOLD_REASONS: readonly string[] = Object.keys(SAYS)

/**
 * The same for a reason that was journaled as one text: `name: found x, limit y`, or that in brackets after another text.
 * Anything else stays as it is, save that lengths of time are rounded.
 */
export function spokenReason(text: string | null | undefined): string {
  const [, outer, inner] = /^(.*) \(([a-z-]+: found .*, limit .*)\)$/s.exec(text ?? '') ?? []
  if (outer !== undefined) return `${outer} (${spokenReason(inner)})`
  const [, because, found, limit] = /^([a-z-]+): found (.*), limit (.*)$/s.exec(text ?? '') ?? []
  if (because === undefined) return lengths(reasonText({ because: text ?? '' }))
  return reasonText({ because, found: found ?? '', limit: limit ?? '' })
}

/** The name alone, for a column: `carry below entry`. */
export const shortReason = (text: string | null | undefined): string =>
  (/^[a-z]+(-[a-z]+)*(?=$|: found )/.exec(text ?? '')?.[0] ?? text ?? '').replaceAll('-', ' ')

// What would make a hedge close, a sentence for each rule: where it stands now, and where it acts.

/** The rule in a few words, as after "closes when". */
export const EXIT_RULES: Readonly<Record<ExitRule, string>> = {
  'carry-gone': 'its carry is gone',
  'basis-stop': 'the basis moves against it',
  'loss-stop': 'it has lost too much',
  'take-profit': 'it has made enough',
  'hold-maximum': 'it was held long enough',
  margin: 'the account is short of margin',
  'adl-near': 'auto-deleveraging is near',
  delisting: 'the perpetual is delisted',
  'borrow-inventory': 'the loan may be recalled',
}

const CONDITION_TEXTS: Readonly<Record<ExitRule, (now: string, limit: string) => string>> = {
  'carry-gone': (now, limit) =>
    `closing would save ${now} over the exit horizon; it closes above ${limit}, the cost of entering again`,
  'basis-stop': (now, limit) =>
    `the basis has moved ${now} against it; the stop is at ${limit}, unless funding is expected to pay for it`,
  'loss-stop': (now, limit) => `in total it has lost ${now}; the stop is at ${limit}`,
  'take-profit': (now, limit) => `closed now it would have made ${now}; profit is taken from ${limit}`,
  'hold-maximum': (now, limit) => `held for ${now}; at most ${limit} are allowed`,
  margin: (now, limit) => `the account's maintenance margin rate is ${now}; it closes from ${limit}`,
  'adl-near': (now, limit) => `its place in the queue is ${now}; it closes from ${limit}`,
  delisting: (now, limit) => `the perpetual ends in ${now}; it closes ${limit} before`,
  'borrow-inventory': (now, limit) => `the lending pool has ${now} coins; it closes below ${limit}`,
}

/** One rule with its figures, without a full stop. What is not known says so. */
export function exitConditionText(condition: ExitCondition): string {
  const { rule, now, limit, times, timesMin, heldMs, heldMsMin } = condition
  if (now === null) return 'not known now: market data is missing'
  const says = CONDITION_TEXTS[rule](figure(now, condition), figure(limit, condition))
  if (timesMin !== undefined) return `${says}, at ${timesMin} checks in a row (now ${times ?? 0})`
  if (heldMsMin !== undefined)
    return `${says}, and it must last ${lengthText(heldMsMin)}${heldMs ? ` (so far ${lengthText(heldMs)})` : ''}`
  return says
}

function figure(value: number, { unit }: Pick<ExitCondition, 'unit'>): string {
  switch (unit) {
    case 'bps':
      return bpsText(value)
    case 'ms':
      return lengthText(value)
    case 'share':
      return percentText(value)
    default:
      return amountText(value, { places: Number.isInteger(value) ? 0 : 2 })
  }
}
