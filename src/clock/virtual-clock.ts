/**
 * A clock that moves only when told: a heap of timers, as xstate's own SimulatedClock is slow and wrong inside chains.
 * Timers due at the same instant fire in the order they were set, so a run is the same each time.
 */
import type { Clock, TimerHandle } from './clock.ts'

type Timer = { id: number; dueAtMs: number; run: () => void }

const before = (a: Timer, b: Timer) => a.dueAtMs < b.dueAtMs || (a.dueAtMs === b.dueAtMs && a.id < b.id)

export class VirtualClock implements Clock {
  #nowMs: number
  #heap: Timer[] = []
  #dead = new Set<number>()
  #last = 0

  constructor(startAtMs: number) {
    this.#nowMs = startAtMs
  }

  nowMs(): number {
    return this.#nowMs
  }

  setTimeout(run: () => void, delayMs: number): TimerHandle {
    const timer = { id: ++this.#last, dueAtMs: this.#nowMs + Math.max(0, delayMs), run }
    this.#heap.push(timer)
    this.#rise(this.#heap.length - 1)
    return { id: timer.id }
  }

  clearTimeout({ id }: TimerHandle): void {
    this.#dead.add(id)
  }

  /** When the next live timer is due, if any. */
  nextDueAtMs(): number | undefined {
    while (this.#heap[0] && this.#dead.delete(this.#heap[0].id)) this.#pop()
    return this.#heap[0]?.dueAtMs
  }

  /** Fires the next timer, moving time to its due instant. False when there is none up to `untilMs`. */
  step(untilMs = Number.POSITIVE_INFINITY): boolean {
    const dueAtMs = this.nextDueAtMs()
    if (dueAtMs === undefined || dueAtMs > untilMs) return false
    const timer = this.#pop()
    this.#nowMs = Math.max(this.#nowMs, dueAtMs)
    timer?.run()
    return true
  }

  /** Fires every timer due up to `untilMs`, chains included, and leaves time there. Promises are not awaited. */
  advanceTo(untilMs: number): void {
    while (this.step(untilMs)) {}
    this.#nowMs = Math.max(this.#nowMs, untilMs)
  }

  #rise(from: number): void {
    const heap = this.#heap
    for (let at = from; at > 0; ) {
      const up = (at - 1) >> 1
      const [child, parent] = [heap[at], heap[up]]
      if (!child || !parent || !before(child, parent)) return
      heap[at] = parent
      heap[up] = child
      at = up
    }
  }

  #pop(): Timer | undefined {
    const heap = this.#heap
    const top = heap[0]
    const end = heap.pop()
    if (!top || !end || heap.length === 0) return top
    heap[0] = end
    for (let at = 0; ; ) {
      const left = 2 * at + 1
      const right = left + 1
      let least = at
      for (const child of [left, right]) {
        const [a, b] = [heap[child], heap[least]]
        if (a && b && before(a, b)) least = child
      }
      const [a, b] = [heap[at], heap[least]]
      if (least === at || !a || !b) return top
      heap[at] = b
      heap[least] = a
      at = least
    }
  }
}
