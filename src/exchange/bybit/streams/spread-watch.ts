/**
 * Books of native spreads, from their own socket. Spreads have no best-level topic that is sent again while a book rests: one
 * that said nothing for a while is read over REST, as is every one while the socket is down. Nothing else hangs on them, so
 * what is lost is said as 'spread-stale' and never takes another market down.
 */
import type { SpreadOrderBook } from '../../../domain/risk/risk-facts.ts'
import type { MarketFact, Subscription } from '../../exchange.ts'
import { askWire } from '../pages.ts'
import { failureOf } from '../translate/errors.ts'
import { type Row, rowOf } from '../translate/fields.ts'
import type { PublicStream, Wire } from '../wire/wire.ts'
import type { Tools } from './market-watch.ts'
import { type OrderBookBuilder, orderBookBuilder } from './order-books.ts'
import { SilenceWatch } from './silence.ts'

/** How long a book may say nothing, and how often it is read then. Engine time. */
const QUIET_MS = 3_000
/** A spread may rest long: taking its topic anew proves that it does. */
const SILENT_MS = 60_000
const DEPTH = 25

type Held = { builder: OrderBookBuilder<'spread'>; heardAtMs: number }

export class SpreadWatch implements Subscription {
  readonly #wire: Wire
  readonly #hear: (fact: MarketFact) => void
  readonly #tools: Tools
  readonly #books: ReadonlyMap<string, Held>
  readonly #stream: PublicStream
  readonly #silence: SilenceWatch
  #closed = false

  constructor(wire: Wire, symbols: readonly string[], hear: (fact: MarketFact) => void, tools: Tools) {
    this.#wire = wire
    this.#hear = hear
    this.#tools = tools
    this.#books = new Map(
      [...new Set(symbols)].map(symbol => [
        symbol,
        { builder: orderBookBuilder('spread', symbol), heardAtMs: Number.NEGATIVE_INFINITY },
      ]),
    )
    const topics = [...this.#books.keys()].map(symbol => `orderbook.${DEPTH}.${symbol}`)
    this.#silence = new SilenceWatch({
      ...tools,
      quietMsMax: new Map(topics.map(topic => [topic, SILENT_MS])),
      resubscribe: topic => this.#stream.resubscribe(topic),
      renew: (topic, cause) => this.#stream.renew(topic, cause),
    })
    this.#stream = wire.publicStream('spread', topics, {
      message: message => this.#take(message),
      up: () => this.#silence.up(),
      down: cause => {
        this.#silence.down()
        this.#lose([...this.#books.keys()], cause)
      },
      garbage: detail => {
        tools.report('garbage', `spread: ${detail}`)
        for (const symbol of this.#books.keys()) this.#mend(symbol, `garbage: ${detail}`)
      },
      refused: (name, cause) => {
        tools.report('refused-topic', `spread ${name}: ${cause}`)
        this.#silence.drop(name)
        this.#lose([symbolOf(name)], `refused: ${cause}`)
      },
    })
    this.#pollLater()
  }

  close(): void {
    this.#closed = true
    this.#silence.close()
    this.#stream.close()
  }

  #take(message: Row): void {
    const symbol = symbolOf(String(message.topic))
    this.#silence.heard(String(message.topic))
    const held = this.#books.get(symbol)
    const answer = held?.builder.apply(message)
    if (!held || !answer) this.#tools.report('unknown-topic', `spread ${String(message.topic)}`)
    else if (answer.kind === 'book') this.#tell(held, answer.book)
    else if (answer.kind === 'broken') {
      this.#tools.report('broken-stream', answer.cause)
      this.#mend(symbol, answer.cause)
    }
  }

  #tell(held: Held, { symbol, bids, asks, atMs }: SpreadOrderBook): void {
    held.heardAtMs = this.#tools.clock.nowMs()
    this.#hear({ kind: 'spread-book', symbol, bids, asks, atMs })
  }

  #lose(symbols: readonly string[], cause: string): void {
    for (const symbol of symbols) this.#books.get(symbol)?.builder.forget()
    this.#hear({ kind: 'spread-stale', symbols, cause })
  }

  #mend(symbol: string, cause: string): void {
    this.#lose([symbol], cause)
    this.#stream.resubscribe(`orderbook.${DEPTH}.${symbol}`)
  }

  #pollLater(): void {
    this.#tools.clock.setTimeout(() => {
      if (this.#closed) return
      const quietSinceMs = this.#tools.clock.nowMs() - QUIET_MS
      const quiet = [...this.#books].filter(([, held]) => held.heardAtMs <= quietSinceMs)
      void Promise.all(quiet.map(([symbol, held]) => this.#read(symbol, held))).then(() => this.#pollLater())
    }, QUIET_MS)
  }

  /** Reads one book over REST, and tells it unless the socket was quicker. Never throws: an unread book ages. */
  async #read(symbol: string, held: Held): Promise<void> {
    const { heardAtMs } = held
    try {
      const { result } = await askWire(this.#wire, '/v5/spread/orderbook', { symbol, limit: DEPTH }, false)
      if (this.#closed || held.heardAtMs !== heardAtMs) return
      const row = rowOf(result, 'result')
      const answer = orderBookBuilder('spread', symbol).apply({ type: 'snapshot', ts: row.ts, data: row })
      if (answer.kind === 'book') this.#tell(held, answer.book)
      else
        this.#tools.report('unread-spread-book', `${symbol}: ${answer.kind === 'broken' ? answer.cause : ''}`)
    } catch (error) {
      if (!this.#closed) this.#tools.report('unread-spread-book', failureOf(error, symbol).message)
    }
  }
}

const symbolOf = (topic: string): string => topic.slice(`orderbook.${DEPTH}.`.length)
