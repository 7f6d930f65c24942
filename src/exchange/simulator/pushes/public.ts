/**
 * Public streams: tickers, books, trades, klines. A round of publishing tells each wanted topic what changed
 * since its last round; unwanted topics cost one question each. Nothing here touches the books of account.
 */
import type { Json, JsonObject } from '../../../domain/json.ts'
import { textOf } from '../kit/grid.ts'
import {
  type BookTopic,
  bookTopic,
  DEPTHS,
  firstBook,
  listedSource,
  nextBook,
} from '../market/public-order-books.ts'
import { lastTicks, linearTickerPush, spotTickerPush } from '../market/tickers.ts'
import { tradeAt } from '../market/trades.ts'
import { KLINE_MINUTES } from '../requests/klines.ts'
import type { Push } from '../simulated.ts'
import type { Instrument, Listing } from '../universe/universe.ts'
import { lifeOf, type World } from '../world.ts'
import { klineSpeaker } from './klines.ts'
import { newsSpeakers } from './news.ts'
import { spreadSpeakers } from './spread-public.ts'

type Channel = Exclude<Push['channel'], 'private'>
export type IsWanted = (topic: string, channel: Channel) => boolean

export type Publisher = {
  subscribe(channel: Push['channel'], topic: string): JsonObject[] | undefined
  /** Says what changed since the last round, for topics that are wanted. */
  publish(isWanted: IsWanted): void
}

export type Speaker = {
  channel: Channel
  topic: string
  first(round: number): JsonObject[]
  next(round: number): JsonObject[]
}

const channelOf = (instrument: Instrument): Channel =>
  instrument.market === 'spot' ? 'public-spot' : 'public-linear'

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
function linearTickers(world: World, listing: Listing): Speaker {
  const { perp } = listing
  const topic = `tickers.${perp.symbol}`
  let said: JsonObject | undefined
  let saidRound = -1
  let lastPrice = 0
  let direction = 'ZeroPlusTick'
  const look = () => {
    const last = lastTicks(world, listing, perp, world.market.nowMs()) ?? lastPrice
    if (last !== lastPrice) direction = last > lastPrice ? 'PlusTick' : 'MinusTick'
    else direction = direction.endsWith('PlusTick') ? 'ZeroPlusTick' : 'ZeroMinusTick'
    lastPrice = last
    return linearTickerPush(world, listing, direction)
  }
  const frame = (type: string, data: JsonObject): JsonObject => ({
    topic,
    type,
    data,
    cs: world.state.nowMs - 1_500_000_000_000,
    ts: world.state.nowMs,
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

function spotTickers(world: World, listing: Listing): Speaker {
  const topic = `tickers.${listing.spot.symbol}`
  const frame = (): JsonObject[] => {
    const data = spotTickerPush(world, listing)
    const { nowMs } = world.state
    return data ? [{ topic, ts: nowMs, type: 'snapshot', cs: nowMs - 1_500_000_000_000, data }] : []
  }
  return { channel: 'public-spot', topic, first: frame, next: frame }
}

export function books(world: World, channel: Channel, state: BookTopic): Speaker {
  return {
    channel,
    topic: state.topic,
    first: round => firstBook(world, state, round),
    next(round) {
      const message = nextBook(world, state, round)
      return message ? [message] : []
    },
  }
}

/** Trades since the last round, at most the last ten seconds of them. */
function trades(world: World, listing: Listing, instrument: Instrument): Speaker {
  const topic = `publicTrade.${instrument.symbol}`
  const spot = instrument.market === 'spot'
  let saidUpToMs = 0
  const row = (atMs: number): JsonObject | undefined => {
    const trade = tradeAt(world, listing, instrument, atMs)
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
      saidUpToMs = world.market.nowMs()
      return []
    },
    next() {
      const nowMs = world.market.nowMs()
      const data: JsonObject[] = []
      for (let atMs = Math.max(saidUpToMs + 1000, nowMs - 9000); atMs <= nowMs; atMs += 1000) {
        const found = row(atMs)
        if (found) data.push(found)
      }
      saidUpToMs = nowMs
      if (data.length === 0) return []
      const ts = world.state.nowMs
      return [spot ? { topic, ts, type: 'snapshot', data } : { topic, type: 'snapshot', ts, data }]
    },
  }
}

function speakersOf(world: World): Speaker[] {
  return [...world.universe.listed('linear'), ...world.universe.listed('spot')].flatMap(
    ({ listing, instrument }) => [
      instrument.market === 'spot' ? spotTickers(world, listing) : linearTickers(world, listing),
      ...DEPTHS.map(depth =>
        books(
          world,
          channelOf(instrument),
          bookTopic(listedSource(world, listing, instrument, depth), depth),
        ),
      ),
      trades(world, listing, instrument),
      klineSpeaker(world, { listing, instrument }, '1'),
    ],
  )
}

export function createPublisher(world: World): Publisher {
  const speakers = [...speakersOf(world), ...newsSpeakers(world), ...spreadSpeakers(world)]
  const byName = new Map(speakers.map(speaker => [`${speaker.channel} ${speaker.topic}`, speaker]))
  /** Klines of other intervals are told from when somebody first asks for them. */
  const later = (channel: Push['channel'], topic: string): Speaker | undefined => {
    const [, interval = '', symbol = ''] = /^kline\.([0-9A-Z]+)\.(\w+)$/.exec(topic) ?? []
    const found = world.universe.find(channel === 'public-spot' ? 'spot' : 'linear', symbol)
    if (!found || channel === 'private' || !KLINE_MINUTES.has(interval)) return undefined
    const speaker = klineSpeaker(world, found, interval)
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
      const { status } = lifeOf(world, channel === 'public-spot' ? 'spot' : 'linear', symbol)
      return status === 'Closed' || status === 'PreLaunch' ? undefined : speaker.first(round)
    },
    publish(isWanted) {
      round++
      for (const speaker of speakers) {
        if (!isWanted(speaker.topic, speaker.channel)) continue
        for (const message of speaker.next(round)) {
          const push: Push = { channel: speaker.channel, topic: speaker.topic, uid: '', message }
          world.pushes.push(push)
        }
      }
    },
  }
}
