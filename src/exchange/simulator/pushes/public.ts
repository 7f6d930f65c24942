/**
 * Public streams: tickers, books, trades, klines. A round of publishing tells each wanted topic what changed
 * since its last round; unwanted topics cost one question each. Nothing here touches the books of account.
 */
import type { Json, JsonObject } from '../../../domain/json.ts'
import { lifeOf, type SimExchange } from '../exchange-state.ts'
import { textOf } from '../kit/grid.ts'
import { bookTopic, DEPTHS, listedSource } from '../market/public-order-books.ts'
import { lastTicks, linearTickerPush, spotTickerPush, tradeAt } from '../market/tickers.ts'
import { KLINE_MINUTES } from '../requests/series.ts'
import type { Push } from '../simulated.ts'
import type { Instrument, Listing } from '../universe/universe.ts'
import { newsSpeakers } from './news.ts'
import { spreadSpeakers } from './spread.ts'
import { books, channelOf, klineSpeaker, type PublicChannel, type Speaker } from './topics.ts'

export type IsWanted = (topic: string, channel: PublicChannel) => boolean

type Publisher = {
  subscribe(channel: Push['channel'], topic: string): JsonObject[] | undefined
  /** Says what changed since the last round, for topics that are wanted. */
  publish(isWanted: IsWanted): void
}

/** A quote's price and size always come together. */
const PARTNERS: ReadonlyMap<string, string> = new Map([
  ['bid1Price', 'bid1Size'],
  ['bid1Size', 'bid1Price'],
  ['ask1Price', 'ask1Size'],
  ['ask1Size', 'ask1Price'],
])

/** Changed fields only, with their partners. */
function tickerDelta(before: JsonObject, after: JsonObject): JsonObject | undefined {
  let delta: JsonObject | undefined
  for (const key in after) {
    const partner = PARTNERS.get(key) ?? key
    if (after[key] === before[key] && after[partner] === before[partner]) continue
    delta ??= { symbol: after.symbol as Json }
    delta[key] = after[key] as Json
  }
  return delta
}

/** Linear: a snapshot, then deltas. */
function linearTickers(exchange: SimExchange, listing: Listing): Speaker {
  const { perp } = listing
  const topic = `tickers.${perp.symbol}`
  let said: JsonObject | undefined
  let saidRound = -1
  let lastPrice = 0
  let direction = 'ZeroPlusTick'
  const look = () => {
    const last = lastTicks(exchange, listing, perp, exchange.market.nowMs()) ?? lastPrice
    if (last !== lastPrice) direction = last > lastPrice ? 'PlusTick' : 'MinusTick'
    else direction = direction.endsWith('PlusTick') ? 'ZeroPlusTick' : 'ZeroMinusTick'
    lastPrice = last
    return linearTickerPush(exchange, listing, direction)
  }
  const frame = (type: string, data: JsonObject): JsonObject => ({
    topic,
    type,
    data,
    cs: exchange.state.nowMs - 1_500_000_000_000,
    ts: exchange.state.nowMs,
  })
  return {
    channel: 'public-linear',
    topic,
    first(round) {
      if (saidRound < round || !said) said = look()
      saidRound = round
      return said ? [frame('snapshot', said)] : []
    },
    next(round) {
      const ticker = look()
      const fresh = saidRound < round - 1 || !said
      const delta = ticker && (fresh ? ticker : tickerDelta(said ?? {}, ticker))
      said = ticker
      saidRound = round
      return delta ? [frame(fresh ? 'snapshot' : 'delta', delta)] : []
    },
  }
}

function spotTickers(exchange: SimExchange, listing: Listing): Speaker {
  const topic = `tickers.${listing.spot.symbol}`
  const frame = (): JsonObject[] => {
    const data = spotTickerPush(exchange, listing)
    const { nowMs } = exchange.state
    return data ? [{ topic, ts: nowMs, type: 'snapshot', cs: nowMs - 1_500_000_000_000, data }] : []
  }
  return { channel: 'public-spot', topic, first: frame, next: frame }
}

