/**
 * Counts what a virtual run has asked of the real world and not been answered yet. Virtual time may move only when nothing is
 * under way: then an answer of the database comes at the same virtual instant on every machine, however slow it is.
 */
import { setImmediate } from 'node:timers/promises'
import { systemClock } from '../../clock/clock.ts'

type InFlight = {
  /** The same port, with every promise that its methods give counted until it settles. */
  watch<Port extends object>(port: Port): Port
  /** Resolves when nothing is under way and nothing that was waiting has asked for more. */
  quiet(): Promise<void>
  /** How often something was asked, and wall milliseconds spent waiting for it. */
  spent(): { asked: number; waitedMs: number }
}

export function createInFlight(): InFlight {
  const wall = systemClock()
  let under = 0
  let asked = 0
  let waitedMs = 0
  let rested: (() => void) | undefined
  const end = () => {
    under--
    if (under === 0) rested?.()
  }
  const rest = async () => {
    if (under === 0) return
    const sinceMs = wall.nowMs()
    while (under > 0) {
      await new Promise<void>(resolve => {
        rested = resolve
      })
    }
    waitedMs += wall.nowMs() - sinceMs
  }
  return {
    watch: port =>
      new Proxy(port, {
        get(target, name, receiver) {
          const value: unknown = Reflect.get(target, name, receiver)
          if (typeof value !== 'function') return value
          return (...given: unknown[]) => {
            const answer: unknown = value.apply(target, given)
            if (!(answer instanceof Promise)) return answer
            under++
            asked++
            answer.then(end, end)
            return answer
          }
        },
      }),
    async quiet() {
      // Whoever waited goes on in the microtasks before the next turn, and may ask again.
      for (let before = -1; before !== asked; ) {
        before = asked
        await rest()
        await setImmediate()
      }
    },
    spent: () => ({ asked, waitedMs }),
  }
}
