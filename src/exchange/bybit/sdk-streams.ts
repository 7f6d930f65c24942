/** Bybit's public and private streams over the SDK: one socket and one client each, so that none harms another. */
import type { Subscription } from '../exchange.ts'
import { type ClientSettings, SdkClient } from './sdk-client.ts'
import { HeldSocket, type SocketPlan } from './sdk-socket.ts'
import type { PrivateHear, PublicHear, PublicStream } from './wire.ts'

export type StreamSettings = ClientSettings & { patienceMs: number }

/** Bybit: the args of one public connection are at most 21,000 characters. */
const ARGS_MAX = 21_000

const planOf = (
  settings: StreamSettings,
  url: string,
): Pick<SocketPlan, 'make' | 'patienceMs' | 'redact' | 'log'> => ({
  make: () => new SdkClient(url, settings),
  patienceMs: settings.patienceMs,
  redact: settings.redact,
  log: settings.log,
})

export function sdkPublicStream(
  settings: StreamSettings,
  { url, category, topics }: { url: string; category: 'spot' | 'linear'; topics: readonly string[] },
  hear: PublicHear,
): PublicStream {
  const length = topics.join('","').length
  if (length > ARGS_MAX)
    throw new Error(
      `${category} topics: expected at most ${ARGS_MAX} characters on one connection, found ${length}`,
    )
  const wsKey = category === 'spot' ? 'v5SpotPublic' : 'v5LinearPublic'
  const plan: SocketPlan = { ...planOf({ ...settings, key: '', secret: '' }, url), wsKey, category, topics }
  const socket = new HeldSocket(plan, { ...hear, ready: () => hear.up() })
  return { resubscribe: topic => socket.resubscribe(topic), close: () => socket.close() }
}

/** A frame that cannot be read may have held a fill: the stream is taken anew, and its `up` calls for a reconciliation. */
export function sdkPrivateStream(
  settings: StreamSettings,
  { url, topics }: { url: string; topics: readonly string[] },
  hear: PrivateHear,
): Subscription {
  const plan: SocketPlan = { ...planOf(settings, url), wsKey: 'v5Private', category: 'linear', topics }
  const socket = new HeldSocket(plan, {
    ready: () => hear.up(),
    down: cause => hear.down(cause),
    message: message => hear.message(message),
    garbage: detail => socket.renew(detail),
    refused: (topic, cause) => socket.renew(`${topic} refused: ${cause}`),
  })
  return { close: () => socket.close() }
}
