/**
 * /v5/public/spot and /v5/public/linear: subscribe, unsubscribe, ping. The two differ in their acknowledgements exactly as
 * measured on Bybit: linear always carries `req_id` and an empty `ret_msg`, spot names the op and echoes `req_id` only if sent.
 */
import type { JsonObject } from '../../../../domain/json.ts'
import type { Push } from '../../simulated.ts'
import {
  type ClientMessage,
  type Handler,
  requestIdOf,
  type SocketConnection,
  topicsIn,
} from './connection.ts'
import type { SocketHub } from './hub.ts'

const SPOT_ARGS_MAX = 10
const ARGS_CHARS_MAX = 21_000

/** What a new subscription hears first, as objects or as the very text; undefined for an unknown topic. */
type Snapshots = (channel: Push['channel'], topic: string) => (JsonObject | string)[] | undefined

/** @param hub - given late: the hub is built from its handlers */
const publicHandler =
  (hub: () => SocketHub, snapshots: Snapshots): Handler =>
  (connection, message) => {
    const { op } = message
    if (op === 'ping') connection.reply(op, acknowledge(connection, message, true, 'pong'))
    else if (op === 'subscribe') subscribe(connection, message, hub(), snapshots)
    else if (op === 'unsubscribe') unsubscribe(connection, message, hub())
    else connection.reply(op, acknowledge(connection, message, false, 'error:invalid op'))
  }

/** The same for every public path. */
export function publicHandlers(...parts: Parameters<typeof publicHandler>) {
  const handler = publicHandler(...parts)
  return {
    'public-spot': handler,
    'public-linear': handler,
    'public-spread': handler,
    'public-status': handler,
  }
}

function acknowledge(
  { channel, id }: SocketConnection,
  message: ClientMessage,
  success: boolean,
  text: string,
): JsonObject {
  const { op } = message
  const sent = requestIdOf(message)
  const requestId = channel === 'public-linear' ? (sent ?? '') : sent
  return { success, ret_msg: text, conn_id: id, ...(requestId !== undefined && { req_id: requestId }), op }
}

const done = (connection: SocketConnection, message: ClientMessage) =>
  acknowledge(connection, message, true, connection.channel === 'public-spot' ? message.op : '')

function subscribe(
  connection: SocketConnection,
  message: ClientMessage,
  hub: SocketHub,
  snapshots: Snapshots,
): void {
  const topics = topicsIn(message)
  const tooMany = faultOfSize(connection, topics)
  const first = (tooMany ? [] : topics).map(topic => ({
    topic,
    messages: snapshots(connection.channel as Push['channel'], topic),
  }))
  const unknown = first.find(({ messages }) => !messages)
  // One bad topic fails the whole request.
  const fault = tooMany || (unknown && `error:handler not found,topic:${unknown.topic}`)
  connection.reply(
    'subscribe',
    fault ? acknowledge(connection, message, false, fault) : done(connection, message),
  )
  for (const { topic, messages = [] } of fault ? [] : first) {
    connection.topics.add(topic)
    hub.listen(connection, topic, true)
    for (const one of messages) connection.push(topic, typeof one === 'string' ? one : JSON.stringify(one))
  }
}

function faultOfSize({ channel, topics }: SocketConnection, asked: readonly string[]): string {
  if (asked.length === 0) return 'error:args is empty'
  if (channel === 'public-spot' && asked.length > SPOT_ARGS_MAX) return `args size >${SPOT_ARGS_MAX}`
  return [...topics, ...asked].join('').length > ARGS_CHARS_MAX ? `args length >${ARGS_CHARS_MAX}` : ''
}

function unsubscribe(connection: SocketConnection, message: ClientMessage, hub: SocketHub): void {
  for (const topic of topicsIn(message)) {
    connection.topics.delete(topic)
    hub.listen(connection, topic, false)
  }
  connection.reply('unsubscribe', done(connection, message))
}
