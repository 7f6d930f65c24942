/** The simulator's own requests, beside V5: how is it, what is to go wrong or to happen, and stop; with the asking side of them. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import type { JsonObject } from '../../../domain/json.ts'
import type { Faults } from '../faults/faults.ts'
import { FaultPlanError } from '../faults/plan.ts'
import { objectIn } from '../kit/params.ts'
import type { CoreReply, CoreRequest } from '../simulated.ts'
import type { Accounts } from './accounts.ts'
import type { Pacing } from './driver.ts'

export type SimulatorStatus = {
  nowMs: number
  /** Asked for: simulated milliseconds to one of the machine. */
  speed: number
  /** The same at this moment: less while a client cannot follow. */
  pace: number
  seed: number
  pid: number
  /** Signed sockets open now: whoever trades an account here has two. */
  peers: number
  /** Orders accepted since this process started. */
  orders: number
  startedAtMs: number
}

type Parts = {
  accounts: Accounts
  status: () => SimulatorStatus
  stopAsked: (() => void) | undefined
  faults: Faults
  pacing: Pacing
  /** The faults were changed. */
  kept(): void
  ask(request: CoreRequest): CoreReply
}

/** The simulator's own requests, which are no part of V5. Refused to web pages: they need no signature. */
export function answerControl(
  request: IncomingMessage,
  response: ServerResponse,
  { accounts, status, stopAsked, pacing, faults, kept, ask }: Parts,
): void {
  const say = (code: number, body: object) => {
    response.writeHead(code, { 'Content-Type': 'application/json; charset=utf-8' }).end(JSON.stringify(body))
  }
  const local = /^(127\.0\.0\.1|localhost)(:\d+)?$/.test(request.headers.host ?? '')
  const what = `${request.method} ${request.url}`
  if (!local || request.headers.origin) say(403, { error: 'only for programs on this machine' })
  else if (what === 'GET /simulator/status') say(200, status())
  else if (request.method === 'POST' && request.url?.startsWith(PACE_PATH))
    say(...paced(request, pacing, status))
  else if (what === 'POST /simulator/stop') {
    response.once('finish', () => stopAsked?.())
    say(202, { stopping: true })
  } else if (what === 'GET /simulator/faults') say(200, faults.report())
  else if (what === 'PUT /simulator/faults')
    text(request).then(
      body => {
        const [code, answer] = replace(faults, body)
        if (code === 200) kept()
        say(code, answer)
      },
      () => request.destroy(),
    )
  else if (what === 'GET /simulator/schedule') say(200, agenda(ask, 'GET', {}).result as object)
  else if (what === 'POST /simulator/schedule')
    text(request).then(
      body => say(...schedule(ask, body)),
      () => request.destroy(),
    )
  else if (what === 'POST /simulator/keys')
    text(request).then(
      body => say(...addKey(accounts, body)),
      () => request.destroy(),
    )
  else say(404, { error: `no such request: ${what}` })
}

/** The path a client says on what pace it can follow: it ends in a number. It speaks for as long as its connection stands. */
export const PACE_PATH = '/simulator/pace/'

function paced(
  { url = '', socket }: IncomingMessage,
  pacing: Pacing,
  status: Parts['status'],
): [number, object] {
  const bearable = Number(url.slice(PACE_PATH.length))
  if (!(bearable >= 1)) return [422, { error: `pace: expected a number from 1 up, found ${url}` }]
  pacing.hear(socket, bearable)
  const { nowMs, pace } = status()
  return [200, { nowMs, pace }]
}

/** Another key pair, of an account of its own or of one that is there: `{"key", "secret", "uid"}`. */
function addKey(accounts: Accounts, body: string): [number, object] {
  const { key, secret, uid } = objectIn(body) ?? {}
  const isText = (found: unknown): found is string => typeof found === 'string' && found !== ''
  if (!isText(key) || !isText(secret) || !(uid === undefined || isText(uid)))
    return [422, { error: 'key: expected {"key": text, "secret": text} and perhaps "uid": text' }]
  const account = accounts.add({ key, secret, ...(uid !== undefined && { uid }) })
  return [200, { key: account.key, uid: account.uid }]
}

const agenda = (ask: Parts['ask'], method: 'GET' | 'POST', params: JsonObject): CoreReply =>
  ask({ via: 'rest', method, path: '/simulator/schedule', params, uid: '' })

/** Puts one happening on the agenda. Its times may be said from now on (`inMs`) and from then on (`forMs`). */
function schedule(ask: Parts['ask'], body: string): [number, object] {
  const found = objectIn(body)
  if (!found)
    return [422, { error: 'happening: expected a JSON object such as {"kind":"restart","inMs":1000}' }]
  const { inMs, forMs } = found
  for (const [name, value] of Object.entries({ inMs, forMs }))
    if (value !== undefined && !(Number.isInteger(value) && Number(value) >= 0))
      return [
        422,
        { error: `${name}: expected simulated milliseconds, 0 or more, found ${JSON.stringify(value)}` },
      ]
  const { retCode, retMsg, result } = agenda(ask, 'POST', found)
  return retCode === 0 ? [200, result as object] : [422, { error: retMsg.replace(/^params error: /, '') }]
}

/** A plan in place of the present one, or why not. An empty body ends all faults. */
function replace(faults: Faults, body: string): [number, object] {
  try {
    faults.replace(body.trim() === '' ? {} : (objectIn(body) ?? []))
    return [200, faults.report()]
  } catch (error) {
    if (error instanceof FaultPlanError) return [422, { error: error.message }]
    throw error
  }
}

/** What the simulator at `url` says of itself; undefined when nothing there answers like one. */
export async function statusOf(url: string): Promise<SimulatorStatus | undefined> {
  try {
    const response = await fetch(`${url}/simulator/status`, { signal: AbortSignal.timeout(5_000) })
    return response.ok ? ((await response.json()) as SimulatorStatus) : undefined
  } catch {
    // Refused, timed out or not JSON: whatever listens there is no simulator of ours.
    return undefined
  }
}
