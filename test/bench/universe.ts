/**
 * What a whole exchange costs the simulator: a server process with 650 perpetuals and 550 spot markets, every ticker heard each
 * 100 or 200 ms and the books of 50 symbols; and the core alone with 100 traders. Times are the process's own (`cpuUsage`), so
 * that a busy machine shows in the lag and not in the cost.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { WebSocket } from 'ws'
import type { JsonObject } from '../../src/domain/json.ts'
import { createSimulatedBybit } from '../../src/exchange/simulator/create.ts'
import { startSimulatorServer } from '../../src/exchange/simulator/server/server.ts'
import { builtInUniverse } from '../../src/exchange/simulator/universe/universe.ts'

const RECORDED = fileURLToPath(new URL('../../../shared/data/recorded/instruments-info_', import.meta.url))
const PERPS = 650
const SPOTS = 550
const BOOKS = 50
const SERVE = '--serve'

export type UniverseBenchRow = Record<string, string | number>

/** Bybit's own rows where they lie beside the checkout, or the built-in ones again and again under other names. */
function instrumentFiles(folder: string): string[] {
  const recorded = ['linear', 'spot'].map(category => `${RECORDED}${category}_2026-08-09.json.gz`)
  if (recorded.every(existsSync)) return recorded
  const universe = builtInUniverse()
  const copies = (market: 'linear' | 'spot', count: number): JsonObject[] => {
    const rows = universe.listed(market).map(({ instrument }) => instrument.json)
    return Array.from({ length: count }, (_, at) => {
      const baseCoin = `C${at}X`
      return { ...rows[at % rows.length], baseCoin, symbol: `${baseCoin}USDT` } as JsonObject
    })
  }
  const file = join(folder, 'instruments.json')
  writeFileSync(file, JSON.stringify([...copies('linear', PERPS), ...copies('spot', SPOTS)]))
  return [file]
}

type Usage = { cpuMs: number; rssMb: number; loopP99Ms: number; loopMaxMs: number }

/** The server's side: says where it is, and what it has used since it was last asked. */
async function serve(speed: number, files: readonly string[]): Promise<void> {
  const server = await startSimulatorServer({
    port: 0,
    seed: 1,
    speed,
    keys: [{ key: 'bench', secret: 'bench' }],
    balance: '100000',
    instruments: files,
  })
  const delay = monitorEventLoopDelay({ resolution: 1 })
  let since = process.cpuUsage()
  delay.enable()
  process.on('message', () => {
    const { user, system } = process.cpuUsage(since)
    const usage: Usage = {
      cpuMs: (user + system) / 1000,
      rssMb: process.memoryUsage().rss / 1_000_000,
      loopP99Ms: delay.percentile(99) / 1_000_000,
      loopMaxMs: delay.max / 1_000_000,
    }
    delay.reset()
    since = process.cpuUsage()
    process.send?.(usage)
  })
  process.send?.({ url: server.url })
}

const answerOf = async <T>(child: ChildProcess): Promise<T> => (await once(child, 'message'))[0] as T

async function symbolsOf(url: string, category: string): Promise<string[]> {
  const answer = await fetch(`${url}/v5/market/instruments-info?category=${category}&limit=1000`)
  const { result } = (await answer.json()) as { result: { list: { symbol: string }[] } }
  return result.list.map(row => row.symbol)
}

type Ears = { messages: number; bytes: number; delays: number[] }

