/** One public topic: what a new listener hears first, and what it hears after each round of publishing. */
import type { JsonObject } from '../../../domain/json.ts'
import type { SimExchange } from '../exchange-state.ts'
import { type BookTopic, firstBook, nextBook } from '../market/public-order-books.ts'
import type { Push } from '../simulated.ts'
import type { Instrument } from '../universe/universe.ts'

export type PublicChannel = Exclude<Push['channel'], 'private'>

export type Speaker = {
  channel: PublicChannel
  topic: string
  first(round: number): JsonObject[]
  next(round: number): JsonObject[]
}

export const channelOf = (instrument: Instrument): PublicChannel =>
  instrument.market === 'spot' ? 'public-spot' : 'public-linear'

/** The speaker of an order book. */
export function books(exchange: SimExchange, channel: PublicChannel, state: BookTopic): Speaker {
  return {
    channel,
    topic: state.topic,
    first: round => firstBook(exchange, state, round),
    next(round) {
      const message = nextBook(exchange, state, round)
      return message ? [message] : []
    },
  }
}
