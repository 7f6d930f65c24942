/** The simulator's own requests, beside V5: how is it, what is to go wrong, and stop; with the asking side of them. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import type { Faults } from './faults.ts'
import { FaultPlanError } from './faults-plan.ts'

export type SimulatorStatus = {
  nowMs: number
  speed: number
  seed: number
  pid: number
  /** Orders accepted since this process started. */
  orders: number
  startedAtMs: number
}

type Parts = { status: () => SimulatorStatus; stopAsked: (() => void) | undefined; faults: Faults }

/** The simulator's own requests, which are no part of V5. Refused to web pages: they need no signature. */
export function answerControl(
  request: IncomingMessage,
  response: ServerResponse,
  { status, stopAsked, faults }: Parts,
): void {
  const say = (code: number, body: object) => {
    response.writeHead(code, { 'Content-Type': 'application/json; charset=utf-8' }).end(JSON.stringify(body))
  }
  const local = /^(127\.0\.0\.1|localhost)(:\d+)?$/.test(request.headers.host ?? '')
  const what = `${request.method} ${request.url}`
  if (!local || request.headers.origin) say(403, { error: 'only for programs on this machine' })
  else if (what === 'GET /simulator/status') say(200, status())
  else if (what === 'POST /simulator/stop') {
    response.once('finish', () => stopAsked?.())
    say(202, { stopping: true })
  } else if (what === 'GET /simulator/faults') say(200, faults.report())
  else if (what === 'PUT /simulator/faults')
    text(request).then(
      body => say(...replace(faults, body)),
      () => request.destroy(),
    )
  else say(404, { error: `no such request: ${what}` })
}

/** A plan in place of the present one, or why not. An empty body ends all faults. */
function replace(faults: Faults, body: string): [number, object] {
  try {
    faults.replace(body.trim() === '' ? {} : JSON.parse(body))
    return [200, faults.report()]
  } catch (error) {
    if (error instanceof FaultPlanError || error instanceof SyntaxError)
      return [422, { error: error.message }]
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
