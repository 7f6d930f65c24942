/**
 * The simulator's WebSockets: who is connected, what each listens to, and the upgrade of the four paths Bybit has.
 */
import type { IncomingMessage, Server } from 'node:http'
import type { Duplex } from 'node:stream'
import { type WebSocket, WebSocketServer } from 'ws'
import type { RecordedFrame } from '../../history/recorded-frames.ts'
import type { Push } from '../../simulated.ts'
import type { Channel, Deliver } from './connection.ts'
import { connectionOf, type Handler, receive, type SocketConnection } from './connection.ts'
import { pushPrivate } from './private.ts'

type Sockets = {
  handlers: Record<Exclude<Channel, 'rest'>, Handler>
  deliver: Deliver
  bufferedBytesMax: number
}

export type SocketHub = {
  connections(): Iterable<SocketConnection>
  /** Adds or drops a listener of a public topic. */
  listen(connection: SocketConnection, topic: string, on: boolean): void
  isWanted(topic: string): boolean
  listeners(channel: Push['channel'], topic: string): Iterable<SocketConnection>
  close(): void
}

const CHANNELS: Readonly<Record<string, Exclude<Channel, 'rest'>>> = {
  '/v5/public/spot': 'public-spot',
  '/v5/public/linear': 'public-linear',
  '/v5/public/spread': 'public-spread',
  '/v5/public/misc/status': 'public-status',
  '/v5/private': 'private',
  '/v5/trade': 'trade',
}
const MESSAGE_BYTES_MAX = 262_144
/** Bybit cuts a connection that was silent for 10 minutes. */
const SILENCE_MS = 600_000
const SWEEP_MS = 30_000

/** Takes the upgrades of `server`. */
export function openSockets(server: Server, { handlers, ...wire }: Sockets): SocketHub {
  const acceptor = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    maxPayload: MESSAGE_BYTES_MAX,
  })
  const open = new Map<WebSocket, SocketConnection>()
  const audience = audienceOf()
  const silence = cutSilent()
  let count = 0

  const accept = (
    socket: WebSocket,
    from: Pick<SocketConnection, 'channel' | 'address'>,
    silenceMs: number,
  ) => {
    const { channel } = from
    const id = `sim${process.pid.toString(36)}-${(++count).toString(36)}`
    const connection = connectionOf(socket, id, from, wire)
    open.set(socket, connection)
    silence.heard(socket, silenceMs)
    socket.on('message', (data, binary) => {
      silence.heard(socket, silenceMs)
      if (binary) socket.terminate()
      else receive(connection, socket, data, wire.deliver, handlers[channel])
    })
    socket.on('error', () => socket.terminate())
    socket.on('close', () => {
      for (const topic of connection.topics) audience.listen(connection, topic, false)
      open.delete(socket)
      silence.forget(socket)
    })
  }
  const upgrade = (request: IncomingMessage, stream: Duplex, head: Buffer) => {
    const [path = '', query = ''] = (request.url ?? '').split('?', 2)
    const channel = Object.hasOwn(CHANNELS, path) ? CHANNELS[path] : undefined
    stream.on('error', () => stream.destroy())
    if (!channel) {
      stream.end('HTTP/1.1 404 Not Found\r\nConnection: close\r\n\r\n')
      return
    }
    const address = request.socket.remoteAddress ?? ''
    const silenceMs = activeTimeMs(new URLSearchParams(query).get('max_active_time'))
    acceptor.handleUpgrade(request, stream, head, socket => accept(socket, { channel, address }, silenceMs))
  }
  server.on('upgrade', upgrade)
  return {
    ...audience,
    connections: () => open.values(),
    close() {
      silence.stop()
      server.off('upgrade', upgrade)
      for (const socket of open.keys()) socket.terminate()
      acceptor.close()
    },
  }
}

/** Who listens to which public topic. */
function audienceOf(): Pick<SocketHub, 'listen' | 'isWanted' | 'listeners'> {
  const listening = new Map<string, Set<SocketConnection>>()
  /** How many listeners a topic has on all channels together. */
  const wanted = new Map<string, number>()
  const want = (topic: string, more: 1 | -1) => {
    const count = (wanted.get(topic) ?? 0) + more
    if (count > 0) wanted.set(topic, count)
    else wanted.delete(topic)
  }
  return {
    listen(connection, topic, on) {
      const key = `${connection.channel} ${topic}`
      const set = listening.get(key) ?? new Set()
      if (on === set.has(connection)) return
      want(topic, on ? 1 : -1)
      if (on) listening.set(key, set.add(connection))
      else if (set.delete(connection) && set.size === 0) listening.delete(key)
    },
    isWanted: topic => wanted.has(topic),
    listeners: (channel, topic) => listening.get(`${channel} ${topic}`) ?? [],
  }
}

/** Cuts sockets that said nothing for their time, to within one sweep. */
function cutSilent() {
  const sweepsLeft = new Map<WebSocket, number>()
  const sweep = setInterval(() => {
    for (const [socket, left] of sweepsLeft)
      if (left <= 0) socket.terminate()
      else sweepsLeft.set(socket, left - 1)
  }, SWEEP_MS)
  return {
    heard: (socket: WebSocket, silenceMs: number) => sweepsLeft.set(socket, Math.floor(silenceMs / SWEEP_MS)),
    forget: (socket: WebSocket) => sweepsLeft.delete(socket),
    stop: () => clearInterval(sweep),
  }
}

/** `?max_active_time=30s…600s`, in ms; the default is the longest. */
function activeTimeMs(asked: string | null): number {
  const [, count, unit] = /^(\d{1,4})(s|m)$/.exec(asked ?? '') ?? []
  const ms = Number(count) * (unit === 'm' ? 60_000 : 1000)
  return ms >= 30_000 && ms <= SILENCE_MS ? ms : SILENCE_MS
}

/** Hands on one frame as it was recorded. */
export function playOut(hub: SocketHub, { channel, topic, text }: RecordedFrame): void {
  for (const connection of hub.listeners(channel, topic)) connection.push(topic, text)
}

/**
 * Hands pushes to whoever listens; a public push is put into text once for all of them.
 *
 * @param isPlayed - topics that a recording has taken over
 */
export function fanOut(
  hub: SocketHub,
  pushes: readonly Push[],
  isPlayed: (channel: Push['channel'], topic: string) => boolean,
): void {
  for (const push of pushes) {
    if (isPlayed(push.channel, push.topic)) continue
    if (push.channel === 'private') {
      for (const connection of hub.connections())
        if (connection.channel === 'private' && connection.uid === push.uid && push.uid !== '')
          pushPrivate(connection, push)
      continue
    }
    let text: string | undefined
    for (const connection of hub.listeners(push.channel, push.topic)) {
      text ??= JSON.stringify(push.message)
      connection.push(push.topic, text)
    }
  }
}
