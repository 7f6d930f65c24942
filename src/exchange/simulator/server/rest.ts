/**
 * REST as Bybit serves it: who may ask what, in HTTP statuses, headers and the V5 envelope (docs: v5/guide, v5/error).
 * Business refusals are HTTP 200 with a retCode; HTTP errors are for what never reached the business.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { JsonObject } from '../../../domain/json.ts'
import { objectIn } from '../kit/params.ts'
import type { CoreReply, CoreRequest } from '../simulated.ts'
import { type Account, type Accounts, restText, signs, staleText, timely } from './accounts.ts'
import { askWithin, type Limit, type RateLimits } from './rate-limits.ts'
import type { Deliver } from './sockets/connection.ts'

type RestParts = {
  accounts: Accounts
  limits: RateLimits
  deliver: Deliver
  speed: number
  nowMs(): number
  ask(request: CoreRequest): CoreReply
}

type Asked = { method: 'GET' | 'POST'; path: string; headers: IncomingMessage['headers']; payload: string }
type Answer = { status: number; reply: CoreReply; limit?: Limit; uid: string }

const BODY_BYTES_MAX = 262_144
/** Answered without a signature. */
const PUBLIC =
  /^\/v5\/(market\/|announcements\/|spread\/(instrument|orderbook|tickers|recent-trade)$|system\/status$|spot-margin-trade\/(data|collateral)$|spot-lever-token\/)/

/** Answers one /v5 request. */
export function answerRest(request: IncomingMessage, response: ServerResponse, parts: RestParts): void {
  const [path = '/', query = ''] = splitOnce(request.url ?? '/', '?')
  const { deliver } = parts
  const cut = () => request.socket.destroy()
  const connection = `${addressOf(request)}:${request.socket.remotePort ?? ''}`
  const travels = { channel: 'rest' as const, connection, what: path }
  const say = ({ status, reply, limit, uid }: Answer) => {
    const pass = (text: string, otherStatus = status) =>
      send(response, otherStatus, text, headersOf(limit, reply))
    deliver({ kind: 'reply', ...travels, uid, text: JSON.stringify(reply) }, { pass, cut })
  }
  readBody(request, body => {
    const refusal = refuseForm(request, body)
    const isGet = request.method === 'GET'
    const asked = { method: isGet ? ('GET' as const) : ('POST' as const), path, headers: request.headers }
    const act = (payload: string) => {
      if (refusal) say(refuse(parts.nowMs(), refusal.status, 10001, refusal.text))
      else say(answer({ ...asked, payload }, parts, addressOf(request)))
    }
    const text = isGet ? query : (body ?? '')
    deliver({ kind: 'request', ...travels, uid: '', text }, { pass: act, cut })
  })
}

function splitOnce(text: string, by: string): [string, string] {
  const at = text.indexOf(by)
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)]
}

const addressOf = (request: IncomingMessage): string => request.socket.remoteAddress ?? ''

function refuseForm({ method, headers }: IncomingMessage, body: string | undefined) {
  if (body === undefined) return { status: 413, text: `expected at most ${BODY_BYTES_MAX} bytes of body` }
  if (method !== 'GET' && method !== 'POST')
    return { status: 400, text: `expected method GET or POST, found ${method}` }
  const json = headers['content-type']?.includes('json') ?? false
  if (method === 'GET' && json && body !== '')
    return { status: 403, text: 'expected a GET request without a JSON body' }
  return undefined
}

const refuse = (nowMs: number, status: number, retCode: number, retMsg: string): Answer => ({
  status,
  reply: { retCode, retMsg, result: {}, retExtInfo: {}, time: nowMs },
  uid: '',
})

