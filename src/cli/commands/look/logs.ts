/** `logs`: the last lines of the engine, once or as they come. */
import { setTimeout as pause } from 'node:timers/promises'
import type { EngineLine } from '../../../api/rows/results.ts'
import type { Shown } from '../../kit/asking.ts'
import { type Client, engineClient } from '../../kit/client.ts'
import { CliFailure } from '../../kit/failure.ts'
import { untilStopped } from '../../kit/live.ts'
import { dim, print, printJson, printJsonLine, red, yellow } from '../../kit/output.ts'

type Asked = Shown & { level: string; last: number; watch?: boolean }

const EVERY_MS = 1_000

/** `logs`: the last lines at a level or worse; with `watch`, new ones as they come. */
export async function showLogs({ level, last, watch, json, ...where }: Asked): Promise<void> {
  const client = engineClient(where)
  const rows = await linesOf(client, { after: 0, level, limit: last })
  if (json && !watch) return printJson({ rows })
  tell(rows, json)
  if (watch)
    await untilStopped(signal => follow(client, { level, json, after: rows.at(-1)?.seq ?? 0 }, signal))
  else if (rows.length === 0) print(`no line at level ${level} or worse`)
}

async function follow(
  client: Client,
  { level, json, after }: { level: string; json: boolean | undefined; after: number },
  signal: AbortSignal,
): Promise<void> {
  let seen = after
  while (!signal.aborted) {
    await pause(EVERY_MS, undefined, { signal }).catch(() => {})
    const rows = await linesOf(client, { after: seen, level, limit: 1_000 }).catch(error => {
      // It is being started again: its lines begin anew.
      if (!(error instanceof CliFailure)) throw error
      seen = 0
      return []
    })
    tell(rows, json)
    seen = rows.at(-1)?.seq ?? seen
  }
}

async function linesOf(
  client: Client,
  query: { after: number; level: string; limit: number },
): Promise<EngineLine[]> {
  const { after, level, limit } = query
  const answer = await client.get(`/api/logs?after=${after}&level=${level}&limit=${limit}`)
  return (answer as { rows: EngineLine[] }).rows
}

function tell(rows: readonly EngineLine[], json: boolean | undefined): void {
  for (const line of rows)
    if (json) printJsonLine(line)
    else print(lineText(line))
}

const PAINT: Readonly<Record<string, (text: string) => string>> = { error: red, warn: yellow }

function lineText({ at, level, message, fields }: EngineLine): string {
  const rest = Object.entries(fields).map(
    ([name, value]) => `${dim(`${name}=`)}${typeof value === 'string' ? value : JSON.stringify(value)}`,
  )
  const paint = PAINT[level] ?? dim
  return [at.slice(0, 19).replace('T', ' '), paint(level.padEnd(5)), message, ...rest].join(' ')
}
