/** One client on one socket: what it may be sent, what it sent. A client that does not read is cut, never buffered without bound. */
import type { RawData, WebSocket } from 'ws'
import type { Json, JsonObject } from '../../../../domain/json.ts'
import { objectIn, scalarText } from '../../kit/params.ts'
import type { Push } from '../../simulated.ts'

// The one place every message of the simulator's server passes, in both directions, so that faults can be put on the wire
// without touching what the exchange knows: hold a parcel back, drop it, garble it, cut its connection.

export type Channel = 'rest' | 'trade' | Push['channel']

export type Parcel = {
  /** 'request' before the exchange acts on it, 'reply' and 'push' after it acted. */
  kind: 'request' | 'reply' | 'push'
  channel: Channel
  /** Which connection it travels on. */
  connection: string
  /** The path, op or topic: '/v5/order/create', 'order.create', 'auth', 'orderbook.1.BTCUSDT'. */
  what: string
  /** Whose; '' where nobody is authenticated (yet). */
  uid: string
  text: string
}

/** What can be done with a parcel. Doing nothing drops it; a later `pass` delays it. */
export type Carriage = {
  /** Hands on `text`. `status` is the HTTP status of a REST reply, and nothing elsewhere. */
  pass(text: string, status?: number): void
  /** Destroys the connection the parcel travels on. */
  cut(): void
}

export type Deliver = (parcel: Parcel, carriage: Carriage) => void

/** A perfect wire. */
export const deliverAsIs: Deliver = (parcel, carriage) => carriage.pass(parcel.text)

export type SocketConnection = {
  readonly id: string
  readonly channel: Exclude<Channel, 'rest'>
  /** The account, once the connection proved it; '' before. */
  uid: string
  /** The key it proved it with, and where it comes from. */
  key: string
  readonly address: string
  readonly topics: Set<string>
  /** What the client sent first, for the trade socket's duplicate check. */
  readonly requestIds: Set<string>
  reply(what: string, message: JsonObject): void
  push(topic: string, text: string): void
  close(): void
}

/** One client message, parsed. `op` is '' when there was none. */
export type ClientMessage = { op: string; body: JsonObject; args: Json[] }
export type Handler = (connection: SocketConnection, message: ClientMessage) => void

type Wire = {
  deliver: Deliver
  /** A connection that reads too slowly is cut once this many bytes wait for it. */
  bufferedBytesMax: number
}

/** One socket as the handlers see it. */
export function connectionOf(
  socket: WebSocket,
  id: string,
  { channel, address }: Pick<SocketConnection, 'channel' | 'address'>,
  wire: Wire,
): SocketConnection {
  const cut = () => socket.terminate()
  const pass = (text: string) => {
    if (socket.readyState !== socket.OPEN) return
    if (socket.bufferedAmount > wire.bufferedBytesMax) cut()
    else socket.send(text)
  }
  const carriage = { pass, cut }
  const connection: SocketConnection = {
    id,
    channel,
    uid: '',
    key: '',
    address,
    topics: new Set(),
    requestIds: new Set(),
    reply: (what, message) =>
      wire.deliver(
        { kind: 'reply', channel, connection: id, what, uid: connection.uid, text: JSON.stringify(message) },
        carriage,
      ),
    push: (what, text) =>
      wire.deliver({ kind: 'push', channel, connection: id, what, uid: connection.uid, text }, carriage),
    close: () => socket.close(),
  }
  return connection
}

/** Hands one frame of a client to its handler, over the wire. */
export function receive(
  from: SocketConnection,
  socket: WebSocket,
  data: RawData,
  deliver: Deliver,
  handle: Handler,
): void {
  const text = data.toString()
  const what = parse(text)?.op ?? ''
  deliver(
    { kind: 'request', channel: from.channel, connection: from.id, what, uid: from.uid, text },
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

function parse(text: string): ClientMessage | undefined {
  const body = objectIn(text)
  return (
    body && {
      op: typeof body.op === 'string' ? body.op : '',
      body,
      args: Array.isArray(body.args) ? body.args : [],
    }
  )
}

/** The topics a client named; what is no text is the topic '', which nobody has. */
export const topicsIn = ({ args }: ClientMessage): string[] => args.map(scalarText)

/** The `req_id` a client sent, as text: numbers come back as strings. */
export function requestIdOf({ body }: ClientMessage): string | undefined {
  const { req_id: sent } = body
  return typeof sent === 'string' || typeof sent === 'number' ? String(sent) : undefined
}
