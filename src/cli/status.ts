/** `status`: the engine on one page, once or as it changes. */
import type { EngineSummary } from '../api/engine-view.ts'
import type { Holding } from '../api/rows.ts'
import type { Shown } from './asking.ts'
import { type Client, engineClient } from './client.ts'
import { CliFailure } from './failure.ts'
import { clockText, instantText, lengthText } from './figures.ts'
import { type HedgeRow, hedgeLines, holdingsOf, isOpen } from './hedges.ts'
import { listen, untilStopped } from './live.ts'
import { bold, dim, green, pairs, print, printJson, printJsonLine, red, yellow } from './output.ts'
import { openScreen } from './screen.ts'

export async function showStatus({ json, watch, ...where }: Shown & { watch?: boolean }): Promise<void> {
  const client = engineClient(where)
  if (watch)
    return untilStopped(signal => (json || !process.stdout.isTTY ? tell : draw)(client, signal, json))
  const engine = (await client.get('/api/engine')) as EngineSummary
  if (json) return printJson(engine)
  print(page(engine, await openHedges(client)).join('\n'))
}

type Held = { hedges: readonly HedgeRow[]; holdings: ReadonlyMap<string, Holding> }

function page(engine: EngineSummary, { hedges, holdings }: Held): string[] {
  const {
    mode,
    state,
    halt,
    exchange,
    speed,
    version,
    symbols,
    ledgerResiduals,
    health,
    nowMs,
    startedAtMs,
  } = engine
  const values = {
    engine: `${coloured(state)}${halt ? red(` by ${halt.by}: ${halt.because}`) : ''}`,
    mode: speed === 1 ? mode : `${mode} at ${speed} times the wall clock`,
    clock: `${instantText(nowMs)} UTC, up ${lengthText(Math.max(0, nowMs - startedAtMs))}`,
    exchange,
    version,
    hedges: counts(engine.hedges),
    symbols: counts(symbols),
    'ledger residual': residualText(ledgerResiduals),
  }
  const open = hedges.length > 0 ? ['', ...hedgeLines(hedges, holdings, nowMs)] : []
  const width = Math.max(...health.map(({ name }) => name.length))
  const parts = health.map(
    ({ name, ok, detail }) =>
      `${ok ? green('ok     ') : red('failing')}  ${name.padEnd(width)}  ${dim(readable(detail))}`,
  )
  return [...pairs(values).split('\n'), ...open, '', ...parts]
}

const coloured = (state: string) =>
  state === 'trading' ? green(state) : /^(halted|stopping)/.test(state) ? red(state) : yellow(state)

const readable = (detail: string) => detail.replace(/\b(\d+) ms\b/g, (_, ms) => lengthText(Number(ms)))

const counts = (values: Record<string, number | string>) =>
  Object.entries(values)
    .map(([name, value]) => `${name} ${value}`)
    .join(', ') || 'none'

function residualText(residuals: Record<string, string>): string {
  const open = Object.entries(residuals).filter(([, value]) => Number(value) !== 0)
  const coins = Object.keys(residuals).length
  if (open.length > 0) return red(counts(Object.fromEntries(open)))
  return coins === 0 ? 'no coin booked yet' : `0 in ${Object.keys(residuals).join(', ')}`
}

async function openHedges(client: Client): Promise<Held> {
  const [all, holdings] = await Promise.all([client.get('/api/hedges'), holdingsOf(client)])
  return { hedges: (all as HedgeRow[]).filter(isOpen), holdings }
}

async function draw(client: Client, signal: AbortSignal): Promise<void> {
  const screen = openScreen()
  let engine: EngineSummary | undefined
  let held: Held = { hedges: [], holdings: new Map() }
  let askedAtMs = 0
  try {
    for await (const heard of listen(client, signal)) {
      if (heard.kind === 'engine') {
        engine = heard.engine
        // The stream says that something moved; what hedges hold is asked for, about once a second of the wall.
        if (engine.nowMs - askedAtMs > 1000 * engine.speed) {
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

function newsOf({ state, halt, hedges, symbols, ledgerResiduals, health }: EngineSummary): string {
  const bad = health.filter(({ ok }) => !ok).map(({ name }) => name)
  return [
    `${state}${halt ? ` by ${halt.by}: ${halt.because}` : ''}`,
    `hedges ${counts(hedges)}`,
    `symbols ${counts(symbols)}`,
    `residual ${residualText(ledgerResiduals)}`,
    bad.length > 0 ? red(`failing: ${bad.join(', ')}`) : 'all well',
  ].join('; ')
}
