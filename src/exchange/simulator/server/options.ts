/** What the simulator's server can be told. */
import type { JsonObject } from '../../../domain/json.ts'
import type { Intercept } from '../create.ts'
import type { FaultPlanInput } from '../faults/plan.ts'
import type { SimulatedBybit } from '../simulated.ts'
import type { Universe } from '../universe/listing.ts'
import type { AccountKey } from './accounts.ts'
import type { Deliver } from './sockets/connection.ts'

export type CoreStart = {
  seed: number
  startAtMs: number
  saved: JsonObject | undefined
  universe?: Universe
  intercept?: Intercept
}

export type CoreFactory = (start: CoreStart) => SimulatedBybit

export type SimulatorOptions = {
  /** 0 takes a free one. */
  port: number
  seed: number
  /** Simulated milliseconds per real one. At 1 the simulator keeps the machine's time, so that any client can trade on it. */
  speed: number
  keys: readonly AccountKey[]
  /** USDT credited to each account when it is first seen. */
  balance: string
  /** The exchange inside; the simulated Bybit unless a test says otherwise. */
  core?: CoreFactory
  /** Files in Bybit's instruments-info format that say what is listed; the built-in coins when left out. */
  instruments?: readonly string[]
  /** Keeps the account across restarts; nothing is kept without it. */
  stateFile?: string
  /** Where simulated time begins when there is nothing to go on from; the machine's time by default. */
  startAtMs?: number
  /** Where a client's clock stands that knows this exchange already: an account goes on no earlier. */
  notBeforeMs?: number
  /** Hears what was found wrong with the account file and mended. */
  noted?: (words: string) => void
  deliver?: Deliver
  /** What goes wrong; nothing unless said, and always to be changed at `/simulator/faults`. */
  faults?: FaultPlanInput
  /** A recording of public frames: its topics are played as they came, in simulated time, in place of the simulator's own. */
  recorded?: string
  /** Per address; Bybit's is 600. */
  requestsPer5s?: number
  bufferedBytesMax?: number
  /** Told when the account can no longer be kept; the server has stopped answering by then. */
  failed?: (error: Error) => void
  /** Told when POST /simulator/stop came. */
  stopAsked?: () => void
}
