/**
 * The one place every message of the simulator's server passes, in both directions, so that faults can be put on the wire
 * without touching what the exchange knows: hold a parcel back, drop it, garble it, cut its connection.
 */
import type { Push } from '../simulated.ts'

export type Channel = 'rest' | 'trade' | Push['channel']

export type Parcel = {
  /** 'request' before the exchange acts on it, 'reply' and 'push' after it acted. */
  kind: 'request' | 'reply' | 'push'
  channel: Channel
  /** Which connection it travels on. */
  connection: string
  /** The path, op or topic: '/v5/order/create', 'order.create', 'auth', 'orderbook.1.BTCUSDT'. */
  what: string
  /** Whose; '' where nobody is authenticated (yet). */
  uid: string
  text: string
}

/** What can be done with a parcel. Doing nothing drops it; a later `pass` delays it. */
export type Carriage = {
  /** Hands on `text`. `status` is the HTTP status of a REST reply, and nothing elsewhere. */
  pass(text: string, status?: number): void
  /** Destroys the connection the parcel travels on. */
  cut(): void
}

export type Deliver = (parcel: Parcel, carriage: Carriage) => void

/** A perfect wire. */
export const deliverAsIs: Deliver = (parcel, carriage) => carriage.pass(parcel.text)
