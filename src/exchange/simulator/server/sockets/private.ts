/**
 * /v5/private: auth, then the account's own events. A topic is all-in-one (`order`) or of one category (`order.linear`),
 * never both kinds in one request. `execution.fast` is cut from `execution`, as Bybit sends it: trades only, fewer fields.
 */
import type { Json, JsonObject } from '../../../../domain/json.ts'
import type { Push } from '../../simulated.ts'
import { type Accounts, signs, socketText, unexpired } from '../accounts.ts'
import {
  type ClientMessage,
  type Handler,
  requestIdOf,
  type SocketConnection,
  topicsIn,
} from './connection.ts'

export type Gate = {
  accounts: Accounts
  speed: number
  /** Simulator time. */
  nowMs(): number
  /** Why a key opens nothing: expired, withdrawn, bound to another address. */
  keyRefusal(uid: string, key: string, address: string): Refusal | undefined
}

type Refusal = { code: number; text: string }

/** Checks an `auth` op: key, expiry (a number or a string, in the future), signature. Used by the trade socket too. */
export function authenticate(
  connection: SocketConnection,
  args: Json[],
  { accounts, speed, nowMs, keyRefusal }: Gate,
): Refusal | undefined {
  const [key, expires, signature] = args
  if (
    typeof key !== 'string' ||
    typeof signature !== 'string' ||
    (typeof expires !== 'string' && typeof expires !== 'number')
  )
    return { code: 10001, text: 'Params Error' }
  const account = accounts.byKey(key)
  if (!account) return { code: 10003, text: 'API key is invalid.' }
  if (!unexpired(Number(expires), nowMs(), speed))
    return { code: 10001, text: 'Params Error: expires must be in the future' }
  if (!signs(signature, socketText(expires), account.secret)) return { code: 10004, text: 'Error sign' }
  const refused = keyRefusal(account.uid, key, connection.address)
  if (refused) return refused
  connection.uid = account.uid
  connection.key = key
  return undefined
}

/** Topics that go together with both kinds. */
const APART = new Set(['wallet', 'greeks', 'spread.order', 'spread.execution'])
const WHOLE = new Set(['order', 'execution', 'execution.fast', 'position', ...APART])
const OF_CATEGORY =
  /^(order|execution|execution\.fast|position)\.(spot|linear|inverse|option)$|^dcp\.(future|spot|option)$|^dcp$/

/** Answers what a client says on the private socket. */
export const privateHandler =
  (gate: Gate): Handler =>
  (connection, message) => {
    const { op } = message
    if (op === 'auth') answerAuth(connection, message, gate)
    else if (op === 'ping') connection.reply(op, pong(connection, message, gate.nowMs()))
    else if (op === 'subscribe' || op === 'unsubscribe') changeTopics(connection, message)
    else connection.reply(op, acknowledge(connection, message, 'error:invalid op'))
  }

function changeTopics(connection: SocketConnection, message: ClientMessage): void {
  const topics = topicsIn(message)
  const on = message.op === 'subscribe'
  const fault = connection.uid === '' ? 'Request not authorized' : on ? faultOf(topics) : ''
  for (const topic of fault ? [] : topics)
    if (on) connection.topics.add(topic)
    else connection.topics.delete(topic)
  connection.reply(message.op, acknowledge(connection, message, fault))
}

function answerAuth(connection: SocketConnection, message: ClientMessage, gate: Gate): void {
  const refusal = authenticate(connection, message.args, gate)
  connection.reply('auth', acknowledge(connection, message, refusal?.text ?? ''))
}

function acknowledge({ id }: SocketConnection, message: ClientMessage, fault: string): JsonObject {
  return { success: fault === '', ret_msg: fault, op: message.op, conn_id: id, ...echo(message) }
}

function pong({ id }: SocketConnection, message: ClientMessage, nowMs: number): JsonObject {
  return { ...echo(message), op: 'pong', args: [String(nowMs)], conn_id: id }
}

function echo(message: ClientMessage): JsonObject {
  const sent = requestIdOf(message)
  return sent === undefined ? {} : { req_id: sent }
}

function faultOf(topics: readonly string[]): string {
  const unknown = topics.find(topic => !WHOLE.has(topic) && !OF_CATEGORY.test(topic))
  if (topics.length === 0 || unknown !== undefined) return `error:handler not found,topic:${unknown ?? ''}`
  const whole = topics.filter(topic => WHOLE.has(topic) && !APART.has(topic))
  const byCategory = topics.filter(topic => !WHOLE.has(topic) && !topic.startsWith('dcp'))
  return whole.length > 0 && byCategory.length > 0
    ? 'error:all-in-one and categorised topics cannot be subscribed together'
    : ''
}

/** Sends one private push to a connection, in the form of each topic it asked for. */
export function pushPrivate(connection: SocketConnection, { topic, message }: Push): void {
  const rows = Array.isArray(message.data) ? (message.data as JsonObject[]) : []
  for (const asked of connection.topics) {
    const [, base, category] = /^(.+?)(?:\.(spot|linear|inverse|option))?$/.exec(asked) ?? []
    const fast = base === 'execution.fast'
    if (base !== topic && !(fast && topic === 'execution')) continue
    const wanted = category ? rows.filter(row => row.category === category) : rows
    const data = fast ? wanted.filter(row => row.execType === 'Trade').map(fastExecution) : wanted
    if (data.length > 0) connection.push(asked, JSON.stringify({ ...message, topic: asked, data }))
  }
}

function fastExecution(row: JsonObject): JsonObject {
  const { category, symbol, execId, execPrice, execQty, orderId, isMaker, orderLinkId, side, execTime, seq } =
    row
  const kept = { category, symbol, execId, execPrice, execQty, orderId, isMaker, side, execTime, seq }
  return { ...kept, orderLinkId: isMaker === true ? '' : orderLinkId } as JsonObject
}
