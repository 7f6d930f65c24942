/**
 * The engine's live stream as values. It goes on where it was after an engine's restart; only the first connection may
 * fail, later ones are tried again until the person ends it.
 */
import { setTimeout as pause } from 'node:timers/promises'
import type { EngineSummary } from '../api/engine-view.ts'
import type { Client } from './client.ts'
import { CliFailure } from './failure.ts'
import type { Actor } from './known-actors.ts'

export type Heard =
  | { kind: 'state'; reset: boolean; rows: Actor[]; removed: string[] }
  | { kind: 'engine'; engine: EngineSummary }
  | { kind: 'beat' }
  /** Nobody answers at present. */
  | { kind: 'away'; because: string }

/** Longer than the engine's heartbeat: a line so quiet is dead. */
const SILENCE_MS = 15_000
const AGAIN_MS = 500

export async function* listen(client: Client, signal: AbortSignal): AsyncGenerator<Heard> {
  const place: Place = { cursor: undefined }
  let everHeard = false
  while (!signal.aborted) {
    try {
      for await (const heard of oneConnection(client, place, signal)) {
        everHeard = true
        yield heard
      }
    } catch (error) {
      if (signal.aborted) return
      const refusal = error instanceof CliFailure && error.status !== undefined && error.status < 500
      if (!everHeard || refusal || isOurs(error)) throw error
    }
    if (signal.aborted) return
    yield { kind: 'away', because: 'the engine is away, trying again' }
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
  const value = JSON.parse(data)
  if (fields.get('event') === 'state') yield { kind: 'state', ...value }
  else if (fields.get('event') === 'engine') yield { kind: 'engine', engine: value }
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
