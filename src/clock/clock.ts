/**
 * Time is a port. Live runs on the system clock, `sim` on a scaled one, tests and replay on a virtual one.
 * `nowMs` is engine time: milliseconds since 1970 as the exchange counts them.
 */
export type TimerHandle = { readonly id: number }

export type Clock = {
  nowMs(): number
  /** Calls `run` once after `delayMs` of engine time. */
  setTimeout(run: () => void, delayMs: number): TimerHandle
  clearTimeout(handle: TimerHandle): void
}

type Scaled = { startAtMs: number; speed: number }

/** Engine time that starts at `startAtMs` and runs `speed` times as fast as the machine's monotonic clock. */
export function scaledClock({ startAtMs, speed }: Scaled): Clock & { align(nowMs: number): void } {
  if (!(speed > 0)) throw new Error(`clock speed: expected a number above 0, found ${speed}`)
  let originMs = startAtMs
  let originTick = performance.now()
  const timers = new Map<number, NodeJS.Timeout>()
  let last = 0
  return {
    nowMs: () => Math.floor(originMs + (performance.now() - originTick) * speed),
    align(nowMs) {
      originMs = nowMs
      originTick = performance.now()
    },
    setTimeout(run, delayMs) {
      const id = ++last
      // Node clamps delays over 2^31-1 to 1 ms: long waits are taken in steps.
      const arm = (leftMs: number) => {
        const stepMs = Math.min(leftMs, 2 ** 30)
        timers.set(
          id,
          setTimeout(() => (leftMs > stepMs ? arm(leftMs - stepMs) : fire()), stepMs),
        )
      }
      const fire = () => {
        timers.delete(id)
        run()
      }
      arm(Math.max(0, delayMs / speed))
      return { id }
    },
    clearTimeout({ id }) {
      clearTimeout(timers.get(id))
      timers.delete(id)
    },
  }
}

/** The machine's own time. */
export const systemClock = (): Clock & { align(nowMs: number): void } =>
  scaledClock({ startAtMs: Date.now(), speed: 1 })
