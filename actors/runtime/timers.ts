/** Arms the timers a durable actor's row names. The row is the truth: arming is forgotten and taken again at will. */
import type { Clock, TimerHandle } from '../../src/clock/clock.ts'
import type { Timer } from '../../src/store/schema/records.ts'

type Armed = { dueAtMs: number; handle: TimerHandle }

type TimerSet = {
  /** Makes the armed timers of `actorId` those of its row. */
  arm(actorId: string, timers: readonly Timer[]): void
  disarm(actorId: string): void
}

/** The armed timers of all actors. `fire` is called once when one is due; one that is past due fires at once. */
export function createTimers(clock: Clock, fire: (actorId: string, timer: Timer) => void): TimerSet {
  const armedOf = new Map<string, Map<string, Armed>>()
  const set = (actorId: string, timer: Timer, armed: Map<string, Armed>) => {
    const handle = clock.setTimeout(() => {
      armed.delete(timer.id)
      fire(actorId, timer)
    }, timer.dueAtMs - clock.nowMs())
    armed.set(timer.id, { dueAtMs: timer.dueAtMs, handle })
  }
  const arm = (actorId: string, timers: readonly Timer[]) => {
    const armed = armedOf.get(actorId) ?? new Map<string, Armed>()
    if (timers.length === 0 && armed.size === 0) return
    armedOf.set(actorId, armed)
    for (const [id, { handle, dueAtMs }] of armed) {
      if (timers.some(timer => timer.id === id && timer.dueAtMs === dueAtMs)) continue
      clock.clearTimeout(handle)
      armed.delete(id)
    }
    // After a long absence several are overdue: they come in the order they were due.
    const missing = timers.filter(timer => !armed.has(timer.id)).sort((a, b) => a.dueAtMs - b.dueAtMs)
    for (const timer of missing) set(actorId, timer, armed)
  }
  return {
    arm,
    disarm(actorId) {
      arm(actorId, [])
      armedOf.delete(actorId)
    },
  }
}
