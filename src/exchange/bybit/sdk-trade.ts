/**
 * Order entry over Bybit's trade socket. The SDK would hold an order while the socket is down and send it after the
 * reconnect with a fresh timestamp; here nothing is handed to it unless the socket is open and truly authenticated, and every
 * call ends by its own deadline. Whatever ends without a reply ends as unknown.
 */
import type { Clock } from '../../clock.ts'
import { SdkClient } from './sdk-client.ts'
import { envelope } from './sdk-rest.ts'
import { HeldSocket } from './sdk-socket.ts'
import type { StreamSettings } from './sdk-streams.ts'
import type { Redact } from './secrets.ts'
import { type Envelope, type Wire, WireFailure } from './wire.ts'

export type Trade = Pick<Wire, 'trade' | 'tradeReady'> & { close(): void }

/** Gives up waiting after `deadlineMs` of engine time. What comes later is not listened to. */
export function withDeadline<T>(clock: Clock, deadlineMs: number, answer: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = clock.setTimeout(
      () => reject(new WireFailure(`no answer within ${deadlineMs} ms`)),
      deadlineMs,
    )
    answer.then(resolve, reject).finally(() => clock.clearTimeout(timer))
  })
}

/** The trade socket's replies hold `data` and the time in a header, where REST has `result` and `time`. */
function tradeEnvelope(reply: unknown, redact: Redact): Envelope {
  const { data, header, retCode, retMsg, retExtInfo } = (reply ?? {}) as Record<string, unknown>
  const atMs = Number((header as { Timenow?: unknown } | undefined)?.Timenow)
  const time = Number.isSafeInteger(atMs) ? atMs : 0
  return envelope({ retCode, retMsg, retExtInfo, result: data, time }, redact)
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
