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

/** One market's topics: books of 50 levels, and tickers on linear. */
function watchCategory(
  wire: Wire,
  market: Market,
  symbols: readonly string[],
  hear: (fact: MarketFact) => void,
  { clock, report }: Tools,
): Subscription {
  const topics = new Map<string, Topic>()
  for (const symbol of new Set(symbols)) {
    const fresh = { symbol, askedAtMs: Number.NEGATIVE_INFINITY, stale: false }
    topics.set(`orderbook.50.${symbol}`, { ...fresh, builder: bookBuilder(market, symbol) })
    if (market === 'linear') topics.set(`tickers.${symbol}`, { ...fresh, builder: tickerBuilder() })
  }
  if (topics.size === 0) return { close: () => {} }
  let closed = false

  const takeAnew = (name: string, topic: Topic) => {
    const nowMs = clock.nowMs()
    if (closed || nowMs - topic.askedAtMs < RESUBSCRIBE_EVERY_MS) return
    topic.askedAtMs = nowMs
    stream.resubscribe(name)
    // Were the snapshot lost too, a quiet topic would stay stale for ever.
    clock.setTimeout(() => topic.stale && takeAnew(name, topic), RESUBSCRIBE_EVERY_MS)
  }
  const distrust = (names: readonly string[], cause: string) => {
    const broken = names.flatMap(name => topics.get(name) ?? [])
    for (const topic of broken) {
      topic.builder.forget()
      topic.stale = true
    }
    const named = [...new Set(broken.map(topic => topic.symbol))]
    if (named.length > 0) hear({ kind: 'stale', market, symbols: named, cause })
  }
  const mend = (names: readonly string[], cause: string) => {
    distrust(names, cause)
    for (const name of names) {
      const topic = topics.get(name)
      if (topic) takeAnew(name, topic)
    }
  }

  const stream: PublicStream = wire.publicStream(market, [...topics.keys()], {
    message(message) {
      const name = String(message.topic)
      const topic = topics.get(name)
      if (!topic) return report('unknown-topic', `${market} ${name}`)
      const answer = topic.builder.apply(message)
      if (answer.kind === 'waiting') return
      if (answer.kind === 'broken') {
        report('broken-stream', answer.cause)
        return mend([name], answer.cause)
      }
      topic.stale = false
      hear(answer)
    },
    up: () => hear({ kind: 'up', market }),
    down(cause) {
      distrust([...topics.keys()], cause)
      for (const topic of topics.values()) topic.stale = false
      hear({ kind: 'down', market, cause })
    },
    garbage(detail) {
      report('garbage', `${market}: ${detail}`)
      mend([...topics.keys()], `garbage: ${detail}`)
    },
    refused(name, cause) {
      report('refused-topic', `${market} ${name}: ${cause}`)
      distrust([name], `refused: ${cause}`)
    },
  })
  return {
    close() {
      closed = true
      stream.close()
    },
  }
}

/** Books of both legs and the perpetuals' tickers. */
export function watchMarket(
  wire: Wire,
  pairs: readonly { spot: string; perp: string }[],
  hear: (fact: MarketFact) => void,
  tools: Tools,
): Subscription {
  const perps = pairs.map(pair => pair.perp)
  const spots = pairs.map(pair => pair.spot)
  const streams = [
    watchCategory(wire, 'linear', perps, hear, tools),
    watchCategory(wire, 'spot', spots, hear, tools),
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
