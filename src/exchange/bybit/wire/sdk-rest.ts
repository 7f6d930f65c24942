/**
 * Bybit's REST over the SDK. The SDK resolves with anything that came with HTTP 200 (a string spread into letters, too) and
 * throws objects that hold the API secret: here only a body with a numeric retCode is an answer, and everything else
 * becomes a new, clean `WireFailure`. What the SDK threw is never passed on, wrapped or logged.
 */
import { RestClientV5 } from 'bybit-api'
import type { Clock } from '../../../clock/clock.ts'
import { offsetFromSystemMs } from './exchange-time.ts'
import { type ClientSettings, type Redact, signWithHmac } from './sdk-client.ts'
import { type Envelope, type LimitRead, type Params, WireFailure } from './wire.ts'

type Rest = {
  get(path: string, params: Params, signed: boolean): Promise<Envelope>
  post(path: string, body: Params): Promise<Envelope>
  /** Nothing new is sent; resolves when what is under way has ended, which its own limit bounds. */
  close(): Promise<void>
}

type RestSettings = ClientSettings & { url: string; timeoutMs: number }

/** Limits as whole numbers; anything less says nothing. */
export function limitRead(limit: unknown, left: unknown, resetAtMs: unknown): LimitRead | undefined {
  const [of, rest, reset] = [limit, left, resetAtMs].map(Number)
  return of !== undefined && of > 0 && Number.isInteger(rest) && Number.isSafeInteger(reset)
    ? { limit: of, left: Number(rest), resetAtMs: Number(reset) }
    : undefined
}

/** The SDK's words for the three limit headers. */
function limitOf(body: unknown): LimitRead | undefined {
  const { rateLimitApi } = (body ?? {}) as { rateLimitApi?: unknown }
  if (typeof rateLimitApi !== 'object' || rateLimitApi === null) return undefined
  const { maxRequests, remainingRequests, resetAtTimestamp } = rateLimitApi as Record<string, unknown>
  return limitRead(maxRequests, remainingRequests, resetAtTimestamp)
}

/** A V5 envelope, or a failure: only a numeric retCode makes one. Some of Bybit's replies leave out retExtInfo and time. */
export function envelope(body: unknown, redact: Redact): Envelope {
  const { retCode, retMsg, result, retExtInfo, time } = (body ?? {}) as Record<string, unknown>
  if (typeof retCode !== 'number' || !Number.isInteger(retCode))
    throw new WireFailure('expected a V5 reply with a numeric retCode, found something else', false)
  return {
    retCode,
    retMsg: redact(typeof retMsg === 'string' ? retMsg : ''),
    result,
    retExtInfo,
    time: typeof time === 'number' ? time : 0,
    limit: limitOf(body),
  }
}

/** Says what went wrong in words that cannot hold a secret: an HTTP status or the name of a transport error. */
function cleanFailure(thrown: unknown): WireFailure {
  if (thrown instanceof WireFailure) return thrown
  const code = (thrown as { code?: unknown } | null)?.code
  if (typeof code === 'number') return new WireFailure(`HTTP ${code}`)
  if (typeof code === 'string' && /^[A-Z_]{3,40}$/.test(code)) return new WireFailure(`transport: ${code}`)
  return new WireFailure('no answer')
}

/** Bybit: an address that was answered HTTP 403 must stop all requests for ten minutes; the block lasts while it goes on asking. */
const SILENCE_MS = 600_000

/** Keeps quiet towards an exchange that blocks this address. */
function politeness(clock: Clock) {
  let quietUntilMs = 0
  return {
    assertWelcome() {
      const leftMs = quietUntilMs - clock.nowMs()
      if (leftMs > 0) throw new WireFailure(`HTTP 403 before: asking again in ${leftMs} ms`, true, false)
    },
    failed(failure: WireFailure) {
      if (failure.message === 'HTTP 403') quietUntilMs = clock.nowMs() + SILENCE_MS
    },
  }
}

const isLoopback = (url: string) => ['127.0.0.1', 'localhost', '[::1]'].includes(new URL(url).hostname)

function clientOf({ url, key, secret, clock, recvWindowMs, timeoutMs }: RestSettings): RestClientV5 {
  const client = new RestClientV5(
    {
      baseUrl: url,
      ...(key ? { key, secret } : {}),
      recv_window: recvWindowMs,
      parseAPIRateLimits: true,
      customSignMessageFn: signWithHmac,
    },
    // A redirect would carry the signed headers elsewhere; a proxy has no business on the way to this machine itself.
    { timeout: timeoutMs, maxRedirects: 0, ...(isLoopback(url) ? { proxy: false as const } : {}) },
  )
  // The SDK names its author as the broker of every request: ours has none. Bybit: v5/guide, Referer is for brokers only.
  const { headers } = Reflect.get(client, 'globalRequestOptions') as { headers: Record<string, string> }
  delete headers['x-referer']
  Object.defineProperty(client, 'timeOffset', { get: () => offsetFromSystemMs(clock), set: () => {} })
  return client
}

/** REST over the SDK. Answers that came late are dropped; what went wrong on the way is a `WireFailure`, thrown. */
export function sdkRest(settings: RestSettings): Rest {
  const { key, timeoutMs, redact, clock } = settings
  const client = clientOf(settings)
  const manners = politeness(clock)
  const underWay = new Set<Promise<unknown>>()
  let closed = false

  /** The SDK's own limit counts silence, not time: a body that trickles in would keep it waiting. */
  async function call(ask: () => Promise<unknown>): Promise<Envelope> {
    if (closed) throw new WireFailure('closed', true, false)
    manners.assertWelcome()
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new WireFailure(`no answer within ${timeoutMs} ms`)), timeoutMs + 500)
    })
    try {
      return envelope(await Promise.race([ask(), late]), redact)
    } catch (thrown) {
      const failure = cleanFailure(thrown)
      manners.failed(failure)
      throw failure
    } finally {
      clearTimeout(timer)
    }
  }

  function counted(call: Promise<Envelope>): Promise<Envelope> {
    underWay.add(call)
    const end = () => void underWay.delete(call)
    call.then(end, end)
    return call
  }

  async function signedCall(ask: () => Promise<unknown>): Promise<Envelope> {
    if (!key) throw new WireFailure('no API key is set', true, false)
    return call(ask)
  }

  return {
    get: (path, params, signed) =>
      counted(
        signed
          ? signedCall(() => client.getPrivate(path, { ...params }))
          : call(() => client.get(path, { ...params })),
      ),
    post: (path, body) => counted(signedCall(() => client.postPrivate(path, { ...body }))),
    async close() {
      closed = true
      await Promise.allSettled(underWay)
    },
  }
}
