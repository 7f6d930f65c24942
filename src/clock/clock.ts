/**
 * Time is a port. Live runs on the exchange's time, `sim` on a scaled one, tests and replay on a virtual one.
 * `nowMs` is engine time: milliseconds since 1970 as the exchange counts them.
 */
export type TimerHandle = { readonly id: number }

export type Clock = {
  nowMs(): number
  /** Calls `run` once after `delayMs` of engine time. */
  setTimeout(run: () => void, delayMs: number): TimerHandle
  clearTimeout(handle: TimerHandle): void
}

export type AlignedClock = Clock & {
  /** From here on it is `nowMs`. Timers keep the instant they are due at: what that makes overdue runs at once. */
  align(nowMs: number): void
}

/** The machine's time that never steps; it stands still while the machine is suspended. */
export const monotonicMs = (): number => performance.now()
/** What the machine takes for the time of day. */
export const wallMs = (): number => Date.now()

type Scaled = {
  startAtMs: number
  /** Engine milliseconds to one of the machine. */
  speed: number
  tickMs?: () => number
}

type Armed = { run: () => void; dueAtMs: number; timer: NodeJS.Timeout | undefined }

/** Node clamps delays over 2^31-1 to 1 ms: long waits are taken in steps. */
const STEP_MS_MAX = 2 ** 30

/**
 * Engine time that starts at `startAtMs` and runs `speed` times as fast as the machine's monotonic clock: a machine's time
 * that is set by hand or by NTP does not move it. @throws when the speed is not above 0
 */
export function scaledClock({ startAtMs, speed, tickMs = monotonicMs }: Scaled): AlignedClock {
  if (!(speed > 0)) throw new Error(`clock speed: expected a number above 0, found ${speed}`)
  let originMs = startAtMs
  let originTick = tickMs()
  const armed = new Map<number, Armed>()
  let last = 0
  const exactNowMs = () => originMs + (tickMs() - originTick) * speed
  const arm = (id: number, each: Armed) => {
    const leftMs = Math.max(0, (each.dueAtMs - exactNowMs()) / speed)
    const isLastStep = leftMs <= STEP_MS_MAX
    const fire = () => {
      if (!isLastStep) return arm(id, each)
      armed.delete(id)
      each.run()
    }
    each.timer = setTimeout(fire, Math.min(leftMs, STEP_MS_MAX))
  }
  return {
    nowMs: () => Math.floor(exactNowMs()),
    align(nowMs) {
      originMs = nowMs
      originTick = tickMs()
      // What is overdue runs in the order it was due.
      const inOrder = [...armed].sort(([, a], [, b]) => a.dueAtMs - b.dueAtMs)
      for (const [id, each] of inOrder) {
        clearTimeout(each.timer)
        arm(id, each)
      }
    },
    setTimeout(run, delayMs) {
      const id = ++last
      const each = { run, dueAtMs: exactNowMs() + Math.max(0, delayMs), timer: undefined }
      armed.set(id, each)
      arm(id, each)
      return { id }
    },
    clearTimeout({ id }) {
      clearTimeout(armed.get(id)?.timer)
      armed.delete(id)
    },
  }
}

/** The machine's own time, as it was when this was called: later steps of it are not followed. */
export const systemClock = (): AlignedClock => scaledClock({ startAtMs: wallMs(), speed: 1 })

/** Milliseconds since it was started. */
export type Stopwatch = () => number

/**
 * Starts a stopwatch by both of the machine's clocks, whichever moved more: the monotonic one stands still while the machine
 * is suspended, the wall clock may be set. Too long is the safe answer for whoever asks whether something is still fresh.
 */
export function startStopwatch(): Stopwatch {
  const monotonic = monotonicMs()
  const wall = wallMs()
  return () => Math.max(monotonicMs() - monotonic, Math.abs(wallMs() - wall))
}
