/** What is said of an alert, to machines as JSON and to people as a few lines. */
import type { Alert } from '../delivery/alert-log.ts'

export type Occasion = 'raised' | 'worse' | 'escalated' | 'cleared'

export type AlertMessage = {
  occasion: Occasion
  /** Which engine speaks: its mode and account. */
  engine: string
  alert: Alert
}

const HEAD: Record<Occasion, string> = {
  raised: '',
  worse: 'WORSE, ',
  escalated: 'NOBODY HAS ACKNOWLEDGED, ',
  cleared: 'OVER: ',
}

/** The first line of a message: what it is about. */
export function subjectLine({ occasion, engine, alert }: AlertMessage): string {
  const weight = occasion === 'cleared' ? '' : `${alert.severity.toUpperCase()}: `
  const about = alert.subject === '' ? '' : ` (${alert.subject})`
  return `${HEAD[occasion]}${weight}${alert.message}${about} [hedgerow ${engine}]`
}

/** The whole message as plain text; no line of it is markup. */
export function textOf(message: AlertMessage): string {
  const { alert } = message
  const details = Object.entries(alert.detail).map(([name, value]) => `${name}: ${plain(value)}`)
  const times = [`since ${iso(alert.raisedAtMs)}`]
  if (alert.clearedAtMs !== null) times.push(`until ${iso(alert.clearedAtMs)}`)
  return [subjectLine(message), ...details, times.join(' '), `RUNBOOK.md: ${alert.name}`].join('\n')
}

const iso = (atMs: number) => new Date(atMs).toISOString()
const plain = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value))
