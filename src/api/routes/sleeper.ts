/**
 * One stream's waits, all ended by one `wake`: a listener per wait would pile up on a stream that lives for days.
 */
import type { Clock } from '../../clock/clock.ts'
import type { LiveFeed } from './live-feed.ts'

export type Sleeper = ReturnType<typeof sleeper>

export function sleeper(feed: LiveFeed, clock: Clock) {
  let end = () => {}
  const sleep = (ms: number, alsoEnds: (run: () => void) => () => void) =>
    new Promise<void>(resolve => {
      const wakened = () => {
        clock.clearTimeout(timer)
        cancel()
        end = () => {}
        resolve()
      }
      const timer = clock.setTimeout(wakened, ms)
      const cancel = alsoEnds(wakened)
      end = wakened
    })
  return {
    wake: () => end(),
    forMs: (ms: number) => sleep(ms, () => () => {}),
    untilMove: (atMostMs: number) => sleep(atMostMs, feed.onceMoved),
  }
}
