/**
 * The simulator's WebSockets: who is connected, what each listens to, and the upgrade of the four paths Bybit has.
 * A client that does not read is cut, never buffered without bound.
 */
import type { IncomingMessage, Server } from 'node:http'
import type { Duplex } from 'node:stream'
import { type RawData, type WebSocket, WebSocketServer } from 'ws'
import type { Json, JsonObject } from '../../domain/json.ts'
import type { Channel, Deliver } from './server-deliver.ts'
import type { Push } from './simulated.ts'

export type Connection = {
  readonly id: string
  readonly channel: Exclude<Channel, 'rest'>
  /** The account, once the connection proved it; '' before. */
  uid: string
  readonly topics: Set<string>
  /** What the client sent first, for the trade socket's duplicate check. */
  readonly requestIds: Set<string>
  reply(what: string, message: JsonObject): void
  push(topic: string, text: string): void
  close(): void
}

/** One client message, parsed. `op` is '' when there was none. */
export type Message = { op: string; body: JsonObject; args: Json[] }
export type Handler = (connection: Connection, message: Message) => void

export type Sockets = {
  handlers: Record<Exclude<Channel, 'rest'>, Handler>
  deliver: Deliver
  /** A connection that reads too slowly is cut once this many bytes wait for it. */
  bufferedBytesMax: number
}

export type Hub = {
  connections(): Iterable<Connection>
  /** Adds or drops a listener of a public topic. */
  listen(connection: Connection, topic: string, on: boolean): void
  isWanted(topic: string): boolean
  listeners(channel: Push['channel'], topic: string): Iterable<Connection>
  close(): void
}

const CHANNELS: Readonly<Record<string, Exclude<Channel, 'rest'>>> = {
  '/v5/public/spot': 'public-spot',
  '/v5/public/linear': 'public-linear',
  '/v5/private': 'private',
  '/v5/trade': 'trade',
}
const MESSAGE_BYTES_MAX = 262_144
/** Bybit cuts a connection that was silent for 10 minutes. */
const SILENCE_MS = 600_000
const SWEEP_MS = 30_000

/** Takes the upgrades of `server`. */
export function openSockets(server: Server, { handlers, deliver, bufferedBytesMax }: Sockets): Hub {
  const acceptor = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    maxPayload: MESSAGE_BYTES_MAX,
  })
  const open = new Map<WebSocket, Connection>()
  const silentSweeps = new Map<WebSocket, number>()
  const listening = new Map<string, Set<Connection>>()
  let count = 0

  const listen: Hub['listen'] = (connection, topic, on) => {
    const key = `${connection.channel} ${topic}`
    const set = listening.get(key) ?? new Set()
    if (on) listening.set(key, set.add(connection))
    else if (set.delete(connection) && set.size === 0) listening.delete(key)
  }
  const accept = (socket: WebSocket, channel: Connection['channel'], silenceMs: number) => {
    const connection = connectionOf(
      socket,
      `sim${process.pid.toString(36)}-${(++count).toString(36)}`,
      channel,
      {
        deliver,
        bufferedBytesMax,
      },
    )
    open.set(socket, connection)
    silentSweeps.set(socket, -Math.floor(silenceMs / SWEEP_MS))
    socket.on('message', (data, binary) => {
      silentSweeps.set(socket, -Math.floor(silenceMs / SWEEP_MS))
      if (binary) socket.terminate()
      else receive(connection, socket, data, deliver, handlers[channel])
    })
    socket.on('error', () => socket.terminate())
    socket.on('close', () => {
      for (const topic of connection.topics) listen(connection, topic, false)
      open.delete(socket)
      silentSweeps.delete(socket)
    })
  }
  const upgrade = (request: IncomingMessage, stream: Duplex, head: Buffer) => {
    const target = new URL(request.url ?? '/', 'ws://localhost')
    const channel = CHANNELS[target.pathname]
    stream.on('error', () => stream.destroy())
    if (!channel) {
      stream.end('HTTP/1.1 404 Not Found\r\nConnection: close\r\n\r\n')
      return
    }
    const silenceMs = activeTimeMs(target.searchParams.get('max_active_time'))
    acceptor.handleUpgrade(request, stream, head, socket => accept(socket, channel, silenceMs))
  }
  server.on('upgrade', upgrade)
  const sweep = setInterval(() => {
    for (const [socket, sweeps] of silentSweeps)
      if (sweeps >= 0) socket.terminate()
      else silentSweeps.set(socket, sweeps + 1)
  }, SWEEP_MS)

  return {
    connections: () => open.values(),
    listen,
    isWanted: topic => listening.has(`public-linear ${topic}`) || listening.has(`public-spot ${topic}`),
    listeners: (channel, topic) => listening.get(`${channel} ${topic}`) ?? [],
    close() {
      clearInterval(sweep)
      server.off('upgrade', upgrade)
      for (const socket of open.keys()) socket.terminate()
      acceptor.close()
    },
  }
}

type Wire = Pick<Sockets, 'deliver' | 'bufferedBytesMax'>

function connectionOf(socket: WebSocket, id: string, channel: Connection['channel'], wire: Wire): Connection {
  const cut = () => socket.terminate()
  const pass = (text: string) => {
    if (socket.readyState !== socket.OPEN) return
    if (socket.bufferedAmount > wire.bufferedBytesMax) cut()
    else socket.send(text)
  }
  const carriage = { pass, cut }
  const connection: Connection = {
    id,
    channel,
    uid: '',
    topics: new Set(),
    requestIds: new Set(),
    reply: (what, message) =>
      wire.deliver(
        { kind: 'reply', channel, what, uid: connection.uid, text: JSON.stringify(message) },
        carriage,
      ),
    push: (what, text) => wire.deliver({ kind: 'push', channel, what, uid: connection.uid, text }, carriage),
    close: () => socket.close(),
  }
  return connection
}

function receive(
  from: Connection,
  socket: WebSocket,
  data: RawData,
  deliver: Deliver,
  handle: Handler,
): void {
  const text = data.toString()
  const what = parse(text)?.op ?? ''
  deliver(
    { kind: 'request', channel: from.channel, what, uid: from.uid, text },
    {
      pass(passed) {
        const message = parse(passed)
        if (message) handle(from, message)
        else from.reply('', { success: false, ret_msg: 'error:invalid json', conn_id: from.id })
      },
      cut: () => socket.terminate(),
    },
  )
}

function parse(text: string): Message | undefined {
  try {
    const body = JSON.parse(text) as Json
    if (body === null || typeof body !== 'object' || Array.isArray(body)) return undefined
    return {
      op: typeof body.op === 'string' ? body.op : '',
      body,
      args: Array.isArray(body.args) ? body.args : [],
    }
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

/** `?max_active_time=30s…600s`, in ms; the default is the longest. */
function activeTimeMs(asked: string | null): number {
  const [, count, unit] = /^(\d{1,4})(s|m)$/.exec(asked ?? '') ?? []
  const ms = Number(count) * (unit === 'm' ? 60_000 : 1000)
  return ms >= 30_000 && ms <= SILENCE_MS ? ms : SILENCE_MS
}
