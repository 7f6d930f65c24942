/**
 * One market's stream, held open: pushes of V5 become facts. What must stay true: a fact of a book or ticker is whole and
 * trusted, and everything that was lost is said ('stale', 'down') before anything else is heard of it.
 */
import type { Clock } from '../../../clock/clock.ts'
import type { Market } from '../../../domain/instrument.ts'
import type { MarketFact, Subscription } from '../../exchange.ts'
import { each, type Report } from '../pages.ts'
import { failureOf } from '../translate/errors.ts'
import { type Row, rowsAt } from '../translate/fields.ts'
import { alertsOf, isAlertTopic, systemNotice } from '../translate/notices.ts'
import type { PublicStream, Wire } from '../wire/wire.ts'
import { bestLevelsOf, topicOf } from './frames.ts'
import {
  type BestAnswer,
  type BookTaken,
  type OrderBookBuilder,
  orderBookBuilder,
  QuietOrderBook,
} from './order-books.ts'
import { SilenceWatch, type TopicHeard } from './silence.ts'
import { type TickerAnswer, type TickerBuilder, tickerBuilder } from './tickers.ts'

/** A broken topic is subscribed again at once, and then at most this often, in engine time. */
const RESUBSCRIBE_EVERY_MS = 5_000

/** `speed`: engine milliseconds to one of the machine. */
export type Tools = { clock: Clock; report: Report; speed: number }
type Hear = (fact: MarketFact) => void

/** When a topic was last subscribed again, and whether it is waited for. `heard`: of those whose silence is a fault. */
type Taken = { symbol: string; askedAtMs: number; stale: boolean; heard: TopicHeard | undefined }
/** `fact` is what is told of it, again and again: the book in it is patched in place. */
type BookTopic = Taken & {
  kind: 'book'
  builder: OrderBookBuilder
  resting: QuietOrderBook
  fact: MarketFact
}
/** Best level only: proof that the book of the same symbol still stands. */
type BestTopic = Taken & { kind: 'best'; deep: string; book: BookTopic }
type TickerTopic = Taken & { kind: 'ticker'; builder: TickerBuilder }
type Topic = BookTopic | BestTopic | TickerTopic

const forget = (topic: Topic): void => {
  if (topic.kind === 'book') topic.resting.forget()
  if (topic.kind !== 'best') topic.builder.forget()
}

/** An untouched best level is sent again every 3 s, and a perpetual's mark price moves every few: longer silence is a fault. */
const QUIET_MS_MAX = { best: 15_000, ticker: 30_000 }
/** A book that rests says nothing: its best level speaks for it. */
const quietMsMaxOf = (topics: ReadonlyMap<string, Topic>): Map<string, number> =>
  new Map([...topics].flatMap(([name, { kind }]) => (kind === 'book' ? [] : [[name, QUIET_MS_MAX[kind]]])))

/** Books of 50 levels, their best level, and tickers on linear. */
function topicsOf(market: Market, symbols: readonly string[]): Map<string, Topic> {
  const topics = new Map<string, Topic>()
  for (const symbol of new Set(symbols)) {
    const fresh = { symbol, askedAtMs: Number.NEGATIVE_INFINITY, stale: false, heard: undefined }
    const builder = orderBookBuilder(market, symbol)
    const deep = `orderbook.50.${symbol}`
    const resting = new QuietOrderBook(builder)
    const book: BookTopic = {
      ...fresh,
      kind: 'book',
      builder,
      resting,
      fact: { kind: 'book', book: builder.live },
    }
    topics.set(deep, book)
    topics.set(`orderbook.1.${symbol}`, { ...fresh, kind: 'best', deep, book })
    if (market === 'linear')
      topics.set(`tickers.${symbol}`, { ...fresh, kind: 'ticker', builder: tickerBuilder() })
  }
  return topics
}

type MarketPlan = {
  market: Market
  symbols: readonly string[]
  /** Topics of no single symbol: nothing of a book hangs on them. */
  news: readonly string[]
}

export class MarketWatch {
  readonly #plan: MarketPlan
  readonly #topics: Map<string, Topic>
  readonly #watched: ReadonlySet<string>
  readonly #hear: Hear
  readonly #tools: Tools
  readonly #stream: PublicStream
  readonly #silence: SilenceWatch
  #closed = false

