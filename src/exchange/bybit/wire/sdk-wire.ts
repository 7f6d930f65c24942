/**
 * The V5 wire over the `bybit-api` SDK: the real exchange, its testnet, its demo, or a simulator on this machine.
 * The demo has no trade socket: orders go over REST there, and public data is the real exchange's.
 */
import type { Clock } from '../../../clock/clock.ts'
import type { Subscription } from '../../exchange.ts'
import { BYBIT_HOSTS, hostsOf, type Region, type WireMode, type WireUrls } from '../hosts.ts'
import { type Redact, redactor, SdkClient, type SdkLog } from './sdk-client.ts'
import { envelope, limitRead, sdkRest } from './sdk-rest.ts'
import { HeldSocket } from './sdk-socket.ts'
import { type StreamSettings, sdkPrivateStream, sdkPublicStream } from './sdk-streams.ts'
import { type Envelope, type Wire, WireFailure, withDeadline } from './wire.ts'

/**
 * Order entry over Bybit's trade socket. The SDK would hold an order while the socket is down and send it after the
 * reconnect with a fresh timestamp; here nothing is handed to it unless the socket is open and truly authenticated, and every
 * call ends by its own deadline. Whatever ends without a reply ends as unknown.
 */
type Trade = Pick<Wire, 'trade' | 'tradeReady'> & { close(): void }

/** Header names in lower case: HTTP's own are so, the socket's are not. */
const headerOf = (header: unknown): Map<string, unknown> =>
  new Map(
    typeof header === 'object' && header !== null
      ? Object.entries(header).map(([name, value]) => [name.toLowerCase(), value])
      : [],
  )

/** The trade socket's replies hold `data` and the time in a header, where REST has `result` and `time`. */
function tradeEnvelope(reply: unknown, redact: Redact): Envelope {
  const { data, header, retCode, retMsg, retExtInfo } = (reply ?? {}) as Record<string, unknown>
  const fields = headerOf(header)
  const atMs = Number(fields.get('timenow'))
  const time = Number.isSafeInteger(atMs) ? atMs : 0
  const limit = limitRead(
    fields.get('x-bapi-limit'),
    fields.get('x-bapi-limit-status'),
    fields.get('x-bapi-limit-reset-timestamp'),
  )
  return { ...envelope({ retCode, retMsg, retExtInfo, result: data, time }, redact), limit }
}

function sdkTrade(settings: StreamSettings & Pick<SdkWireSettings, 'measured'>, url: string): Trade {
  const { clock, patienceMs, redact, log } = settings
  const socket = new HeldSocket(
    {
      wsKey: 'v5PrivateTrade',
      category: 'linear',
      topics: [],
      make: () => new SdkClient(url, settings),
      ...(settings.measured && { after: settings.measured }),
      patienceMs,
      redact,
      log,
    },
    {
      ready: () => log('trade', 'order entry is up'),
      down: cause => log('trade', `order entry is down: ${cause}`),
      message: () => {},
      garbage: detail => log('garbage', `trade: ${detail}`),
      refused: () => {},
    },
  )
  return {
    tradeReady: () => socket.isReady(),
    async trade(op, args, deadlineMs) {
      if (!socket.isReady()) throw new WireFailure('order entry is down', true, false)
      // The SDK rejects with Bybit's reply when its code is not 0, and with an Error or a text when the line drops.
      const reply = socket
        .client()
        .order(op, args)
        .catch((thrown: unknown) => {
          if (typeof (thrown as { retCode?: unknown } | null)?.retCode === 'number') return thrown
          throw new WireFailure('the connection dropped before the answer')
        })
      return tradeEnvelope(await withDeadline(clock, deadlineMs, reply), redact)
    },
    close: () => socket.close(),
  }
}

type SdkWireSettings = {
  mode: WireMode
  /** Needed in mode sim. */
  urls?: WireUrls
  /** The site the account is registered at, in mode live; the global one without it. */
  region?: Region
  /** Both '' for public data only. */
  key: string
  secret: string
  clock: Clock
  /** Resolves when the clock was measured: nothing signed is dialled before. Left out, the clock is right from the start. */
  measured?: Promise<void>
  /** Exchange time. Bybit refuses an older request; a simulator at speed s allows s times as much. */
  recvWindowMs: number
  log: SdkLog
  /** Machine time: a REST call without an answer ends after it. */
  restTimeoutMs?: number
  /** Machine time within which an open socket must be authenticated and subscribed. */
  patienceMs?: number
  /** Machine time between pings, and for their answers. The SDK's own second would let a busy event loop cut every line. */
  pulseMs?: number
}

