/** A recording of the real exchange, played on the simulator's public sockets: what arrives is what was recorded. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gunzipSync } from 'node:zlib'
import { describe, expect, test, vi } from 'vitest'
import { WebSocket } from 'ws'
import { type Clock, scaledClock, systemClock } from '../../../../src/clock/clock.ts'
import { orderBookBuilder } from '../../../../src/exchange/bybit/streams/order-books.ts'
import { createBybitExchange } from '../../../../src/exchange/bybit/venue.ts'
import { createSdkWire } from '../../../../src/exchange/bybit/wire/sdk-wire.ts'
import type { OrderBook } from '../../../../src/exchange/exchange.ts'
import { createSimulatedBybit } from '../../../../src/exchange/simulator/create.ts'
import { readRecording } from '../../../../src/exchange/simulator/history/recorded-frames.ts'
import { SIMULATOR_KEY, SIMULATOR_SECRET } from '../../../../src/exchange/simulator/server/accounts.ts'
import type { SimulatorServer } from '../../../../src/exchange/simulator/server/server.ts'
import {
  closeAfterEach,
  connect,
  onCleanup,
  start,
} from '../../../support/exchange/simulator-server-fixture.ts'

closeAfterEach()

const file = fileURLToPath(
  new URL('../../../../../shared/data/recorded/bybit_v5_public_2026-08-09_45s.jsonl.gz', import.meta.url),
)
const present = existsSync(file)
if (!present) console.log('skipped: no recording at ../shared/data/recorded beside the checkout')

const SPEED = 30
const real = (recorded: string, speed = SPEED) => start({ core: createSimulatedBybit, recorded, speed })

function temporary(name: string, lines: readonly string[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'hedgerow-'))
  onCleanup(() => rmSync(folder, { recursive: true, force: true }))
  writeFileSync(join(folder, name), lines.join('\n'))
  return join(folder, name)
}

function adapterWire(server: SimulatorServer, clock: Clock = systemClock()) {
  const wire = createSdkWire({
    mode: 'sim',
    urls: { rest: server.url, ws: server.url.replace('http', 'ws') },
    key: SIMULATOR_KEY,
    secret: SIMULATOR_SECRET,
    clock,
    recvWindowMs: 5_000,
    log: () => {},
  })
  onCleanup(() => wire.close())
  return wire
}

type Row = Record<string, unknown>
const until = (what: () => unknown) => vi.waitFor(() => expect(what()).toBeTruthy(), { timeout: 60_000 })

describe.skipIf(!present)('the recorded mainnet frames', () => {
  const frames = present ? readRecording(file) : []
  const of = (channel: string, start: string) =>
    frames.filter(frame => frame.channel === channel && frame.topic.startsWith(start))

  test('arrive byte for byte, in their order, at their distances', async () => {
    const server = await real(file)
    const heard = new Map<string, string[]>()
    let firstMs = 0
    let lastMs = 0
    for (const [path, channel] of [
      ['linear', 'public-linear'],
      ['spot', 'public-spot'],
    ] as const) {
      const wanted = [...new Set(of(channel, '').map(({ topic }) => topic))]
      const socket = new WebSocket(`${server.url.replace('http', 'ws')}/v5/public/${path}`)
      onCleanup(() => socket.terminate())
      await new Promise(resolve => socket.once('open', resolve))
      const texts: string[] = []
      heard.set(channel, texts)
      socket.on('message', data => {
        const text = String(data)
        if (text.includes('"op":"subscribe"')) return
        firstMs ||= performance.now()
        lastMs = performance.now()
        texts.push(text)
      })
      for (let at = 0; at < wanted.length; at += 10)
        socket.send(JSON.stringify({ op: 'subscribe', args: wanted.slice(at, at + 10) }))
    }
    await until(() => heard.get('public-linear')?.at(-1) === of('public-linear', '').at(-1)?.text)
    await until(() => heard.get('public-spot')?.at(-1) === of('public-spot', '').at(-1)?.text)
    // Books lose nothing; of others a listener that comes a moment late begins with the latest whole frame.
    for (const channel of ['public-linear', 'public-spot']) {
      const books = (texts: string[]) => texts.filter(text => text.includes('"orderbook.'))
      expect(books(heard.get(channel) ?? [])).toEqual(books(of(channel, '').map(({ text }) => text)))
    }
    const recordedMs = (frames.at(-1)?.atMs ?? 0) / SPEED
    expect(lastMs - firstMs).toBeGreaterThan(recordedMs * 0.8)
  })

  test('make the same books in the adapter as straight from the file, after every frame', async () => {
    const server = await real(file)
    const wire = adapterWire(server)
    for (const market of ['linear', 'spot'] as const) {
      const recorded = of(`public-${market}`, 'orderbook.200.')
      const topics = [...new Set(recorded.map(({ topic }) => topic))]
      const run = (messages: readonly Row[]) => {
        const builders = new Map(topics.map(topic => [topic, orderBookBuilder(market, topic.slice(14))]))
        return messages.map(message => builders.get(String(message.topic))?.apply(message))
      }
      const heard: Row[] = []
      wire.publicStream(market, topics, {
        message: message => heard.push(message),
        up: () => {},
        down: () => {},
        garbage: detail => expect.unreachable(detail),
        refused: topic => expect.unreachable(topic),
      })
      await until(() => heard.length === recorded.length)
      const [direct, built] = [run(recorded.map(({ text }) => JSON.parse(text) as Row)), run(heard)]
      const byTopic = (answers: typeof direct, symbol: string) =>
        answers.filter(one => one?.kind === 'book' && one.book.symbol === symbol)
      expect(built.every(one => one?.kind === 'book')).toBe(true)
      for (const topic of topics) {
        const symbol = topic.slice(14)
        expect(byTopic(built, symbol)).toEqual(byTopic(direct, symbol))
      }
    }
  })

  test('lead the whole adapter to the last recorded book and ticker, while its account is simulated', async () => {
    // The adapter asks for 50 levels where 200 were recorded: the same frames under the other name.
    const lines = gunzipSync(readFileSync(file))
      .toString('utf8')
      .replaceAll('orderbook.200.', 'orderbook.50.')
    const server = await real(temporary('fifty.jsonl', lines.trimEnd().split('\n')))
    const clock = scaledClock({ startAtMs: server.nowMs(), speed: SPEED })
    const exchange = createBybitExchange(adapterWire(server, clock), {
      name: 'sim',
      clock,
      orderDeadlineMs: 5_000,
      report: () => {},
    })
    onCleanup(() => exchange.close())
    const books = new Map<string, OrderBook>()
    const marks = new Map<string, string>()
    exchange.watchMarket([{ spot: 'BTCUSDT', perp: 'BTCUSDT' }], fact => {
      if (fact.kind === 'book') books.set(fact.book.market, fact.book.copy())
      if (fact.kind === 'ticker') marks.set(fact.ticker.symbol, fact.ticker.markPrice)
    })
    for (const market of ['linear', 'spot'] as const) {
      const builder = orderBookBuilder(market, 'BTCUSDT')
      const answers = of(`public-${market}`, 'orderbook.200.BTCUSDT').map(({ text }) =>
        builder.apply(JSON.parse(text) as Row),
      )
      const last = answers.at(-1)
      if (last?.kind !== 'book') throw new Error(`expected a book, found ${last?.kind}`)
      await until(() => books.get(market)?.atMs === last.book.atMs)
      expect(books.get(market)).toMatchObject(last.book)
    }
    const told = of('public-linear', 'tickers.BTCUSDT').map(
      ({ text }) => (JSON.parse(text) as { data: Row }).data.markPrice,
    )
    expect(Number(marks.get('BTCUSDT'))).toBe(Number(told.findLast(price => price !== undefined)))
    expect(await exchange.wallet()).toMatchObject({ coins: [{ coin: 'USDT', wallet: '1000' }] })
  })
})

describe('any recording', () => {
  const row = (ts: number, message: object, conn = 'a') =>
    JSON.stringify({ t: 'recv', conn, ts, data: JSON.stringify(message) })
  const topic = 'orderbook.50.BTCUSDT'
  const lines = [
    JSON.stringify({ t: 'connect', conn: 'a', ts: 1, addr: 'wss://stream.bybit.com/v5/public/linear' }),
    row(1, { success: true, op: 'subscribe' }),
    row(1, { topic, type: 'snapshot', data: { u: 1 } }),
    row(1.01, { topic, type: 'delta', data: { u: 2 } }),
    row(1.02, { topic, type: 'snapshot', data: { u: 10 } }),
    row(1.03, { topic, type: 'delta', data: { u: 11 } }),
  ]

  test('a late listener begins with the latest whole frame and all after it; other topics stay the simulator’s', async () => {
    const server = await real(temporary('short.jsonl', lines), 1)
    const listen = async (wanted: string) => {
      const socket = await connect(server, '/v5/public/linear')
      socket.send({ op: 'subscribe', args: [wanted] })
      await socket.next(({ op, success }) => op === 'subscribe' && success === true)
      return socket
    }
    const early = await listen(topic)
    for (const u of [1, 2, 10, 11])
      expect(await early.next(message => message.topic === topic)).toMatchObject({ data: { u } })
    const late = await listen(topic)
    for (const u of [10, 11])
      expect(await late.next(message => message.topic === topic)).toMatchObject({ data: { u } })
    const own = await listen('orderbook.50.SOLUSDT')
    expect(await own.next(message => message.topic === 'orderbook.50.SOLUSDT')).toMatchObject({
      type: 'snapshot',
    })
  })

  test('that is none is refused with its name, its line and what was found', async () => {
    await expect(real('/nowhere.jsonl')).rejects.toThrow(
      /\/nowhere\.jsonl: expected a recording, found ENOENT/,
    )
    const broken = temporary('broken.jsonl', [lines[0] ?? '', '{"t":'])
    await expect(real(broken)).rejects.toThrow(/broken\.jsonl: expected JSON in line 2, found \{"t":/)
    await expect(real(temporary('empty.jsonl', lines.slice(0, 2)))).rejects.toThrow(
      /expected recorded public/,
    )
  })
})
