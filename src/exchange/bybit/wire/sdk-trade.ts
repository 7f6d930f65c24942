/**
 * Order entry over Bybit's trade socket. The SDK would hold an order while the socket is down and send it after the
 * reconnect with a fresh timestamp; here nothing is handed to it unless the socket is open and truly authenticated, and every
 * call ends by its own deadline. Whatever ends without a reply ends as unknown.
 */

import type { Redact } from '../secrets.ts'
import { withDeadline } from './deadline.ts'
import { SdkClient } from './sdk-client.ts'
import { envelope, limitRead } from './sdk-rest.ts'
import { HeldSocket } from './sdk-socket.ts'
import type { StreamSettings } from './sdk-streams.ts'
import { type Envelope, type Wire, WireFailure } from './wire.ts'

export type Trade = Pick<Wire, 'trade' | 'tradeReady'> & { close(): void }

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

export function sdkTrade(settings: StreamSettings, url: string): Trade {
  const { clock, patienceMs, redact, log } = settings
  const socket = new HeldSocket(
    {
      wsKey: 'v5PrivateTrade',
      category: 'linear',
      topics: [],
      make: () => new SdkClient(url, settings),
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
