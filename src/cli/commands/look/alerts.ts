/** `alerts`: what the engine wants a person to know, and a person's word that it is known. */

import type { EngineSummary } from '../../../api/engine-view.ts'
import type { AlertRow } from '../../../api/rows/rows.ts'
import { instantText, lengthText } from '../../../wording/figures.ts'
import type { Shown } from '../../kit/asking.ts'
import { type Client, engineClient } from '../../kit/client.ts'
import { CliFailure } from '../../kit/failure.ts'
import { dim, green, print, printJson, red, table, yellow } from '../../kit/output.ts'

export async function showAlerts({
  json,
  standing,
  ...where
}: Shown & { standing?: boolean }): Promise<void> {
  const client = engineClient(where)
  const [all, engine] = await Promise.all([
    alertsOf(client),
    client.get('/api/engine') as Promise<EngineSummary>,
  ])
  const alerts = standing ? all.filter(({ clearedAtMs }) => clearedAtMs === null) : all
  if (json) return printJson(alerts)
  if (alerts.length === 0) return print(standing ? green('no alert stands') : 'there was no alert yet')
  const rows = alerts.map(alert => ({
    id: alert.alertId,
    severity: alert.severity === 'page' ? red(alert.severity) : yellow(alert.severity),
    since: instantText(alert.raisedAtMs),
    stands: stands(alert, engine.nowMs),
    name: alert.name,
    subject: alert.subject,
    message: alert.message,
  }))
  const columns = {
    id: 'ALERT',
    severity: 'SEVERITY',
    since: 'RAISED (UTC)',
    stands: 'STANDS',
    name: 'NAME',
    subject: 'SUBJECT',
    message: 'MESSAGE',
  }
  print(table(rows, columns, { spare: ['since', 'name', 'severity'] }))
}

function stands({ raisedAtMs, clearedAtMs, acknowledgedBy }: AlertRow, nowMs: number): string {
  if (clearedAtMs !== null) return dim(`ended after ${lengthText(clearedAtMs - raisedAtMs)}`)
  const length = lengthText(Math.max(0, nowMs - raisedAtMs))
  return acknowledgedBy ? `${length}, taken by ${acknowledgedBy}` : red(length)
}

export async function acknowledge(typed: string, { json, ...where }: Shown): Promise<void> {
  const client = engineClient(where)
  const known = (await alertsOf(client)).filter(({ clearedAtMs }) => clearedAtMs === null)
  const fitting = known.filter(({ alertId }) => alertId === typed || alertId.startsWith(typed))
  const [alert] = fitting
  if (!alert || fitting.length > 1)
    throw new CliFailure(
      `expected one standing alert that begins with ${typed}, found ${fitting.length}; standing: ${known.map(({ alertId }) => alertId).join(', ') || 'none'}`,
    )
  const taken = await client.post(`/api/alerts/${encodeURIComponent(alert.alertId)}/acknowledge`)
  if (json) printJson(taken)
  else print(`${alert.alertId} is taken: ${alert.message}`)
}

async function alertsOf(client: Client): Promise<AlertRow[]> {
  const answer = (await client.find('/api/alerts')) as AlertRow[] | { rows: AlertRow[] } | undefined
  if (answer === undefined)
    throw new CliFailure('this engine tells of no alerts: it is older than this command line')
  return Array.isArray(answer) ? answer : answer.rows
}