function answer(asked: Asked, parts: RestParts, address: string): Answer {
  const nowMs = parts.nowMs()
  if (!parts.limits.address(address)) return refuse(nowMs, 403, 10018, 'access too frequent')
  const { method, path } = asked
  const params = paramsOf(asked)
  if (!params) return refuse(nowMs, 200, 10001, 'Request parameter error.')
  if (PUBLIC.test(path)) return carry(parts.ask({ via: 'rest', method, path, params, uid: '' }), '')

  const found = identify(asked, parts, nowMs)
  if ('code' in found) return refuse(nowMs, found.status, found.code, found.text)
  const { uid, key } = found
  const request = { via: 'rest', method, path, params, uid, key, address } as const
  const { limit, reply } = askWithin(parts.limits, request, parts.ask)
  return reply
    ? { ...carry(reply, uid), limit }
    : { ...refuse(nowMs, 200, 10006, 'Too many visits!'), limit, uid }
}

/** 10017 is the core's word for a path it does not have: HTTP 404 on the wire. */
const carry = (reply: CoreReply, uid: string): Answer => ({
  status: reply.retCode === 10017 ? 404 : 200,
  reply,
  uid,
})

/** The query decoded once (cursors come %-encoded a second time and stay so), or the body. */
function paramsOf({ method, payload }: Asked): JsonObject | undefined {
  if (method === 'GET') return Object.fromEntries(new URLSearchParams(payload))
  return payload === '' ? {} : objectIn(payload)
}

type Unknown = { status: number; code: number; text: string }

/** Whose request it is: key, time window, signature, in Bybit's order. */
function identify({ headers, payload }: Asked, parts: RestParts, nowMs: number): Account | Unknown {
  const text = (name: string) => String(headers[name] ?? '')
  const [key, timestamp, signature] = [text('x-bapi-api-key'), text('x-bapi-timestamp'), text('x-bapi-sign')]
  const recvWindow = text('x-bapi-recv-window')
  if (!key || !timestamp || !signature)
    return {
      status: 401,
      code: 10003,
      text: 'Unauthorized: X-BAPI-API-KEY, X-BAPI-TIMESTAMP and X-BAPI-SIGN are required',
    }
  const account = parts.accounts.byKey(key)
  if (!account) return { status: 200, code: 10003, text: 'API key is invalid.' }
  const [sentAtMs, windowMs] = [Number(timestamp), Number(recvWindow || 5000)]
  if (!timely(sentAtMs, windowMs, nowMs, parts.speed))
    return { status: 200, code: 10002, text: staleText(sentAtMs, windowMs, nowMs) }
  const origin = restText(timestamp, key, recvWindow, payload)
  if (!signs(signature, origin, account.secret))
    return { status: 200, code: 10004, text: `error sign! origin_string[${origin}]` }
  return account
}

function headersOf(limit: Limit | undefined, { time }: CoreReply): Record<string, string> {
  const limits = limit && {
    'X-Bapi-Limit': String(limit.max),
    'X-Bapi-Limit-Status': String(limit.left),
    'X-Bapi-Limit-Reset-Timestamp': String(limit.resetAtMs),
  }
  return { ...limits, Timenow: String(time) }
}

function send(
  response: ServerResponse,
  status: number,
  text: string,
  headers: Record<string, string> = {},
): void {
  if (response.writableEnded || response.destroyed) return
  const length = Buffer.byteLength(text)
  response.writeHead(status, {
    'Content-Type': 'application/json; charset=utf-8',
    'Content-Length': length,
    ...headers,
  })
  response.end(text)
}

/** Gives the whole body, or undefined when it is longer than the limit. A request that breaks off gives nothing. */
function readBody(request: IncomingMessage, done: (body: string | undefined) => void): void {
  const chunks: Buffer[] = []
  let bytes = 0
  request.on('data', (chunk: Buffer) => {
    bytes += chunk.length
    if (bytes <= BODY_BYTES_MAX) chunks.push(chunk)
  })
  request.on('end', () => done(bytes > BODY_BYTES_MAX ? undefined : Buffer.concat(chunks).toString('utf8')))
  request.on('error', () => request.destroy())
}
