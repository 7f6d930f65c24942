/**
 * The public stream behind the SDK's real sockets, on to the board, beside a reader that only takes messages off its sockets. A server
 * in a process of its own sends the same frames to either, so many a second; what counts is the processor time of this process.
 * `node test/bench/socket.ts` prints the row.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { WebSocket, WebSocketServer } from 'ws'
import { systemClock } from '../../src/clock/clock.ts'
import { createSdkWire } from '../../src/exchange/bybit/wire/sdk-wire.ts'
import { makeFrames } from './frames.ts'
import { boardOn, mixed } from './pushes.ts'
import { median, type RatioRow, rounded, shown } from './rounds.ts'

const SERVE = '--serve'
const SYMBOLS = 650
const PER_SECOND = 6_500
const FRAMES = 20_000
const ROUNDS = 5
/** All rounds together end before the silence of spot, of which nothing is sent, is a fault. */
const ROUND_MS = 700
/** What is on its way when a round ends still belongs to it. */
const SETTLE_MS = 100
/** All topics need as many connections, by Bybit's limit on their names. */
const FLOOR_SOCKETS = 3

type Side = 'ours' | 'floor'

const topicOf = (text: string): string => text.slice('{"topic":"'.length, text.indexOf('",'))

/** The server's side: acknowledges subscriptions, and sends to the side it is told, as evenly as timers go. */
async function serve(): Promise<void> {
  const frames = makeFrames(SYMBOLS, FRAMES)
  // After the last, all books start anew: so do their snapshots.
  const run = [...frames.first, ...mixed(frames)].map(text => ({ topic: topicOf(text), text }))
  const listeners: Record<Side, Map<string, WebSocket>> = { ours: new Map(), floor: new Map() }
  const at: Record<Side, number> = { ours: 0, floor: 0 }
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false })
  server.on('connection', (socket, { url = '' }) => {
    const side = url.includes('floor') ? 'floor' : 'ours'
    // Spot markets have topics of the same names.
    const heard = url.includes('spot') ? new Map<string, WebSocket>() : listeners[side]
    socket.on('message', data => {
      const { op, args, req_id } = JSON.parse(String(data)) as { op: string; args: string[]; req_id: string }
      if (op === 'subscribe') for (const topic of args) heard.set(topic, socket)
      const answer = op === 'ping' ? { ret_msg: 'pong', op: 'ping' } : { ret_msg: '', op }
      socket.send(JSON.stringify({ success: true, conn_id: 'bench', req_id, ...answer }))
    })
  })
  await once(server, 'listening')
  let timer: NodeJS.Timeout | undefined
  let sent = 0
  process.on('message', (side: Side | 'stop') => {
    clearInterval(timer)
    if (side === 'stop') return void process.send?.(sent)
    const [startMs, heard] = [performance.now(), listeners[side]]
    sent = 0
    timer = setInterval(() => {
      const due = ((performance.now() - startMs) * PER_SECOND) / 1_000
      for (; sent < due; sent++) {
        const frame = run[at[side]++ % run.length]
        if (frame) heard.get(frame.topic)?.send(frame.text)
      }
    }, 1)
  })
  process.send?.((server.address() as { port: number }).port)
}

/** Takes messages off as many sockets as the topics need, and nothing more. */
async function listenOnly(url: string) {
  let taken = 0
  const { first, tickers, bests, books } = makeFrames(SYMBOLS, SYMBOLS)
  const topics = [...new Set([...first, ...tickers, ...bests, ...books].map(topicOf))]
  const sockets = Array.from(
    { length: FLOOR_SOCKETS },
    () => new WebSocket(`${url}/floor`, { perMessageDeflate: false }),
  )
  await Promise.all(sockets.map(socket => once(socket, 'open')))
  for (const [at, socket] of sockets.entries()) {
    const args = topics.filter((_, place) => place % FLOOR_SOCKETS === at)
    socket.send(JSON.stringify({ op: 'subscribe', args, req_id: '' }))
    await once(socket, 'message')
    socket.on('message', () => {
      taken++
    })
  }
  return {
    taken: () => taken,
    close() {
      for (const socket of sockets) socket.terminate()
    },
  }
}

function listenWhole(url: string) {
  const wire = createSdkWire({
    mode: 'sim',
    urls: { rest: 'http://127.0.0.1:1', ws: url },
    key: '',
    secret: '',
    clock: systemClock(),
    recvWindowMs: 5_000,
    log: () => {},
  })
  return boardOn(wire, SYMBOLS)
}

/** Processor time per message while the server sends to one side. */
async function round(server: ChildProcess, side: Side): Promise<number> {
  const before = process.cpuUsage()
  server.send(side)
  await pause(ROUND_MS)
  server.send('stop')
  const [sent] = (await once(server, 'message')) as [number]
  await pause(SETTLE_MS)
  const { user, system } = process.cpuUsage(before)
  if (sent < (PER_SECOND * ROUND_MS) / 2_000)
    throw new Error(`bench: expected ${(PER_SECOND * ROUND_MS) / 1_000} messages, the server sent ${sent}`)
  return (user + system) / sent
}

export async function benchSocket(): Promise<RatioRow[]> {
  const server = fork(fileURLToPath(import.meta.url), [SERVE])
  try {
    const [port] = (await once(server, 'message')) as [number]
    const url = `ws://127.0.0.1:${port}`
    const [floor, ours] = [await listenOnly(url), listenWhole(url)]
    await ours.up
    const found: { floor: number; ours: number }[] = []
    // The first round warms code, and brings every book.
    for (let at = 0; at <= ROUNDS; at++) {
      const one = {
        floor: await round(server, 'floor'),
        ours: await round(server, 'ours'),
      }
      if (at > 0) found.push(one)
    }
    ours.check()
    if (floor.taken() === 0) throw new Error('bench: the reader heard nothing')
    await ours.close()
    floor.close()
    return [
      {
        what: `a public message behind the SDK's socket, ${SYMBOLS} symbols, ${PER_SECOND} a second`,
        floor: 'taken off a socket',
        floorValue: rounded(median(found.map(each => each.floor))),
        ours: rounded(median(found.map(each => each.ours))),
        unit: 'µs',
        ratio: rounded(median(found.map(each => each.ours / each.floor))),
        better: 'lower',
        reach: 1.3,
      },
    ]
  } finally {
    server.kill()
  }
}

if (import.meta.main) {
  if (process.argv[2] === SERVE) await serve()
  else console.table((await benchSocket()).map(shown))
}
