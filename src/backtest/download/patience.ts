/**
 * A wire that never asks too fast and waits when it is told to: a third of what Bybit allows one address, so that an engine
 * beside it keeps its own share. A refusal for asking too often is waited out; a broken line is tried again a few times.
 * https://bybit-exchange.github.io/docs/v5/rate-limit
 */
import type { Clock } from '../../clock/clock.ts'
import { isUnknown, rejectReasonOf } from '../../exchange/bybit/translate/errors.ts'
import { type Envelope, type Wire, WireFailure } from '../../exchange/bybit/wire/wire.ts'

/** Bybit allows 600 requests in 5 s. */
const EVERY_MS = 25
const FIRST_WAIT_MS = 1_000
const LONGEST_WAIT_MS = 30_000
/** A blocked address is let in again after ten minutes without a request. */
const BLOCKED_WAIT_MS = 600_000
const TRIES: Readonly<Record<Trouble, number>> = { busy: 24, blocked: 3, broken: 6 }

type Trouble = 'busy' | 'blocked' | 'broken'

const troubleOf = (failure: WireFailure): Trouble =>
  failure.message.startsWith('HTTP 403') ? 'blocked' : failure.message === 'HTTP 429' ? 'busy' : 'broken'

const isBusy = (reply: Envelope) => rejectReasonOf(reply) === 'rate-limited' || isUnknown(reply)

const waitMs = (trouble: Trouble, failures: number): number =>
  trouble === 'blocked' ? BLOCKED_WAIT_MS : Math.min(FIRST_WAIT_MS * 2 ** failures, LONGEST_WAIT_MS)

/**
 * @param waits - hears of each wait, in ms, and why
 * @returns a wire whose `get` gives up with the last answer or failure: at once while there was no answer at all, as nobody is there
 */
export function patientWire(wire: Wire, clock: Clock, waits: (waitMs: number, why: string) => void): Wire {
  let nextAtMs = 0
  let quietUntilMs = 0
  let answered = false

  /** A place in the row; taken anew after a silence that began while it was waited for. */
  async function turn(): Promise<void> {
    do {
      const nowMs = clock.nowMs()
      const atMs = Math.max(nextAtMs, quietUntilMs, nowMs)
      nextAtMs = atMs + EVERY_MS
      if (atMs > nowMs) await new Promise<void>(resolve => void clock.setTimeout(resolve, atMs - nowMs))
    } while (clock.nowMs() < quietUntilMs)
  }

  /** Everybody waits: what one request was refused for holds for all. */
  function wait(trouble: Trouble, failures: number, why: string): void {
    const ms = waitMs(trouble, failures)
    quietUntilMs = Math.max(quietUntilMs, clock.nowMs() + ms)
    waits(ms, why)
  }

  async function get(...asked: Parameters<Wire['get']>): Promise<Envelope> {
    for (let failures = 0; ; failures++) {
      await turn()
      try {
        const reply = await wire.get(...asked)
        answered = true
        if (!isBusy(reply) || failures + 1 >= TRIES.busy) return reply
        wait('busy', failures, `${reply.retCode} ${reply.retMsg}`)
      } catch (error) {
        if (!(error instanceof WireFailure)) throw error
        const trouble = troubleOf(error)
        if (!answered || failures + 1 >= TRIES[trouble]) throw error
        wait(trouble, failures, error.message)
      }
    }
  }

  return { ...wire, get }
}
