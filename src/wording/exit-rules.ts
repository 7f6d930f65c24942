/** What would make a hedge close, a sentence for each rule: where it stands now, and where it acts. */
import type { ExitCondition, ExitRule } from '../domain/exit/exit-conditions.ts'
import { amountText, bpsText, lengthText, percentText } from './figures.ts'

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

const SAYS: Readonly<Record<ExitRule, (now: string, limit: string) => string>> = {
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
  const says = SAYS[rule](figure(now, condition), figure(limit, condition))
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
