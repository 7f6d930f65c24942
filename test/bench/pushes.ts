/**
 * What one public push costs from its bytes to the board, beside `JSON.parse` of the same frame: 650 symbols with tickers, best
 * levels and books. `node test/bench/pushes.ts` prints the rows.
 */
import { createMarketBoard } from '../../actors/market/board.ts'
import { systemClock } from '../../src/clock/clock.ts'
import type { HedgePair } from '../../src/domain/instrument.ts'
import { createBybitExchange } from '../../src/exchange/bybit/venue.ts'
import type { Wire } from '../../src/exchange/bybit/wire/wire.ts'
import { pairOn, VIP0, XRP } from '../support/domain/sample-market.ts'
import { scriptedWire } from '../support/exchange/scripted-wire.ts'
import { type Frames, makeFrames, symbolAt } from './frames.ts'
import { type Contender, type RatioRow, ratioRow, shown } from './rounds.ts'

const SYMBOLS = 650
const FRAMES = 20_000

const pairAt = (at: number): HedgePair => {
  const pair = pairOn(XRP)
  const symbol = symbolAt(at)
  return { ...pair, symbol, perp: { ...pair.perp, symbol }, spot: { ...pair.spot, symbol } }
}

/** The adapter and the board as the engine joins them. `up` settles once linear is heard. */
export function boardOn(wire: Wire, symbols: number) {
  const pairs = Array.from({ length: symbols }, (_, at) => pairAt(at))
  const clock = systemClock()
  let reports = 0
  const exchange = createBybitExchange(wire, {
    name: 'bench',
    clock,
    orderDeadlineMs: 5_000,
    report: () => reports++,
  })
  const board = createMarketBoard(clock, pairs, VIP0)
  const { promise: up, resolve } = Promise.withResolvers<void>()
  exchange.watchMarket(
    pairs.map(({ spot, perp }) => ({ spot: spot.symbol, perp: perp.symbol })),
    fact => {
      if (fact.kind === 'up' && fact.market === 'linear') resolve()
      board.hear(fact)
    },
  )
  return {
    up,
    /** Every book is there and nothing was reported: what was measured is what was meant. */
    check() {
      const missing = pairs.filter(
        ({ symbol }) => !board.view(symbol)?.perpBook || !board.view(symbol)?.ticker,
      )
      if (reports + missing.length > 0)
        throw new Error(`bench: ${reports} reports, ${missing.length} symbols without a book or a ticker`)
    },
    close: () => exchange.close(),
  }
}

/** `parsed` for a frame whose bytes are not looked at first. */
function engine(symbols: number) {
  const wire = scriptedWire()
  const board = boardOn(wire, symbols)
  const hear = wire.publicHears.get('linear')
  if (!hear) throw new Error('bench: expected a stream of linear')
  const parsed = (text: string) => hear.message(JSON.parse(text) as Record<string, unknown>)
  return {
    ...board,
    parsed,
    raw: (text: string) => {
      if (!hear.frame?.(text)) parsed(text)
    },
  }
}

function each(texts: readonly string[], take: (text: string) => void): number {
  for (const text of texts) take(text)
  return texts.length
}

const parses = (texts: readonly string[]): Contender => {
  let kept: unknown
  return {
    run: () =>
      each(texts, text => {
        kept = JSON.parse(text)
      }) + (kept === undefined ? 1 : 0),
  }
}

export const mixed = ({ tickers, bests, books }: Frames) =>
  tickers.flatMap((ticker, at) => [ticker, bests[at] ?? '', books[at] ?? ''])

export async function benchPushes(symbols = SYMBOLS): Promise<RatioRow[]> {
  const frames = makeFrames(symbols, FRAMES)
  const any = mixed(frames)
  const kinds: [what: string, texts: string[], way: 'raw' | 'parsed', reach?: number][] = [
    ['a ticker', frames.tickers, 'raw'],
    ['a best level', frames.bests, 'raw'],
    ['a book', frames.books, 'raw'],
    ['any push', any, 'raw', 1.3],
    ['any push, its bytes not understood', any, 'parsed'],
  ]
  const rows: RatioRow[] = []
  for (const [name, texts, way, reach] of kinds) {
    const under = engine(symbols)
    const take = under[way]
    const ours = { prepare: () => void each(frames.first, under.parsed), run: () => each(texts, take) }
    const of = {
      what: `${name}, onto a board of ${symbols}`,
      floor: 'JSON.parse of it',
      ...(reach && { reach }),
    }
    rows.push(await ratioRow(of, { floor: parses(texts), ours }))
    under.check()
    await under.close()
  }
  return rows
}

/** So many pushes of each kind to each of so many symbols. */
export function framesOf(symbols: number, times: number) {
  const frames = makeFrames(symbols, symbols * times)
  return { symbols, first: frames.first, any: mixed(frames) }
}

/** Processor time, µs, of all of them, the subscription apart. */
export async function pushesCpuUs({ symbols, first, any }: ReturnType<typeof framesOf>): Promise<number> {
  const under = engine(symbols)
  each(first, under.parsed)
  const before = process.cpuUsage()
  each(any, under.raw)
  const { user, system } = process.cpuUsage(before)
  under.check()
  await under.close()
  return user + system
}

if (import.meta.main) console.table((await benchPushes()).map(shown))
