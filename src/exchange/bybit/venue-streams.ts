/**
 * The watching verbs of the port: pushes of V5 become facts. What must stay true: a fact of a book or ticker is whole and
 * trusted, and everything that was lost is said ('stale', 'down') before anything else is heard of it.
 */
import type { Clock } from '../../clock.ts'
import type { Market } from '../../domain/instrument.ts'
import type { AccountFact, MarketFact, Subscription } from '../exchange.ts'
import { type BookBuilder, bookBuilder } from './books.ts'
import { failureOf } from './errors.ts'
import { integerAt, type Row, rowsAt } from './fields.ts'
import { type TickerBuilder, tickerBuilder } from './tickers.ts'
import { coinBalance, position } from './translate-account.ts'
import { fill, marketOf, orderReport } from './translate-orders.ts'
import type { Report } from './venue-reads.ts'
import type { PublicStream, Wire } from './wire.ts'

/** A broken topic is taken anew at once, and then at most this often, in engine time. */
const RESUBSCRIBE_EVERY_MS = 5_000

type Tools = { clock: Clock; report: Report }
type Topic = { symbol: string; builder: BookBuilder | TickerBuilder; askedAtMs: number; stale: boolean }

/** Books of 50 levels, and tickers on linear. */
function topicsOf(market: Market, symbols: readonly string[]): Map<string, Topic> {
  const topics = new Map<string, Topic>()
  for (const symbol of new Set(symbols)) {
    const fresh = { symbol, askedAtMs: Number.NEGATIVE_INFINITY, stale: false }
    topics.set(`orderbook.50.${symbol}`, { ...fresh, builder: bookBuilder(market, symbol) })
    if (market === 'linear') topics.set(`tickers.${symbol}`, { ...fresh, builder: tickerBuilder() })
  }
  return topics
}

/** One market's stream, held open. */
class CategoryWatch {
  readonly #market: Market
  readonly #topics: Map<string, Topic>
  readonly #hear: (fact: MarketFact) => void
  readonly #tools: Tools
  readonly #stream: PublicStream
  #closed = false

  constructor(
    wire: Wire,
    market: Market,
    symbols: readonly string[],
    hear: (fact: MarketFact) => void,
    tools: Tools,
  ) {
    this.#market = market
    this.#topics = topicsOf(market, symbols)
    this.#hear = hear
    this.#tools = tools
    this.#stream = wire.publicStream(market, [...this.#topics.keys()], {
      message: message => this.#take(message),
      up: () => hear({ kind: 'up', market }),
      down: cause => this.#lose(cause),
      garbage: detail => {
        tools.report('garbage', `${market}: ${detail}`)
        this.#mend([...this.#topics.keys()], `garbage: ${detail}`)
      },
      refused: (name, cause) => {
        tools.report('refused-topic', `${market} ${name}: ${cause}`)
        this.#distrust([name], `refused: ${cause}`)
      },
    })
  }

  close(): void {
    this.#closed = true
    this.#stream.close()
  }

  #take(message: Row): void {
    const name = String(message.topic)
    const topic = this.#topics.get(name)
    const answer = topic?.builder.apply(message)
    if (!topic || !answer) this.#tools.report('unknown-topic', `${this.#market} ${name}`)
    else if (answer.kind === 'broken') {
      this.#tools.report('broken-stream', answer.cause)
      this.#mend([name], answer.cause)
    } else if (answer.kind !== 'waiting') {
      topic.stale = false
      this.#hear(answer)
    }
  }

  /** The reconnect brings snapshots by itself. */
  #lose(cause: string): void {
    this.#distrust([...this.#topics.keys()], cause)
    for (const topic of this.#topics.values()) topic.stale = false
    this.#hear({ kind: 'down', market: this.#market, cause })
  }

  #distrust(names: readonly string[], cause: string): void {
    const broken = names.flatMap(name => this.#topics.get(name) ?? [])
    for (const topic of broken) {
      topic.builder.forget()
      topic.stale = true
    }
    const symbols = [...new Set(broken.map(topic => topic.symbol))]
    if (symbols.length > 0) this.#hear({ kind: 'stale', market: this.#market, symbols, cause })
  }

  #mend(names: readonly string[], cause: string): void {
    this.#distrust(names, cause)
    for (const name of names) {
      const topic = this.#topics.get(name)
      if (topic) this.#takeAnew(name, topic)
    }
  }

  #takeAnew(name: string, topic: Topic): void {
    const { clock } = this.#tools
    const nowMs = clock.nowMs()
    if (this.#closed || nowMs - topic.askedAtMs < RESUBSCRIBE_EVERY_MS) return
    topic.askedAtMs = nowMs
    this.#stream.resubscribe(name)
    // Were the snapshot lost too, a quiet topic would stay stale for ever.
    clock.setTimeout(() => topic.stale && this.#takeAnew(name, topic), RESUBSCRIBE_EVERY_MS)
  }
}

/** Books of both legs and the perpetuals' tickers. */
export function watchMarket(
  wire: Wire,
  pairs: readonly { spot: string; perp: string }[],
  hear: (fact: MarketFact) => void,
  tools: Tools,
): Subscription {
  if (pairs.length === 0) return { close: () => {} }
  const perps = pairs.map(pair => pair.perp)
  const spots = pairs.map(pair => pair.spot)
  const streams = [
    new CategoryWatch(wire, 'linear', perps, hear, tools),
    new CategoryWatch(wire, 'spot', spots, hear, tools),
  ]
  return {
    close() {
      for (const stream of streams) stream.close()
    },
  }
}

/** What each private topic's rows become; rows of inverse and option accounts are not ours. */
function accountFactsOf(message: Row): AccountFact[] {
  const rows = rowsAt(message, 'data')
  const atMs = integerAt(message, 'creationTime')
  switch (String(message.topic).split('.')[0]) {
    case 'order':
      return rows.flatMap(row => {
        const market = marketOf(row)
        return market ? [{ kind: 'order' as const, report: orderReport(row, market) }] : []
      })
    case 'execution':
      return rows.flatMap(row => {
        const market = marketOf(row)
        return market ? [{ kind: 'fill' as const, fill: fill(row, market) }] : []
      })
    case 'position':
      return rows
        .filter(row => marketOf(row) === 'linear')
        .map(row => ({ kind: 'position' as const, position: position(row, atMs) }))
    default:
      return rows.map(row => ({ kind: 'wallet' as const, coins: rowsAt(row, 'coin').map(coinBalance) }))
  }
}

const PRIVATE = ['order', 'execution', 'position', 'wallet'] as const
/** A topic of one category is the same thing; `execution.fast` is not: it lacks fees and causes. */
const OURS = /^(order|execution|position|wallet)(\.(spot|linear|inverse|option))?$/

/** The account's orders, fills, positions and balances. An unreadable message is said as a drop: facts were lost with it. */
export function watchAccount(wire: Wire, hear: (fact: AccountFact) => void, { report }: Tools): Subscription {
  return wire.privateStream(PRIVATE, {
    message(message) {
      const topic = String(message.topic)
      if (!OURS.test(topic)) return report('unknown-topic', `private ${topic}`)
      let facts: AccountFact[]
      try {
        facts = accountFactsOf(message)
      } catch (error) {
        const cause = failureOf(error, `unreadable ${topic}`).message
        report('garbage', `private: ${cause}`)
        hear({ kind: 'down', cause })
        return hear({ kind: 'up' })
      }
      for (const fact of facts) hear(fact)
    },
    up: () => hear({ kind: 'up' }),
    down: cause => hear({ kind: 'down', cause }),
  })
}
