/**
 * The V5 wire over the `bybit-api` SDK: the real exchange, its testnet, its demo, or a simulator on this machine.
 * The demo has no trade socket: orders go over REST there, and public data is the real exchange's.
 */
import type { Clock } from '../../../clock/clock.ts'
import type { Subscription } from '../../exchange.ts'
import { BYBIT_HOSTS, hostsOf, type Region, type WireMode, type WireUrls } from '../hosts.ts'
import { redactor } from '../secrets.ts'
import { withDeadline } from './deadline.ts'
import type { Log } from './sdk-client.ts'
import { sdkRest } from './sdk-rest.ts'
import { type StreamSettings, sdkPrivateStream, sdkPublicStream } from './sdk-streams.ts'
import { sdkTrade, type Trade } from './sdk-trade.ts'
import { type Wire, WireFailure } from './wire.ts'

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
  /** Exchange time. Bybit refuses an older request; a simulator at speed s allows s times as much. */
  recvWindowMs: number
  log: Log
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
  const open = new Set<Subscription>()
  let closed = false
  const keep = <T extends Subscription>(stream: T): T => {
    open.add(stream)
    const close = () => {
      open.delete(stream)
      stream.close()
    }
    return { ...stream, close }
  }
  const entry = entryOf()

  function entryOf(): Trade {
    if (key && mode !== 'demo') return sdkTrade(streams, `${ws}/v5/trade`)
    const ready = () => key !== '' && !closed
    return {
      tradeReady: ready,
      async trade(op, args, deadlineMs) {
        if (!ready()) throw new WireFailure('order entry is down', true, false)
        return withDeadline(clock, deadlineMs, rest.post(PATHS[op], args))
      },
      close: () => {},
    }
  }

  return {
    ...rest,
    // Bybit: the demo has neither a trade socket, nor spreads, nor checks before an order.
    spreads: mode !== 'demo',
    preChecks: mode !== 'demo',
    notices: mode === 'live' || mode === 'sim',
    trade: entry.trade,
    tradeReady: entry.tradeReady,
    publicStream: (category, topics, hear) =>
      keep(
        sdkPublicStream(
          streams,
          { url: `${publicWs}/v5/public/${PUBLIC_PATHS[category]}`, category, topics },
          hear,
        ),
      ),
    privateStream(topics, hear) {
      if (!key) throw new WireFailure('no API key is set', true, false)
      return keep(sdkPrivateStream(streams, { url: `${ws}/v5/private`, topics }, hear))
    },
    async close() {
      closed = true
      entry.close()
      for (const stream of [...open]) stream.close()
      open.clear()
      await rest.close()
    },
  }
}