const PATHS = {
  'order.create': '/v5/order/create',
  'order.amend': '/v5/order/amend',
  'order.cancel': '/v5/order/cancel',
} as const

/** Bybit: https://bybit-exchange.github.io/docs/v5/ws/connect, websocket/system/system-status */
const PUBLIC_PATHS = { spot: 'spot', linear: 'linear', spread: 'spread', status: 'misc/status' } as const

function urlsOf({ mode, urls, region = 'global' }: SdkWireSettings): WireUrls {
  if (urls) return urls
  if (mode === 'sim') throw new Error('mode sim: expected the urls of a simulator, found none')
  return hostsOf(mode, region)
}

/**
 * The wire to Bybit or to a simulator that speaks like it. Nothing is connected before it is asked for. Throws when one half
 * of the key pair is missing.
 */
export function createSdkWire(settings: SdkWireSettings): Wire {
  const { mode, key, secret, clock, recvWindowMs, restTimeoutMs = 5_000, patienceMs = 5_000 } = settings
  const { pulseMs = 2_000 } = settings
  if ((key === '') !== (secret === ''))
    throw new Error('API key and secret: expected both or none, found one')
  const { rest: restUrl, ws } = urlsOf(settings)
  const publicWs = mode === 'demo' && !settings.urls ? BYBIT_HOSTS.live.ws : ws
  const redact = redactor(key, secret)
  const streams: StreamSettings = {
    key,
    secret,
    clock,
    recvWindowMs,
    pulseMs,
    authAheadMs: mode === 'sim' ? 600_000 : 10_000,
    redact,
    log: (kind, detail) => settings.log(kind, redact(detail)),
    patienceMs,
  }
  const rest = sdkRest({ ...streams, url: restUrl, timeoutMs: restTimeoutMs })
  const kept = keptStreams()
  const entry =
    key && mode !== 'demo'
      ? sdkTrade({ ...streams, ...(settings.measured && { measured: settings.measured }) }, `${ws}/v5/trade`)
      : tradeByRest(streams, rest)

  return {
    ...rest,
    // Bybit: the demo has neither a trade socket, nor spreads, nor checks before an order.
    spreads: mode !== 'demo',
    notices: mode === 'live' || mode === 'sim',
    trade: entry.trade,
    tradeReady: entry.tradeReady,
    publicStream: (category, topics, hear) =>
      kept.keep(
        sdkPublicStream(
          streams,
          { url: `${publicWs}/v5/public/${PUBLIC_PATHS[category]}`, category, topics },
          hear,
        ),
      ),
    privateStream(topics, hear) {
      if (!key) throw new WireFailure('no API key is set', true, false)
      return kept.keep(sdkPrivateStream(streams, { url: `${ws}/v5/private`, topics }, hear))
    },
    async close() {
      entry.close()
      kept.close()
      await rest.close()
    },
  }
}

/** Streams that end with the wire. */
function keptStreams() {
  const open = new Set<Subscription>()
  return {
    keep<T extends Subscription>(stream: T): T {
      open.add(stream)
      const close = () => {
        open.delete(stream)
        stream.close()
      }
      return { ...stream, close }
    },
    close(): void {
      for (const stream of [...open]) stream.close()
      open.clear()
    },
  }
}

/** Order entry where there is no trade socket. */
function tradeByRest({ key, clock }: Pick<StreamSettings, 'key' | 'clock'>, rest: Pick<Wire, 'post'>): Trade {
  let closed = false
  const tradeReady = () => key !== '' && !closed
  return {
    tradeReady,
    async trade(op, args, deadlineMs) {
      if (!tradeReady()) throw new WireFailure('order entry is down', true, false)
      return withDeadline(clock, deadlineMs, rest.post(PATHS[op], args))
    },
    close() {
      closed = true
    },
  }
}
