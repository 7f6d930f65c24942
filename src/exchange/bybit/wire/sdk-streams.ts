/** Bybit's public and private streams over the SDK: one socket and one client each, so that none harms another. */
import type { Subscription } from '../../exchange.ts'
import { type ClientSettings, SdkClient } from './sdk-client.ts'
import { HeldSocket, type SocketPlan } from './sdk-socket.ts'
import type { PrivateHear, PublicCategory, PublicHear, PublicStream } from './wire.ts'

export type StreamSettings = ClientSettings & { patienceMs: number }

/** Bybit: the args of one public connection are at most 21,000 characters. */
const ARGS_MAX = 20_000

/** Topics in as few connections as Bybit's limit allows. */
function connectionsOf(topics: readonly string[]): string[][] {
  const groups: string[][] = []
  let length = ARGS_MAX
  for (const topic of topics) {
    length += topic.length + 3
    if (length > ARGS_MAX) {
      groups.push([])
      length = topic.length + 3
    }
    groups.at(-1)?.push(topic)
  }
  return groups
}

const planOf = (
  settings: StreamSettings,
  url: string,
): Pick<SocketPlan, 'make' | 'patienceMs' | 'redact' | 'log'> => ({
  make: () => new SdkClient(url, settings),
  patienceMs: settings.patienceMs,
  redact: settings.redact,
  log: settings.log,
})

/** One stream of one category, over as many sockets as its topics need: all of them are up, or it is down. */
export function sdkPublicStream(
  settings: StreamSettings,
  { url, category, topics }: { url: string; category: PublicCategory; topics: readonly string[] },
  hear: PublicHear,
): PublicStream {
  const wsKey = category === 'spot' ? 'v5SpotPublic' : 'v5LinearPublic'
  // The SDK knows no socket of spreads or of notices: to it they are linear ones, at other urls.
  const known = category === 'spot' ? 'spot' : 'linear'
  const plan = { ...planOf({ ...settings, key: '', secret: '' }, url), wsKey, category: known } as const
  const ready = new Set<string[]>()
  const groups = connectionsOf(topics)
  const sockets = groups.map(
    group =>
      new HeldSocket(
        { ...plan, topics: group },
        {
          ...hear,
          ready() {
            ready.add(group)
            if (ready.size === groups.length) hear.up()
          },
          down(cause) {
            const whole = ready.size === groups.length
            ready.delete(group)
            if (whole || groups.length === 1) hear.down(cause)
            // Whoever hears of it forgets every topic: the other sockets must bring their snapshots anew, too.
            for (const [at, other] of groups.entries())
              if (ready.delete(other)) sockets[at]?.renew('another connection of this stream dropped')
          },
        },
      ),
  )
  return {
    resubscribe(topic) {
      for (const socket of sockets) socket.resubscribe(topic)
    },
    renew(topic, cause) {
      const at = groups.findIndex(group => group.includes(topic))
      sockets[at]?.renew(cause)
    },
    close() {
      for (const socket of sockets) socket.close()
    },
  }
}

/** A frame that cannot be read may have held a fill: the stream is opened again, and its `up` calls for a reconciliation. */
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
    refused: (topic, cause) => settings.log('refused-topic', `${topic}: ${cause}`),
  })
  return { close: () => socket.close() }
}
