/** The simulator's own requests, beside V5: how is it, and stop; with the asking side of them. */
import type { IncomingMessage, ServerResponse } from 'node:http'

export type SimulatorStatus = {
  nowMs: number
  speed: number
  seed: number
  pid: number
  /** Orders accepted since this process started. */
  orders: number
  startedAtMs: number
}

/** The simulator's own two requests, which are no part of V5. Refused to web pages: they need no signature. */
export function answerControl(
  request: IncomingMessage,
  response: ServerResponse,
  status: () => SimulatorStatus,
  stopAsked: (() => void) | undefined,
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
  } else say(404, { error: `no such request: ${what}` })
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
