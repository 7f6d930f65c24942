/** What a person tells the engine: one event to one actor, or halt, resume and flatten for all of it. */
import { createInterface } from 'node:readline/promises'
import { setTimeout as pause } from 'node:timers/promises'
import { Decimal } from 'decimal.js'
import type { EngineSummary } from '../../api/engine-view.ts'
import { percentText } from '../../wording/figures.ts'
import type { Shown } from '../kit/asking.ts'
import { type Client, engineClient } from '../kit/client.ts'
import { CliFailure } from '../kit/failure.ts'
import { type Actor, actorPath, noSuchActor, trackedSymbol } from '../kit/known-actors.ts'
import { untilStopped } from '../kit/live.ts'
import { print, printJson } from '../kit/output.ts'
import { startProgress } from '../kit/screen.ts'
import { askClosing, closingLines, openHedge } from './look/money.ts'

type Outcome = { state: string; version: number; replayed: boolean; note?: string }

/** Sends one event, its fields from `data` (JSON). @throws CliFailure when it is not legal now, or there is no such actor */
export async function sendEvent(
  actor: string,
  type: string,
  { json, data, ...where }: Shown & { data?: string },
): Promise<void> {
  const fields = data === undefined ? {} : objectOf(data)
  const client = engineClient(where)
  try {
    tell((await client.post(`${actorPath(actor)}/events`, { ...fields, type })) as Outcome, actor, json)
  } catch (error) {
    throw error instanceof CliFailure && error.status === 404 ? await noSuchActor(client, actor) : error
  }
}

function objectOf(data: string): object {
  try {
    const fields: unknown = JSON.parse(data)
    if (typeof fields === 'object' && fields !== null && !Array.isArray(fields)) return fields
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
  }
  throw new CliFailure(`--data: expected a JSON object such as '{"because":"test"}', found ${data}`, 2)
}

/** No new risk from now on. */
export async function halt({ because, json, ...where }: Shown & { because?: string }): Promise<void> {
  tell(await command(engineClient(where), 'halt', because ? { because } : undefined), 'engine', json)
}

/** Ends a halt. */
export async function resume({ json, ...where }: Shown): Promise<void> {
  tell(await command(engineClient(where), 'resume'), 'engine', json)
}

/** Prints a link that signs a browser in, once. */
export async function link({ json, ...where }: Shown): Promise<void> {
  const answer = (await engineClient(where).post('/api/session/link')) as { url: string }
  if (json) printJson(answer)
  else print(answer.url)
}

const command = async (client: Client, name: string, body?: object): Promise<Outcome> =>
  (await client.post(`/api/engine/${name}`, body)) as Outcome

function tell(outcome: Outcome, actor: string, json: boolean | undefined): void {
  if (json) printJson(outcome)
  else print(`${actor} is now ${outcome.state} (step ${outcome.version})`)
  if (outcome.note && !json) print(outcome.note)
}

/**
 * `flatten`: asks once, gives the order, and waits until no hedge is left. A hedge that fails needs a person: the wait ends
 * there and says so.
 */
const LOOK_EVERY_MS = 500
const VERIFIED_LOOKS_MAX = 120

/**
 * Unwinds everything and, unless told not to, waits until it is closed. @throws CliFailure when the person says no, or it
 * fails
 */
export async function flatten({
  yes,
  wait,
  json,
  ...where
}: Shown & { yes?: boolean; wait: boolean }): Promise<void> {
  const client = engineClient(where)
  if (!yes) await askFirst(client)
  const before = await openHedges(client)
  const outcome = await command(client, 'flatten')
  if (!wait) {
    if (json) printJson(outcome)
    else print(`the engine is now ${outcome.state}; ${counted(before.length)} to unwind`)
    return
  }
  await untilStopped(signal => untilFlat(client, before.length, json, signal))
  const left = await untilVerified(client)
  if (json) printJson({ ...outcome, left })
  else if (left.length === 0) print('every hedge is closed; the engine stays halted until `hedgerow resume`')
  if (left.length > 0) throw new CliFailure(`the exchange still shows:\n  ${left.join('\n  ')}`)
}

async function askFirst(client: Client): Promise<void> {
  assertAsked('flatten')
  const open = await openHedges(client)
  await confirmed(`Halt, and unwind ${counted(open.length)} at the market’s price? Type yes: `)
}

function assertAsked(command: string): void {
  if (!process.stdin.isTTY)
    throw new CliFailure(`${command}: expected --yes, because there is no terminal to ask on`, 2)
}

async function confirmed(question: string): Promise<void> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr })
  const answer = await terminal.question(question)
  terminal.close()
  if (answer.trim() !== 'yes') throw new CliFailure('nothing was done')
}

type Unwinding = Shown & Closing & { yes?: boolean; wait: boolean }
type Closing = { part?: string; because: string; reopen?: boolean }

