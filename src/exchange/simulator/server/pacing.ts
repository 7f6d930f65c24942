/**
 * Simulated time for clients that say what pace they can follow: it runs at the slowest of theirs, and waits for one that falls
 * silent. Without such clients it runs at the speed that was asked for.
 */
import { HOLD_MS, type PacedClock } from '../../../clock/clock.ts'

/** A connection. */
type Client = { once(event: 'close', hear: () => void): unknown }

export type Pacing = {
  /** A client can follow this pace. It is heard until its connection ends. */
  hear(client: Client, bearable: number): void
  /** Simulated milliseconds to one of the machine, now. */
  pace(): number
  isOn(): boolean
}

/** Sets the simulator's clock by what its clients say. `speed` is the most: simulated milliseconds to one of the machine. */
export function createPacing(clock: PacedClock, speed: number): Pacing {
  const clients = new Map<Client, number>()
  const pace = () => Math.min(speed, ...clients.values())
  const run = () => clock.run(pace(), clients.size > 0 ? HOLD_MS : undefined)
  return {
    hear(client, bearable) {
      if (!clients.has(client))
        client.once('close', () => {
          clients.delete(client)
          run()
        })
      clients.set(client, bearable)
      run()
    },
    pace,
    isOn: () => clients.size > 0,
  }
}