/** Listens to topics; notes how late each message came, against the least late one. */
async function listen(
  url: string,
  path: string,
  topics: string[],
  speed: number,
  ears: Ears,
): Promise<WebSocket> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/v5/public/${path}`)
  await once(socket, 'open')
  socket.on('message', data => {
    const text = String(data)
    const [, ts] = /"ts":(\d+)/.exec(text) ?? []
    if (ts === undefined) return
    ears.messages++
    ears.bytes += text.length
    ears.delays.push(performance.now() - Number(ts) / speed)
  })
  for (let at = 0; at < topics.length; at += 10)
    socket.send(JSON.stringify({ op: 'subscribe', args: topics.slice(at, at + 10) }))
  return socket
}

const WARM_MS = 3_000

async function full(tickerEveryMs: number, wallMs: number): Promise<UniverseBenchRow> {
  const folder = mkdtempSync(join(tmpdir(), 'hedgerow-bench-'))
  // The market moves once a simulated second.
  const speed = 1000 / tickerEveryMs
  const child = fork(fileURLToPath(import.meta.url), [SERVE, String(speed), ...instrumentFiles(folder)])
  try {
    const { url } = await answerOf<{ url: string }>(child)
    const [perps, spots] = [
      (await symbolsOf(url, 'linear')).slice(0, PERPS),
      (await symbolsOf(url, 'spot')).slice(0, SPOTS),
    ]
    const ears: Ears = { messages: 0, bytes: 0, delays: [] }
    const tickers = (symbols: string[]) => symbols.map(symbol => `tickers.${symbol}`)
    const books = perps.slice(0, BOOKS).map(symbol => `orderbook.50.${symbol}`)
    const sockets = await Promise.all([
      listen(url, 'linear', tickers(perps), speed, ears),
      listen(url, 'linear', books, speed, ears),
      listen(url, 'spot', tickers(spots), speed, ears),
    ])
    const usage = async () => {
      child.send('usage')
      return answerOf<Usage>(child)
    }
    await pause(WARM_MS)
    await usage()
    Object.assign(ears, { messages: 0, bytes: 0, delays: [] })
    const fromMs = performance.now()
    await pause(wallMs)
    const passedMs = performance.now() - fromMs
    const used = await usage()
    for (const socket of sockets) socket.terminate()
    return {
      what: `${perps.length} perpetuals, ${spots.length} spot, tickers each ${tickerEveryMs} ms, ${books.length} books`,
      'messages/s': Math.round((ears.messages * 1000) / passedMs),
      'MB/s': Number((ears.bytes / passedMs / 1000).toFixed(1)),
      'cpu %': Math.round((used.cpuMs / passedMs) * 100),
      'rss MB': Math.round(used.rssMb),
      'lag p50 ms': lag(ears.delays, 0.5),
      'lag p99 ms': lag(ears.delays, 0.99),
      'loop p99 ms': Math.round(used.loopP99Ms),
    }
  } finally {
    child.kill()
    rmSync(folder, { recursive: true, force: true })
  }
}

function lag(delays: readonly number[], share: number): number {
  const sorted = [...delays].sort((a, b) => a - b)
  const at = sorted[Math.floor(sorted.length * share)] ?? Number.NaN
  return Number((at - (sorted[0] ?? 0)).toFixed(1))
}

const SYMBOLS = 20
const TRADERS = 100
/** Each trader orders once in so many seconds. */
const PAUSE_S = 60
/** Before it is measured, so that the code is as fast as it gets. */
const WARM_S = 300
const START_AT_MS = Date.UTC(2026, 0, 5, 9, 20)

/**
 * The core in this process: 20 pairs with books and tickers pushed, 100 accounts that trade, some of it resting.
 *
 * @param isOnAll - each trader goes through all symbols, so that its account holds many positions; else all trade the first
 */
function traders(cpuMs: number, isOnAll: boolean): UniverseBenchRow {
  const symbols = builtInUniverse()
    .listed('linear')
    .map(({ instrument }) => instrument.symbol)
    .slice(0, SYMBOLS)
  const uids = Array.from({ length: TRADERS }, (_, at) => String(1000 + at))
  const core = createSimulatedBybit({
    seed: 1,
    startAtMs: START_AT_MS,
    universe: builtInUniverse(symbols),
    accounts: uids.map(uid => ({ uid, balances: { USDT: '100000' } })),
  })
  const heard = new Set(symbols.flatMap(symbol => [`orderbook.50.${symbol}`, `tickers.${symbol}`]))
  core.want(topic => heard.has(topic))
  const traded = isOnAll ? symbols : symbols.slice(0, 1)
  let [orders, accepted] = [0, 0]
  const live = (second: number) => {
    core.advance(START_AT_MS + second * 1000)
    for (const [at, uid] of uids.entries()) {
      if ((second + at) % PAUSE_S !== 0) continue
      const params = orderAt(core, traded, Math.floor(second / PAUSE_S) + (isOnAll ? at : 0))
      const reply = core.request({ via: 'trade', method: 'POST', path: 'order.create', params, uid })
      orders++
      if (reply.retCode === 0) accepted++
    }
    core.takePushes()
  }
  let second = 0
  while (second < WARM_S) live(second++)
  orders = accepted = 0
  const since = process.cpuUsage()
  const usedMs = () => {
    const { user, system } = process.cpuUsage(since)
    return (user + system) / 1000
  }
  // Reading the clock of the process is not free.
  while (second % 60 !== 0 || usedMs() < cpuMs) live(second++)
  return {
    what: `core alone: ${symbols.length} symbols heard, ${TRADERS} traders on ${isOnAll ? 'all' : 'one'}, ${orders} orders (${accepted} accepted)`,
    'times real': Math.round(((second - WARM_S) * 1000) / usedMs()),
    'rss MB': Math.round(process.memoryUsage().rss / 1_000_000),
  }
}

/** About 50 USDT: at the market, or resting at its best bid; buying and selling by turns on each symbol. */
function orderAt(
  core: ReturnType<typeof createSimulatedBybit>,
  symbols: readonly string[],
  turn: number,
): JsonObject {
  const symbol = symbols[turn % symbols.length] ?? ''
  const side = Math.floor(turn / symbols.length) % 2 === 0 ? 'Buy' : 'Sell'
  const params = { category: 'linear', symbol, limit: '1' }
  const reply = core.request({ via: 'rest', method: 'GET', path: '/v5/market/orderbook', params, uid: '' })
  const bid = (reply.result as { b: string[][] }).b[0]?.[0] ?? '1'
  const found = builtInUniverse().find('linear', symbol)
  const lot = found?.instrument.qty.step.toNumber() ?? 1
  const qty = (Math.ceil(50 / Number(bid) / lot) * lot).toFixed(found?.instrument.qty.decimals ?? 0)
  return turn % 3 === 0
    ? { category: 'linear', symbol, side, orderType: 'Limit', qty, price: bid, timeInForce: 'GTC' }
    : { category: 'linear', symbol, side, orderType: 'Market', qty }
}

/** @param wallMs - about how long each row may take */
export async function benchUniverse(wallMs = 10_000): Promise<UniverseBenchRow[]> {
  return [
    await full(200, wallMs),
    await full(100, wallMs),
    traders(wallMs / 2, false),
    traders(wallMs / 2, true),
  ]
}

if (import.meta.main) {
  const [, , mode, speed, ...files] = process.argv
  if (mode === SERVE) await serve(Number(speed), files)
  else console.table(await benchUniverse())
}