/** `unwind`: says what it costs, asks once, gives the order, and waits until the hedge (or the part) is closed or needs a person. */
export async function unwind(
  typed: string,
  { part, because, reopen, yes, wait, json, ...where }: Unwinding,
): Promise<void> {
  if (!yes) assertAsked('unwind')
  const client = engineClient(where)
  const { id, symbol } = await openHedge(client, typed)
  const closing = await askClosing(client, id, Number(part ?? 1))
  if (!json) print(closingLines(closing).join('\n'))
  if (!json && part === undefined) print(afterwards(symbol, reopen))
  const what = part === undefined ? symbol : `${percentText(Number(part))} of ${symbol}`
  if (!yes) await confirmed(`Close ${what} at the market’s price? Type yes: `)
  const actor = `hedge:${id}`
  const held = await heldBase(client, id)
  const event = closingEvent({ ...(part !== undefined && { part }), because, ...(reopen && { reopen }) })
  const outcome = (await client.post(`${actorPath(actor)}/events`, event)) as Outcome
  const ends = part === undefined ? 'closed' : 'hedged.watching'
  if (wait) await untilStopped(signal => untilIn(ends, client, id, signal))
  if (wait && part !== undefined) assertClosed(part, id, held, await heldBase(client, id))
  if (json) return printJson({ ...outcome, closing })
  const left = part === undefined ? '' : ', the rest stays hedged'
  print(wait ? `closed${left}; \`hedgerow hedge ${id}\` shows how` : `${actor} is now ${outcome.state}`)
}

/** Base coins of the perpetual that a hedge holds, without a sign. */
async function heldBase(client: Client, id: string): Promise<Decimal> {
  const { perp } = (await client.get(`/api/hedges/${encodeURIComponent(id)}`)) as { perp: { base: string } }
  return new Decimal(perp.base).abs()
}

/** A lot's rounding is no shortfall; more is. @throws CliFailure when less of the part was closed */
function assertClosed(part: string, id: string, before: Decimal, after: Decimal): void {
  const asked = before.times(part)
  const closed = before.minus(after)
  if (closed.gte(asked.times(PART_CLOSED_MIN))) return
  throw new CliFailure(
    `${closed.toFixed()} of ${asked.toFixed()} coins were closed, what is left stays hedged: \`hedgerow hedge ${id}\` says why`,
  )
}
const PART_CLOSED_MIN = '0.9'

const closingEvent = ({ part, because, reopen }: Closing) =>
  part === undefined
    ? { type: 'hedge.unwind', because, ...(reopen && { reopen }) }
    : { type: 'hedge.unwind-part', share: part, because }

const afterwards = (symbol: string, reopen = false) =>
  reopen
    ? `${symbol} may be opened again after the cool-down`
    : `${symbol} stays closed after this: \`hedgerow release ${symbol}\` lets it be opened again`

/** `release`: a symbol that was kept out may be opened again. @throws CliFailure when it is not kept out, or not tracked */
export async function release(typed: string, shown: Shown): Promise<void> {
  const symbol = await trackedSymbol(engineClient(shown), typed)
  await sendEvent(`symbol:${symbol}`, 'symbol.release', shown)
}

async function untilIn(state: string, client: Client, id: string, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const hedge = (await client.get(`/api/hedges/${encodeURIComponent(id)}`)) as { state: string }
    if (hedge.state.startsWith(state) || hedge.state.startsWith('closed')) return
    if (hedge.state.startsWith('failed'))
      throw new CliFailure(`hedge ${id} failed and needs a person: \`hedgerow hedge ${id}\` says why`)
    await pause(LOOK_EVERY_MS, undefined, { signal }).catch(() => {})
  }
  throw new CliFailure(`stopped waiting; the engine continues: \`hedgerow hedge ${id}\` shows it`)
}

async function untilFlat(client: Client, atFirst: number, json: boolean | undefined, signal: AbortSignal) {
  let most = atFirst
  let progress = startProgress({ total: most, name: 'unwinding', json })
  while (!signal.aborted) {
    const open = await openHedges(client)
    const failed = open.filter(({ state }) => state.startsWith('failed'))
    // One that was being opened when the order came.
    if (open.length > most) {
      most = open.length
      progress = startProgress({ total: most, name: 'unwinding', json })
    }
    progress.at(most - open.length, `${most - open.length} of ${most} closed`)
    if (failed.length > 0 && failed.length === open.length) {
      progress.end()
      const names = failed.map(({ id }) => id.replace(/^hedge:/, '')).join(', ')
      throw new CliFailure(
        `${counted(failed.length)} failed and need a person: ${names}; \`hedgerow hedge ID\` says why`,
      )
    }
    if (open.length === 0) return progress.end()
    await pause(LOOK_EVERY_MS, undefined, { signal }).catch(() => {})
  }
  progress.end()
  throw new CliFailure('stopped waiting; the engine continues unwinding: `hedgerow status --watch` shows it')
}

/** The exchange has the last word: what it still shows of ours. */
async function untilVerified(client: Client): Promise<string[]> {
  for (let look = 0; look < VERIFIED_LOOKS_MAX; look++) {
    const { flatten: told } = (await client.get('/api/engine')) as Pick<EngineSummary, 'flatten'>
    if (!told || told.endedAtMs > 0) return told?.left ?? []
    await pause(LOOK_EVERY_MS)
  }
  throw new CliFailure(
    'every hedge is closed, but the exchange has not confirmed that it is flat: `hedgerow reconciliation`',
  )
}

async function openHedges(client: Client): Promise<Actor[]> {
  const hedges = (await client.get('/api/actors?kind=hedge')) as Actor[]
  return hedges.filter(({ state }) => !state.startsWith('closed'))
}

const counted = (hedges: number) => `${hedges} ${hedges === 1 ? 'hedge' : 'hedges'}`
