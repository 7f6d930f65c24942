/**
 * Plain actors: loops that wait and listen, unjournaled, restarted by their supervisor when they throw.
 * A service is a promise that lasts until its signal aborts; rejecting is its way to fail.
 */
import { type AnyActorLogic, fromPromise } from 'xstate'
import type { Clock } from '../src/clock/clock.ts'
import type { PlainKind } from './runtime/running.ts'

/** A plain actor that runs until its signal aborts. What `run` throws is the actor's failure. */
export const service = (run: (signal: AbortSignal) => Promise<void>): PlainKind => ({
  plain: (): AnyActorLogic => fromPromise(({ signal }) => run(signal)),
})

/** Waits on the engine's clock; gives up at once when aborted. False when aborted. */
export function pause(clock: Clock, delayMs: number, signal: AbortSignal): Promise<boolean> {
  if (signal.aborted) return Promise.resolve(false)
  return new Promise(resolve => {
    const end = (rested: boolean) => {
      signal.removeEventListener('abort', abort)
      clock.clearTimeout(handle)
      resolve(rested)
    }
    const abort = () => end(false)
    const handle = clock.setTimeout(() => end(true), delayMs)
    signal.addEventListener('abort', abort)
  })
}

/** Lasts until aborted; `fail` ends it early. */
export const untilAborted = (signal: AbortSignal): Promise<void> =>
  new Promise(resolve => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