/** Trades since the last round, at most the last ten seconds of them. */
function trades(exchange: SimExchange, listing: Listing, instrument: Instrument): Speaker {
  const topic = `publicTrade.${instrument.symbol}`
  const spot = instrument.market === 'spot'
  let saidUpToMs = 0
  const row = (atMs: number): JsonObject | undefined => {
    const trade = tradeAt(exchange, listing, instrument, atMs)
    if (!trade) return undefined
    const [p, v] = [textOf(instrument.price, trade.ticks), textOf(instrument.qty, trade.lots)]
    const [T, S, s] = [trade.atMs, trade.side, instrument.symbol]
    return spot
      ? { i: trade.id, T, p, v, S, seq: trade.seq, s, BT: false, RPI: false }
      : {
          T,
          s,
          S,
          v,
          p,
          L: S === 'Buy' ? 'PlusTick' : 'MinusTick',
          i: trade.id,
          BT: false,
          RPI: false,
          seq: trade.seq,
        }
  }
  return {
    channel: channelOf(instrument),
    topic,
    first() {
      saidUpToMs = exchange.market.nowMs()
      return []
    },
    next() {
      const nowMs = exchange.market.nowMs()
      const data: JsonObject[] = []
      for (let atMs = Math.max(saidUpToMs + 1000, nowMs - 9000); atMs <= nowMs; atMs += 1000) {
        const found = row(atMs)
        if (found) data.push(found)
      }
      saidUpToMs = nowMs
      if (data.length === 0) return []
      const ts = exchange.state.nowMs
      return [spot ? { topic, ts, type: 'snapshot', data } : { topic, type: 'snapshot', ts, data }]
    },
  }
}

function speakersOf(exchange: SimExchange): Speaker[] {
  return [...exchange.universe.listed('linear'), ...exchange.universe.listed('spot')].flatMap(
    ({ listing, instrument }) => [
      instrument.market === 'spot' ? spotTickers(exchange, listing) : linearTickers(exchange, listing),
      ...DEPTHS.map(depth =>
        books(
          exchange,
          channelOf(instrument),
          bookTopic(listedSource(exchange, listing, instrument, depth), depth),
        ),
      ),
      trades(exchange, listing, instrument),
      klineSpeaker(exchange, { listing, instrument }, '1'),
    ],
  )
}

/** Says on each public topic what changed since it spoke last. */
export function createPublisher(exchange: SimExchange): Publisher {
  const speakers = [...speakersOf(exchange), ...newsSpeakers(exchange), ...spreadSpeakers(exchange)]
  const byName = new Map(speakers.map(speaker => [`${speaker.channel} ${speaker.topic}`, speaker]))
  /** Klines of other intervals are told from when somebody first asks for them. */
  const later = (channel: Push['channel'], topic: string): Speaker | undefined => {
    const [, interval = '', symbol = ''] = /^kline\.([0-9A-Z]+)\.(\w+)$/.exec(topic) ?? []
    const found = exchange.universe.find(channel === 'public-spot' ? 'spot' : 'linear', symbol)
    if (!found || channel === 'private' || !KLINE_MINUTES.has(interval)) return undefined
    const speaker = klineSpeaker(exchange, found, interval)
    speakers.push(speaker)
    byName.set(`${channel} ${topic}`, speaker)
    return speaker
  }
  let round = 0
  return {
    subscribe(channel, topic) {
      const speaker = byName.get(`${channel} ${topic}`) ?? later(channel, topic)
      if (!speaker) return undefined
      const symbol = topic.slice(topic.lastIndexOf('.') + 1)
      const { status } = lifeOf(exchange, channel === 'public-spot' ? 'spot' : 'linear', symbol)
      return status === 'Closed' || status === 'PreLaunch' ? undefined : speaker.first(round)
    },
    publish(isWanted) {
      round++
      for (const speaker of speakers) {
        if (!isWanted(speaker.topic, speaker.channel)) continue
        for (const message of speaker.next(round)) {
          const push: Push = { channel: speaker.channel, topic: speaker.topic, uid: '', message }
          exchange.pushes.push(push)
        }
      }
    },
  }
}
