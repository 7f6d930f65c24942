/**
 * The engine's live stream as values. It goes on where it was after an engine's restart; only the first connection may
 * fail, later ones are tried again until the person ends it.
 */
import { setTimeout as pause } from 'node:timers/promises'
import type { EngineSummary } from '../../api/engine-view.ts'
import { withPlainText } from '../../wording/plain-text.ts'
import type { Client } from './client.ts'
import { CliFailure } from './failure.ts'
import type { Actor } from './known-actors.ts'

type StateFrame = { reset: boolean; rows: Actor[]; removed: string[] }
export type Heard =
  | ({ kind: 'state' } & StateFrame)
  | { kind: 'engine'; engine: EngineSummary }
  | { kind: 'beat' }
  /** Nobody answers at present. */
  | { kind: 'away'; because: string }

/**
 * While an engine starts, actors come up without a move, which the stream then never tells. The engine's own counts show it:
 * the list is read anew when they differ from what was heard, or when the engine goes over into another state.
 */
function createKnown() {
  const kinds = new Map<string, string>()
  let told = ''
  let engineState = ''
  const countOf = (kind: string) => [...kinds.values()].filter(each => each === kind).length
  const total = (counts: Record<string, number>) =>
    Object.values(counts).reduce((sum, count) => sum + count, 0)
  return {
    /** Is the list to be read anew? */
    take(heard: Heard): boolean {
      if (heard.kind === 'state') {
        if (heard.reset) kinds.clear()
        for (const { id, kind } of heard.rows) kinds.set(id, kind)
        for (const id of heard.removed) kinds.delete(id)
      }
      if (heard.kind !== 'engine') return false
      const { state, hedges, symbols } = heard.engine
      const wentOver = engineState !== '' && engineState !== state
      engineState = state
      const counts = `${total(hedges)} ${total(symbols)}`
      const differ = countOf('hedge') !== total(hedges) || countOf('symbol') !== total(symbols)
      // A difference that stays is the engine's own: it is asked about once.
      const isNews = differ && told !== counts
      told = differ ? counts : ''
      return wentOver || isNews
    },
  }
}

/** Longer than the engine's heartbeat: a line so quiet is dead. */
const SILENCE_MS = 15_000
const AGAIN_MS = 500

/**
 * What the live feed says, over as many connections as it takes, until the signal aborts. @throws CliFailure when no engine
 * answers at first
 */
export async function* listen(client: Client, signal: AbortSignal): AsyncGenerator<Heard> {
  const place: Place = { cursor: undefined }
  let everHeard = false
  let away = false
  const known = createKnown()
  while (!signal.aborted) {
    try {
      for await (const heard of oneConnection(client, place, signal)) {
        everHeard = true
        away = false
        yield heard
        if (known.take(heard)) {
          const rows = (await client.get('/api/actors')) as Actor[]
          const all: Heard = { kind: 'state', reset: true, rows, removed: [] }
          known.take(all)
          yield all
        }
      }
    } catch (error) {
      if (signal.aborted) return
      const refusal = error instanceof CliFailure && error.status !== undefined && error.status < 500
      if (!everHeard || refusal || isOurs(error)) throw error
    }
    if (signal.aborted) return
    if (!away) yield { kind: 'away', because: 'the engine is away, trying again' }
    away = true
    await pause(AGAIN_MS, undefined, { signal }).catch(() => {})
  }
}

/** A mistake of this program, not of the line: those of fetch carry a cause. */
const isOurs = (error: unknown) =>
  (error instanceof TypeError && error.cause === undefined && error.message !== 'terminated') ||
  error instanceof SyntaxError

type Place = { cursor: string | undefined }

async function* oneConnection(client: Client, place: Place, signal: AbortSignal): AsyncGenerator<Heard> {
  const quiet = new AbortController()
  const stopped = AbortSignal.any([signal, quiet.signal])
  const watch = () => setTimeout(() => quiet.abort(), SILENCE_MS)
  let timer = watch()
  try {
    const headers = { accept: 'text/event-stream', ...(place.cursor && { 'last-event-id': place.cursor }) }
    const { body } = await client.open('/api/live', headers, stopped)
    if (!body) return
    let left = ''
    for await (const chunk of body.pipeThrough(new TextDecoderStream())) {
      clearTimeout(timer)
      timer = watch()
      const messages = (left + chunk).split('\n\n')
      left = messages.pop() ?? ''
      for (const message of messages) yield* heardIn(message, place)
    }
  } finally {
    clearTimeout(timer)
  }
}

function* heardIn(message: string, place: Place): Generator<Heard> {
  const fields = new Map(
    message.split('\n').map(line => {
      const colon = line.indexOf(':')
      return [line.slice(0, colon), line.slice(colon + 1).trimStart()] as const
    }),
  )
  place.cursor = fields.get('id') ?? place.cursor
  const data = fields.get('data')
  if (data === undefined) return
  const value = withPlainText(JSON.parse(data))
  if (fields.get('event') === 'state') yield { kind: 'state', ...(value as StateFrame) }
  else if (fields.get('event') === 'engine') yield { kind: 'engine', engine: value as EngineSummary }
  else yield { kind: 'beat' }
}

/** Runs until the person presses Ctrl-C (or a supervisor says so), which is how a watch ends well. */
export async function untilStopped(run: (signal: AbortSignal) => Promise<void>): Promise<void> {
  const controller = new AbortController()
  const stop = () => controller.abort()
  process.on('SIGINT', stop).on('SIGTERM', stop)
  // Nobody reads any more.
  process.stdout.on('close', stop)
  try {
    await run(controller.signal)
  } finally {
    process.off('SIGINT', stop).off('SIGTERM', stop)
    process.stdout.off('close', stop)
  }
}