  constructor(wire: Wire, plan: MarketPlan, hear: Hear, tools: Tools) {
    const { market, symbols, news } = plan
    this.#plan = plan
    this.#topics = topicsOf(market, symbols)
    this.#watched = new Set(symbols)
    this.#hear = hear
    this.#tools = tools
    this.#silence = new SilenceWatch({
      ...tools,
      quietMsMax: quietMsMaxOf(this.#topics),
      resubscribe: name => this.#stream.resubscribe(name),
      renew: (name, cause) => this.#stream.renew(name, cause),
    })
    for (const [name, topic] of this.#topics) topic.heard = this.#silence.heardOf(name)
    this.#stream = wire.publicStream(market, [...this.#topics.keys(), ...news], {
      message: message => this.#take(message),
      frame: text => this.#takeFrame(text),
      up: () => {
        this.#silence.up()
        hear({ kind: 'up', market })
      },
      down: cause => this.#lose(cause),
      garbage: detail => {
        tools.report('garbage', `${market}: ${detail}`)
        this.#mend([...this.#topics.keys()], `garbage: ${detail}`)
      },
      refused: (name, cause) => {
        tools.report('refused-topic', `${market} ${name}: ${cause}`)
        this.#silence.drop(name)
        this.#distrust([name], `refused: ${cause}`)
      },
    })
  }

  close(): void {
    this.#closed = true
    this.#silence.close()
    this.#stream.close()
  }

  #take(message: Row): void {
    const name = String(message.topic)
    const topic = this.#topics.get(name)
    if (!topic) {
      this.#news(name, message)
      return
    }
    const nowMs = this.#heard(topic)
    if (topic.kind === 'best') this.#bestAnswered(topic, topic.book.resting.read(message, nowMs), name)
    else if (topic.kind === 'ticker') this.#tickerAnswered(topic, topic.builder.apply(message), name)
    else this.#bookTaken(topic, topic.builder.take(message), name, nowMs)
  }

  /** Takes a frame that is of the form known best, from its bytes; false for any other, which must be parsed. */
  #takeFrame(text: string): boolean {
    const name = topicOf(text)
    const topic = name === undefined ? undefined : this.#topics.get(name)
    if (name === undefined || !topic) return false
    switch (topic.kind) {
      case 'best': {
        const best = bestLevelsOf(text)
        if (best) this.#bestAnswered(topic, topic.book.resting.heard(best, this.#heard(topic)), name)
        return best !== undefined
      }
      case 'ticker': {
        const answer = topic.builder.applyFrame(text)
        if (answer) this.#heard(topic)
        if (answer) this.#tickerAnswered(topic, answer, name)
        return answer !== undefined
      }
      case 'book': {
        const answer = topic.builder.takeFrame(text)
        if (answer) this.#bookTaken(topic, answer, name, this.#heard(topic))
        return answer !== undefined
      }
    }
  }

  #heard({ heard }: Topic): number {
    const nowMs = this.#tools.clock.nowMs()
    if (heard) {
      heard.atMs = nowMs
      heard.askedAtMs = undefined
    }
    return nowMs
  }

  #bookTaken(topic: BookTopic, answer: BookTaken, name: string, nowMs: number): void {
    if (answer.kind === 'taken') {
      topic.resting.told(nowMs)
      topic.stale = false
      this.#hear(topic.fact)
    } else if (answer.kind === 'broken') this.#broken(name, answer.cause)
  }

  #bestAnswered(topic: BestTopic, answer: BestAnswer, name: string): void {
    if (answer.kind === 'proven') {
      topic.book.builder.proven(answer.atMs)
      this.#hear(topic.book.fact)
    } else if (answer.kind === 'broken') this.#broken(topic.deep, answer.cause)
    else if (answer.kind === 'unread') this.#tools.report('unread-best-level', `${this.#plan.market} ${name}`)
  }

  #tickerAnswered(topic: TickerTopic, answer: TickerAnswer, name: string): void {
    if (answer.kind === 'ticker') {
      topic.stale = false
      this.#hear(answer)
    } else if (answer.kind === 'broken') this.#broken(name, answer.cause)
  }

  #broken(name: string, cause: string): void {
    this.#tools.report('broken-stream', cause)
    this.#mend([name], cause)
  }

  #news(name: string, message: Row): void {
    if (this.#plan.news.includes(name) && isAlertTopic(name)) this.#alert(message)
    else this.#tools.report('unknown-topic', `${this.#plan.market} ${name}`)
  }

  /** Pools behind symbols that are not watched are nobody's business here. */
  #alert(message: Row): void {
    try {
      const alerts = alertsOf(message).filter(({ symbol }) => this.#watched.has(symbol))
      if (alerts.length > 0) this.#hear({ kind: 'adl-alert', alerts })
    } catch (error) {
      this.#tools.report('unread-alert', failureOf(error, String(message.topic)).message)
    }
  }

  /** The reconnect brings snapshots by itself. */
  #lose(cause: string): void {
    this.#silence.down()
    this.#distrust([...this.#topics.keys()], cause)
    for (const topic of this.#topics.values()) topic.stale = false
    this.#hear({ kind: 'down', market: this.#plan.market, cause })
  }

  /** Without its best level a book only ages sooner: it is not distrusted for that. */
  #distrust(names: readonly string[], cause: string): void {
    const broken = names.flatMap(name => this.#topics.get(name) ?? []).filter(({ kind }) => kind !== 'best')
    for (const topic of broken) {
      forget(topic)
      topic.stale = true
    }
    const symbols = [...new Set(broken.map(topic => topic.symbol))]
    if (symbols.length > 0) this.#hear({ kind: 'stale', market: this.#plan.market, symbols, cause })
  }

  #mend(names: readonly string[], cause: string): void {
    this.#distrust(names, cause)
    for (const name of names) {
      const topic = this.#topics.get(name)
      // The best level is sent again by itself.
      if (topic && topic.kind !== 'best') this.#takeAnew(name, topic)
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

const TOPIC = 'system.status'

/** Listens to the exchange's notices; one that cannot be read is reported and left out. */
export function watchNotices(wire: Wire, hear: (fact: MarketFact) => void, { report }: Tools): Subscription {
  return wire.publicStream('status', [TOPIC], {
    message(message) {
      try {
        const notices = each(rowsAt(message, 'data'), systemNotice, report, 'unread-notice')
        if (notices.length > 0) hear({ kind: 'system-notice', notices })
      } catch (error) {
        report('unread-notice', failureOf(error, TOPIC).message)
      }
    },
    up: () => {},
    down: () => {},
    garbage: detail => report('garbage', `status: ${detail}`),
    refused: (name, cause) => report('refused-topic', `status ${name}: ${cause}`),
  })
}
