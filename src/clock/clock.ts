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

export type PacedClock = AlignedClock & {
  /**
   * From here on it runs `pace` times as fast as the machine, for `holdMs` of its own time; beyond that only as fast as the
   * machine, until this is called again. So one that waits for news of another never runs far ahead of it, and never stops.
   */
  run(pace: number, holdMs?: number): void
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
/** Node rings up to a millisecond early, and rounds. */
const EARLY_MS = 2

/**
 * Engine time that starts at `startAtMs` and runs `speed` times as fast as the machine's monotonic clock, or at the pace it is
 * told: a machine's time that is set by hand or by NTP does not move it. @throws when the speed is not above 0
 */
export function scaledClock({ startAtMs, speed, tickMs = monotonicMs }: Scaled): PacedClock {
  if (!(speed > 0)) throw new Error(`clock speed: expected a number above 0, found ${speed}`)
  const time = pacedTime({ startAtMs, pace: speed, tickMs })
  const timers = timersOn(time)
  return {
    nowMs: () => Math.floor(time.exactNowMs()),
    align(nowMs) {
      time.moveTo(nowMs)
      timers.rearm()
    },
    run(pace, holdMs = Number.POSITIVE_INFINITY) {
      const wasLate = time.isHeld() || pace > time.pace()
      time.run(pace, holdMs)
      // One that slowed down rings too early, which is seen then.
      if (wasLate) timers.rearm()
    },
    setTimeout: timers.set,
    clearTimeout: timers.clear,
  }
}

type PacedTime = ReturnType<typeof pacedTime>

function pacedTime({ startAtMs, pace, tickMs }: { startAtMs: number; pace: number; tickMs: () => number }) {
  let now = { originMs: startAtMs, originTick: tickMs(), pace, holdMs: Number.POSITIVE_INFINITY }
  const exactNowMs = () => {
    const passedMs = tickMs() - now.originTick
    return now.originMs + Math.min(passedMs * now.pace, now.holdMs + passedMs)
  }
  const isHeld = () => {
    const passedMs = tickMs() - now.originTick
    return passedMs * now.pace > now.holdMs + passedMs
  }
  return {
    exactNowMs,
    isHeld,
    pace: () => now.pace,
    moveTo(nowMs: number) {
      now = { ...now, originMs: nowMs, originTick: tickMs() }
    },
    run(newPace: number, holdMs: number) {
      now = { originMs: exactNowMs(), originTick: tickMs(), pace: newPace, holdMs }
    },
    /** Machine milliseconds until it is `atMs`, at the soonest. */
    untilMs: (atMs: number) => Math.max(0, atMs - exactNowMs()) / (isHeld() ? 1 : now.pace),
  }
}

function timersOn(time: PacedTime) {
  const armed = new Map<number, Armed>()
  let last = 0
  const arm = (id: number, each: Armed) => {
    const leftMs = time.untilMs(each.dueAtMs)
    const isLastStep = leftMs <= STEP_MS_MAX
    const fire = () => {
      if (!isLastStep || time.untilMs(each.dueAtMs) > EARLY_MS) return arm(id, each)
      armed.delete(id)
      each.run()
    }
    each.timer = setTimeout(fire, Math.min(leftMs, STEP_MS_MAX))
  }
  return {
    rearm() {
      // What is overdue runs in the order it was due.
      const inOrder = [...armed].sort(([, a], [, b]) => a.dueAtMs - b.dueAtMs)
      for (const [id, each] of inOrder) {
        clearTimeout(each.timer)
        arm(id, each)
      }
    },
    set(run: () => void, delayMs: number): TimerHandle {
      const id = ++last
      const each = { run, dueAtMs: time.exactNowMs() + Math.max(0, delayMs), timer: undefined }
      armed.set(id, each)
      arm(id, each)
      return { id }
    },
    clear({ id }: TimerHandle) {
      clearTimeout(armed.get(id)?.timer)
      armed.delete(id)
    },
  }
}

/** How far one of two clocks that follow each other runs on without news: less than the age at which a book decides nothing. */
export const HOLD_MS = 6_000

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

/** Waits so long by this clock, or until the signal aborts: whatever is first. */
export function restFor(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve()
  return new Promise(resolve => {
    const end = () => {
      clock.clearTimeout(timer)
      signal.removeEventListener('abort', end)
      resolve()
    }
    const timer = clock.setTimeout(end, ms)
    signal.addEventListener('abort', end)
  })
}
