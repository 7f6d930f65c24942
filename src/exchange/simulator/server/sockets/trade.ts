/**
 * /v5/trade: order entry. Its replies are shaped like REST's and not like the other sockets': `retCode`, no `success`, so that
 * a client that looks for `success: false` after auth takes a refusal for a welcome (the SDK does).
 */
import type { Json, JsonObject } from '../../../../domain/json.ts'
import { isObject, scalarText } from '../../kit/params.ts'
import type { CoreReply, CoreRequest } from '../../simulated.ts'
import { staleText, timely } from '../accounts.ts'
import { askWithin, type Limit, type RateLimits } from '../rate-limits.ts'
import type { ClientMessage, Handler, SocketConnection } from './connection.ts'
import { authenticate, type Gate } from './private.ts'

type Desk = Gate & {
  limits: RateLimits
  ask(request: CoreRequest): CoreReply
}

const OPS = new Set([
  'order.create',
  'order.amend',
  'order.cancel',
  'order.create-batch',
  'order.amend-batch',
  'order.cancel-batch',
])
const REQUEST_IDS_KEPT = 10_000
const REQUEST_ID_MAX = 36
const RECV_WINDOW_MS = 5000

/** Answers what a client says on the trade socket. */
export const tradeHandler =
  (desk: Desk): Handler =>
  (connection, message) => {
    const { op } = message
    if (op === 'auth') answerAuth(connection, message, desk)
    else if (op === 'ping') answerPing(connection, message, desk)
    else answerOrder(connection, message, desk)
  }

function answerAuth(connection: SocketConnection, message: ClientMessage, desk: Desk): void {
  const refusal =
    connection.uid === ''
      ? authenticate(connection, message.args, desk)
      : { code: 20001, text: 'Repeat auth' }
  const answer = { retCode: refusal?.code ?? 0, retMsg: refusal?.text ?? 'OK' }
  connection.reply('auth', { ...requestId(message), ...answer, op: 'auth', connId: connection.id })
}

function answerPing(connection: SocketConnection, message: ClientMessage, desk: Desk): void {
  const answer = { retCode: 0, retMsg: 'OK', op: 'pong', data: [String(desk.nowMs())] }
  connection.reply('ping', { ...requestId(message), ...answer, connId: connection.id })
}

const requestId = ({ body }: ClientMessage): JsonObject =>
  typeof body.reqId === 'string' || typeof body.reqId === 'number' ? { reqId: String(body.reqId) } : {}

type Answer = { retCode: number; retMsg: string; data?: Json; retExtInfo?: Json; limit?: Limit }

function answerOrder(connection: SocketConnection, message: ClientMessage, desk: Desk): void {
  const { retCode, retMsg, data = {}, retExtInfo = {}, limit } = decide(connection, message, desk)
  const nowMs = desk.nowMs()
  const limits = limit && {
    'X-Bapi-Limit': String(limit.max),
    'X-Bapi-Limit-Status': String(limit.left),
    'X-Bapi-Limit-Reset-Timestamp': String(limit.resetAtMs),
  }
  const header = { ...limits, Traceid: traceId(connection, nowMs), Timenow: String(nowMs) }
  const { op } = message
  const connId = connection.id
  connection.reply(op, { ...requestId(message), retCode, retMsg, op, data, retExtInfo, header, connId })
}

function decide(connection: SocketConnection, message: ClientMessage, desk: Desk): Answer {
  const { op, body, args } = message
  if (!OPS.has(op)) return { retCode: 10404, retMsg: 'op type is not found' }
  if (connection.uid === '') return { retCode: 10005, retMsg: 'Permission denied, please auth first' }
  const nowMs = desk.nowMs()
  const fault = faultOfHeader(body.header, nowMs, desk.speed)
  if (fault) return fault
  if (!isNewRequest(connection, body.reqId)) return { retCode: 20006, retMsg: 'Duplicate reqId' }
  const [params] = args
  if (args.length !== 1 || !isObject(params))
    return { retCode: 10001, retMsg: 'Params Error: args must hold one object' }
  const { uid, key, address } = connection
  const request = { via: 'trade', method: 'POST', path: op, params, uid, key, address } as const
  const { limit, reply } = askWithin(desk.limits, request, desk.ask)
  if (!reply) return { retCode: 10006, retMsg: 'Too many visits!', limit }
  const { retCode, retMsg, result: data, retExtInfo } = reply
  return { retCode, retMsg, data, retExtInfo, limit }
}

function faultOfHeader(header: Json | undefined, nowMs: number, speed: number): Answer | undefined {
  const fields = isObject(header) ? header : {}
  const sent = scalarText(fields['X-BAPI-TIMESTAMP'])
  const sentAtMs = Number(sent)
  const windowMs = Number(scalarText(fields['X-BAPI-RECV-WINDOW'] ?? RECV_WINDOW_MS))
  if (sent === '' || !Number.isFinite(sentAtMs) || !Number.isFinite(windowMs))
    return { retCode: 10001, retMsg: 'Params Error: header X-BAPI-TIMESTAMP must be a number' }
  return timely(sentAtMs, windowMs, nowMs, speed)
    ? undefined
    : { retCode: 10002, retMsg: staleText(sentAtMs, windowMs, nowMs) }
}

/** Remembers the request ids of a connection, the latest ones if there are very many. Long ones are none: Bybit's have 36 characters. */
function isNewRequest({ requestIds }: SocketConnection, sent: Json | undefined): boolean {
  const id = scalarText(sent)
  if (id === '' || id.length > REQUEST_ID_MAX) return true
  if (requestIds.has(id)) return false
  requestIds.add(id)
  const [oldest] = requestIds
  if (requestIds.size > REQUEST_IDS_KEPT && oldest !== undefined) requestIds.delete(oldest)
  return true
}

const traceId = ({ id }: SocketConnection, nowMs: number): string =>
  Buffer.from(`${id}-${nowMs}`).toString('hex').slice(0, 32).padStart(32, '0')
