/**
 * The life of one process, which can end between any two of its steps: from then on no timer of it fires, nothing it asks for
 * leaves it, and nothing that was asked for comes back. What had left before arrives.
 */
import type { Clock } from '../../clock/clock.ts'
import type { PrivateHear, PublicHear, Wire } from '../../exchange/bybit/wire/wire.ts'

export type Life = {
  isOver(): boolean
  end(): void
  /** The same port, silent from the end on. Promises that it gives never settle then. */
  bind<Port extends object>(port: Port): Port
  clock(clock: Clock): Clock
  wire(wire: Wire): Wire
}

const NEVER = new Promise<never>(() => {})

export function newLife(): Life {
  let over = false
  const lived = <Value>(asked: Promise<Value>): Promise<Value> =>
    new Promise((resolve, reject) => {
      asked.then(
        value => over || resolve(value),
        error => over || reject(error),
      )
    })
  const heard = <Hear extends PublicHear | PrivateHear>(hear: Hear): Hear =>
    Object.fromEntries(
      Object.entries(hear).map(([name, tell]) => [
        name,
        (...said: unknown[]) => over || (tell as (...said: unknown[]) => void)(...said),
      ]),
    ) as Hear
  const bind = <Port extends object>(port: Port): Port =>
    new Proxy(port, {
      get(target, name, receiver) {
        const value: unknown = Reflect.get(target, name, receiver)
        if (typeof value !== 'function') return value
        return (...given: unknown[]) => {
          if (over) return NEVER
          const answer: unknown = value.apply(target, given)
          return answer instanceof Promise ? lived(answer) : answer
        }
      },
    })
  return {
    isOver: () => over,
    end() {
      over = true
    },
    bind,
    clock: clock => ({
      nowMs: () => clock.nowMs(),
      setTimeout: (run, delayMs) => clock.setTimeout(() => over || run(), delayMs),
      clearTimeout: handle => clock.clearTimeout(handle),
    }),
    wire(wire) {
      const bound = bind(wire)
      return {
        ...wire,
        get: bound.get,
        post: bound.post,
        trade: bound.trade,
        tradeReady: () => !over && wire.tradeReady(),
        publicStream: (category, topics, hear) => wire.publicStream(category, topics, heard(hear)),
        privateStream: (topics, hear) => wire.privateStream(topics, heard(hear)),
        close: () => wire.close(),
      }
    },
  }
}
