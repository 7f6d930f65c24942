/** Alerts as people read them: the most urgent first, what they are about, and their details in words. */
import type { AlertRow } from '../../../api/rows/rows.ts'
import { amountText, lengthText, percentText } from '../../../wording/figures.ts'

const urgency = ({ clearedAtMs, severity }: AlertRow) =>
  clearedAtMs !== null ? 2 : severity === 'page' ? 0 : 1

/** Those that stand first, of these what calls a person at once, and of equals the newest. */
export const byUrgency = (alerts: readonly AlertRow[]): AlertRow[] =>
  alerts.toSorted((a, b) => urgency(a) - urgency(b) || b.raisedAtMs - a.raisedAtMs)

/** The page that shows what an alert is about. */
export function placeOf(subject: string): string | undefined {
  const hedge = /^hedge:(\w+)$/.exec(subject)?.[1]
  if (hedge) return `/hedges/${hedge}`
  if (/^[A-Z0-9]+USDT$/.test(subject)) return `/inspector/${encodeURIComponent(`symbol:${subject}`)}`
  return /^[\w-]+:\w+$/.test(subject) ? `/inspector/${encodeURIComponent(subject)}` : undefined
}

const SUBJECTS: Readonly<Record<string, string>> = {
  '': 'the engine',
  spot: 'the spot feed',
  linear: 'the perp feed',
}

export const subjectText = (subject: string): string => SUBJECTS[subject] ?? subject

/** `age 1 min 8 s, policy ignore`: names without their unit, values with it. */
export const detailText = ({ detail }: AlertRow): string =>
  Object.entries(detail)
    .filter(([name]) => name !== 'severity')
    .map(([name, value]) => {
      const [, plain = name, unit = ''] = /^(.+?)(AtMs|Ms|Usdt|Rate|Bps)?$/.exec(name) ?? []
      const words = plain.replace(/[A-Z]/g, letter => ` ${letter.toLowerCase()}`)
      return `${words} ${valueText(value, unit)}`
    })
    .join(', ')

function valueText(value: unknown, unit: string): string {
  const size = Number(value)
  if ((typeof value !== 'number' && typeof value !== 'string') || value === '' || Number.isNaN(size))
    return typeof value === 'string' ? value : JSON.stringify(value)
  if (unit === 'Ms') return lengthText(size)
  if (unit === 'AtMs') return `${new Date(size).toISOString().slice(11, 19)} UTC`
  if (unit === 'Usdt') return `${amountText(String(value))} USDT`
  if (unit === 'Rate') return percentText(size)
  return unit === 'Bps' ? `${value} bps` : String(value)
}
