/** How much a price moves in an hour, from the prices that are heard: recent moves count more. A judgement, never an amount. */
import { HOUR_MS } from '../../src/domain/market/funding.ts'

/** Prices nearer together than this say more of the book than of the market. */
const STEP_MS = 60_000
/** Half of what is known is this old or younger. */
const HALF_LIFE_MS = 6 * HOUR_MS
/** Before this much was heard nothing is said. */
const HEARD_MIN_MS = HOUR_MS

export type Volatility = {
  hear(price: string, atMs: number): void
  /** Standard deviation of the price over one hour, a fraction; undefined while too little was heard. */
  perHour(): number | undefined
}

export function createVolatility(): Volatility {
  let last: { price: number; atMs: number } | undefined
  let [squares, hours, heardMs] = [0, 0, 0]
  return {
    hear(text, atMs) {
      const price = Number(text)
      if (!(price > 0)) return
      if (last && atMs - last.atMs < STEP_MS) return
      if (last) {
        const ms = atMs - last.atMs
        const kept = 0.5 ** (ms / HALF_LIFE_MS)
        squares = squares * kept + Math.log(price / last.price) ** 2
        hours = hours * kept + ms / HOUR_MS
        heardMs += ms
      }
      last = { price, atMs }
    },
    perHour: () => (heardMs >= HEARD_MIN_MS && hours > 0 ? Math.sqrt(squares / hours) : undefined),
  }
}
