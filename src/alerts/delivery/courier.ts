/**
 * Carries messages over each configured way, one after the other and each way for itself: bounded in length, time and
 * tries. A way that fails is told of through `failed`, never thrown.
 */
import { type Clock, restFor } from '../../clock/clock.ts'
import type { AlertChannel, AlertMessage } from '../channels.ts'

type CourierPorts = {
  ways: readonly AlertChannel[]
  /** Wall time. */
  clock: Clock
  /** Hides secrets in what a failed way says. */
  redact: (text: string) => string
  delivered(way: string): void
  /** All tries of one message failed, or it was dropped before it had one. */
  failed(way: string, cause: string, outcome: 'failed' | 'dropped'): void
  sendMsMax?: number
  /** Pauses between tries; one try more than there are pauses. */
  retryAfterMs?: readonly number[]
}

export type Courier = {
  tell(message: AlertMessage): void
  /** Resolves when every way is done with what it was given, or after `msMax` at most. */
  settled(msMax: number): Promise<void>
  close(): void
}

const QUEUE_MAX = 100
const CAUSE_MAX = 300
const SEND_MS_MAX = 10_000
const RETRY_AFTER_MS = [1_000, 5_000, 25_000]

type Line = { way: AlertChannel; queue: AlertMessage[]; busy: Promise<void> | undefined }

/** Carries messages over each way until it is closed; then nothing more is sent. */
export function createCourier(ports: CourierPorts): Courier {
  const { ways, clock } = ports
  const closing = new AbortController()
  const lines: Line[] = ways.map(way => ({ way, queue: [], busy: undefined }))

  const work = async (line: Line) => {
    for (let message = line.queue.shift(); message && !closing.signal.aborted; message = line.queue.shift())
      await deliver(ports, line.way, message, closing.signal)
    line.busy = undefined
  }

  return {
    tell(message) {
      if (closing.signal.aborted) return
      for (const line of lines) {
        // What says that a way is down cannot go that way.
        if (message.alert.name === 'alert.undelivered' && message.alert.subject === line.way.name) continue
        line.queue.push(message)
        if (line.queue.length > QUEUE_MAX) {
          line.queue.shift()
          ports.failed(line.way.name, `more than ${QUEUE_MAX} messages waited`, 'dropped')
        }
        line.busy ??= work(line)
      }
    },
    async settled(msMax) {
      const patience = new AbortController()
      const late = restFor(clock, msMax, patience.signal)
      const done = Promise.all(lines.map(({ busy }) => busy))
      await Promise.race([done, late])
      patience.abort()
    },
    close: () => closing.abort(),
  }
}

async function deliver(ports: CourierPorts, way: AlertChannel, message: AlertMessage, closing: AbortSignal) {
  const { clock, redact, sendMsMax = SEND_MS_MAX, retryAfterMs = RETRY_AFTER_MS } = ports
  let cause = ''
  for (const waitMs of [0, ...retryAfterMs]) {
    if (waitMs > 0) await restFor(clock, waitMs, closing)
    if (closing.aborted) return
    try {
      await within(clock, sendMsMax, closing, signal => way.send(message, signal))
      return ports.delivered(way.name)
    } catch (error) {
      // Cut after it was hidden: a part of a secret is one too.
      cause = redact(causeOf(error)).slice(0, CAUSE_MAX)
    }
  }
  ports.failed(way.name, cause, 'failed')
}

/** Ends when the sending does, when the time is over, or when all is closed: whatever is first. */
async function within(
  clock: Clock,
  msMax: number,
  closing: AbortSignal,
  send: (signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const late = new AbortController()
  const timer = clock.setTimeout(() => late.abort(new Error(`not taken within ${msMax} ms`)), msMax)
  const signal = AbortSignal.any([late.signal, closing])
  const ended = Promise.withResolvers<never>()
  const end = () => ended.reject(signal.reason)
  signal.addEventListener('abort', end, { once: true })
  // Nobody may be left to hear it when the sending ends first.
  ended.promise.catch(() => {})
  try {
    await Promise.race([send(signal), ended.promise])
  } finally {
    clock.clearTimeout(timer)
    signal.removeEventListener('abort', end)
  }
}

/** `fetch failed` says nothing: what lies beneath does. */
export function causeOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const beneath = error.cause instanceof Error ? `: ${error.cause.message}` : ''
  return `${error.message}${beneath}`
}

/**
 * The dead man's switch: a URL elsewhere is asked every so often while all is well. When that falls silent somebody else
 * calls a person: the only alarm that also works when this machine is gone.
 */
type HeartbeatPorts = {
  url: string
  everyMs: number
  /** Wall time. */
  clock: Clock
  isHealthy: () => boolean
  beaten(): void
  failed(cause: string): void
}

const ASK_MS_MAX = 10_000

/** Beats until told to stop. */
export function startHeartbeat({
  url,
  everyMs,
  clock,
  isHealthy,
  beaten,
  failed,
}: HeartbeatPorts): () => void {
  const closing = new AbortController()
  const beat = async () => {
    if (isHealthy())
      await ask(url, AbortSignal.any([closing.signal, AbortSignal.timeout(ASK_MS_MAX)])).then(beaten, late)
    if (!closing.signal.aborted) timer = clock.setTimeout(() => void beat(), everyMs)
  }
  const late = (error: unknown) => {
    if (!closing.signal.aborted) failed(causeOf(error))
  }
  let timer = clock.setTimeout(() => void beat(), 0)
  return () => {
    closing.abort()
    clock.clearTimeout(timer)
  }
}

async function ask(url: string, signal: AbortSignal): Promise<void> {
  const answer = await fetch(url, { redirect: 'error', signal, headers: { 'user-agent': 'hedgerow' } })
  await answer.body?.cancel()
  if (!answer.ok) throw new Error(`expected 2xx, found ${answer.status}`)
}
