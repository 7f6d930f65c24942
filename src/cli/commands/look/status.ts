/** `status`: the engine on one page, once or as it changes. `alerts`: what stands and what stood. */
import type { EngineSummary } from '../../../api/engine-view.ts'
import type { AccountRow, AlertRow, Holding, QuotaRow } from '../../../api/rows/rows.ts'
import { whyText } from '../../../wording/engine.ts'
import { amountText, clockText, instantText, lengthText, paceText } from '../../../wording/figures.ts'
import type { Shown } from '../../kit/asking.ts'
import { type Client, engineClient } from '../../kit/client.ts'
import { CliFailure } from '../../kit/failure.ts'
import { listen, untilStopped } from '../../kit/live.ts'
import {
  bold,
  dim,
  green,
  pairs,
  print,
  printJson,
  printJsonLine,
  red,
  table,
  yellow,
} from '../../kit/output.ts'
import { openScreen } from '../../kit/screen.ts'
import { scarcestText } from './account.ts'
import { type HedgeListed, hedgeLines, holdingsOf, isOpenHedge } from './hedges.ts'

/** Prints the engine on one page, once or at each change. */
export async function printStatus({ json, watch, ...where }: Shown & { watch?: boolean }): Promise<void> {
  const client = engineClient(where)
  if (watch)
    return untilStopped(signal => (json || !process.stdout.isTTY ? tell : draw)(client, signal, json))
  const engine = (await client.get('/api/engine')) as EngineSummary
  if (json) return printJson(engine)
  print(page(engine, await openHedges(client)).join('\n'))
}

type Held = {
  hedges: readonly HedgeListed[]
  holdings: ReadonlyMap<string, Holding>
  /** Undefined while the exchange does not answer. */
  quota: readonly QuotaRow[] | undefined
}

function page(engine: EngineSummary, { hedges, holdings, quota }: Held): string[] {
  const { mode, state, exchange, speed, version, symbols, ledgerResiduals, health, nowMs, startedAtMs } =
    engine
  const values = {
    engine: `${coloured(state)}${why(engine)}`,
    mode: speed === 1 ? mode : `${mode}, time ${paceText(engine)}`,
    clock: `${instantText(nowMs)} UTC, up ${lengthText(Math.max(0, nowMs - startedAtMs))}`,
    exchange,
    version,
    equity: `${amountText(engine.equityUsdt)} USDT`,
    hedges: counts(engine.hedges),
    symbols: counts(symbols),
    'ledger residual': residualText(ledgerResiduals),
    'request limits': quota ? scarcestText(quota) : 'not known: the exchange does not answer',
  }
  const open = hedges.length > 0 ? ['', ...hedgeLines(hedges, holdings, nowMs)] : []
  const width = Math.max(...health.map(({ name }) => name.length))
  const parts = health.map(
    ({ name, ok, detail }) =>
      `${ok ? green('ok     ') : red('failing')}  ${name.padEnd(width)}  ${dim(detail)}`,
  )
  return [...pairs(values).split('\n'), ...open, '', ...parts]
}

const why = (engine: EngineSummary) => {
  const text = whyText(engine)
  return text === '' ? '' : (engine.halt ? red : yellow)(text)
}

const coloured = (state: string) =>
  state === 'trading' ? green(state) : /^(halted|stopping)/.test(state) ? red(state) : yellow(state)

const counts = (values: Record<string, number | string>) =>
  Object.entries(values)
    .map(([name, value]) => `${name} ${value}`)
    .join(', ') || 'none'

function residualText(residuals: Record<string, string>): string {
  const open = Object.entries(residuals).filter(([, value]) => Number(value) !== 0)
  const coins = Object.keys(residuals).length
  if (open.length > 0) return red(counts(Object.fromEntries(open)))
  return coins === 0 ? 'not compared yet' : `0 in ${Object.keys(residuals).join(', ')}`
}

async function openHedges(client: Client): Promise<Held> {
  const [all, holdings, account] = await Promise.all([
    client.get('/api/hedges'),
    holdingsOf(client),
    // What the exchange may say is an extra: without it the rest is still worth reading.
    client.get('/api/account').catch(() => undefined),
  ])
  const quota = (account as AccountRow | undefined)?.quota
  return { hedges: (all as HedgeListed[]).filter(isOpenHedge), holdings, quota }
}

async function draw(client: Client, signal: AbortSignal): Promise<void> {
  const screen = openScreen()
  let engine: EngineSummary | undefined
  let held: Held = { hedges: [], holdings: new Map(), quota: undefined }
  let askedAtMs = 0
  try {
    for await (const heard of listen(client, signal)) {
      if (heard.kind === 'engine') {
        engine = heard.engine
        // The stream says that something moved; in our hedges is asked for, about once a second of the wall.
        if (engine.nowMs - askedAtMs > 1000 * engine.pace) {
          askedAtMs = engine.nowMs
          held = await openHedges(client).catch(keep(held))
        }
      }
      const head = heard.kind === 'away' ? red(heard.because) : dim('live · Ctrl-C ends')
      screen.draw([`${bold('hedgerow')} ${head}`, ...(engine ? page(engine, held) : [])])
    }
  } finally {
    screen.end()
  }
}

/** The engine may go between two questions: the stream will say so. */
const keep =
  <Known>(known: Known) =>
  (error: unknown): Known => {
    if (error instanceof CliFailure && error.status === undefined) return known
    throw error
  }

/** One line at each change that is news; ages that only grow are not. */
async function tell(client: Client, signal: AbortSignal, json: boolean | undefined): Promise<void> {
  let told = ''
  for await (const heard of listen(client, signal)) {
    if (heard.kind === 'away') process.stderr.write(`${heard.because}\n`)
    if (heard.kind !== 'engine') continue
    const line = newsOf(heard.engine)
    if (line === told) continue
    told = line
    if (json) printJsonLine(heard.engine)
    else print(`${clockText(heard.engine.nowMs)}  ${line}`)
  }
}

function newsOf(engine: EngineSummary): string {
  const { hedges, symbols, ledgerResiduals, health } = engine
  const bad = health.filter(({ ok }) => !ok).map(({ name }) => name)
  return [
    `${engine.state}${why(engine)}`,
    `hedges ${counts(hedges)}`,
    `symbols ${counts(symbols)}`,
    `residual ${residualText(ledgerResiduals)}`,
    bad.length > 0 ? red(`failing: ${bad.join(', ')}`) : 'all well',
  ].join('; ')
}

/** Prints alerts: those that stand, and unless only they are asked for, those that stood. */
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
  return acknowledgedBy ? `${length}, acknowledged by ${acknowledgedBy}` : red(length)
}

/** Takes an alert, named by the beginning of its id. @throws CliFailure when none or several begin so */
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
  else print(`${alert.alertId} is acknowledged: ${alert.message}`)
}

async function alertsOf(client: Client): Promise<AlertRow[]> {
  const answer = (await client.find('/api/alerts')) as AlertRow[] | { rows: AlertRow[] } | undefined
  if (answer === undefined)
    throw new CliFailure('this engine tells of no alerts: it is older than this command line')
  return Array.isArray(answer) ? answer : answer.rows
}
