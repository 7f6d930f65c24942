/**
 * The API as the pages call it. Shapes are the API's own types; a refusal arrives as a `Problem` with what the engine
 * said, so that a page can show it as it is.
 */
import type { LegalEvent } from '../../api/engine-view.ts'
import type { Message, PastStep } from '../../api/inspection-view.ts'
import type { Accepted, AnswerTo, Path } from '../../api/rows/answers.ts'
import type { ChartDescription } from '../../api/rows/chart-rows.ts'

/** What each question is answered with, as the API documents it, and as the inspector's routes have it. */
type Answers = { [P in Path]: AnswerTo<P> } & {
  '/api/charts/{kind}': ChartDescription
  '/api/actors/{id}/at/{seq}': PastStep
  '/api/inspection/messages': Message[]
}

/** The names in a path's braces. */
type Named<P> = P extends `${string}{${infer Name}}${infer Rest}`
  ? { [K in Name]: string | number } & Named<Rest>
  : unknown
type Query = Readonly<Record<string, string | number>>
type More = { query?: Query | undefined; signal?: AbortSignal }
type Given<P> = P extends `${string}{${string}` ? [{ params: Named<P> } & More] : [More?]

export class Problem extends Error {
  override name = 'Problem'
  readonly status: number
  /** 409 tells the present state and what is legal in it. */
  readonly row: { state?: string; version?: number; legal?: LegalEvent[] }
  constructor(status: number, detail: string, row: Problem['row'] = {}) {
    super(detail)
    this.status = status
    this.row = row
  }
}

const signedOut = new Set<() => void>()
/** Hears whenever an answer says that the session is over. */
export function onSignedOut(hear: () => void): () => void {
  signedOut.add(hear)
  return () => signedOut.delete(hear)
}

async function refused(answer: Response): Promise<Problem> {
  if (answer.status === 401) for (const hear of signedOut) hear()
  const isProblem = answer.headers.get('content-type')?.includes('json')
  const body = isProblem ? ((await answer.json()) as { detail?: string } & Problem['row']) : {}
  return new Problem(answer.status, body.detail ?? `the engine answered ${answer.status}`, body)
}

/** The browser's own "Failed to fetch" says neither what is so nor what to do. @throws Problem of status 0 */
async function reach(path: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(path, init)
  } catch (error) {
    if (init.signal?.aborted) throw error
    throw new Problem(0, init.method === 'POST' ? UNSENT : 'the engine does not answer')
  }
}

const UNSENT =
  'The engine does not answer: whether the command arrived is not known, and an engine that is down opens and closes nothing. Resting orders may still be ' +
  'at the exchange. Look at its host (systemctl status hedgerow, or the terminal of npm start); when it is back, look at its state and try again.'

/** GET, typed by the path as the API documents it: `ask('/api/hedges/{id}', { params: { id } })`. @throws Problem */
export async function ask<P extends keyof Answers>(path: P, ...[given]: Given<P>): Promise<Answers[P]> {
  const { params = {}, query, signal } = (given ?? {}) as { params?: Query } & More
  const address = path.replace(/\{(\w+)\}/g, (_, name) => encodeURIComponent(params[name] ?? ''))
  const answer = await reach(query ? `${address}?${searchOf(query)}` : address, {
    signal: signal ?? null,
    headers: { accept: 'application/json' },
  })
  if (!answer.ok) throw await refused(answer)
  return (await answer.json()) as Answers[P]
}

const searchOf = (query: Query) =>
  new URLSearchParams(Object.entries(query).map(([name, value]) => [name, String(value)]))

/** Sends a command, once: a repeat of the same `key` gives the first answer again. @throws Problem */
export async function command(
  path: string,
  body: object = {},
  { key = crypto.randomUUID(), expectVersion }: { key?: string; expectVersion?: number } = {},
): Promise<Accepted> {
  const answer = await reach(path, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'idempotency-key': key,
      ...(expectVersion === undefined ? {} : { 'if-match': `"${expectVersion}"` }),
    },
    body: JSON.stringify(body),
  })
  if (!answer.ok) throw await refused(answer)
  return (await answer.json()) as Accepted
}

/** An event to an actor, refused (409) when it has moved since `expectVersion`. @throws Problem */
export const postEvent = (
  actorId: string,
  event: { type: string; because?: string; share?: string },
  expectVersion: number,
) => command(`/api/actors/${encodeURIComponent(actorId)}/events`, event, { expectVersion })
