/**
 * Bybit's notices of maintenance, from their own socket. They are a help, not a need: REST tells the same, so a socket that is down
 * harms nothing and is not told. https://bybit-exchange.github.io/docs/v5/websocket/system/system-status
 */
import type { MarketFact, Subscription } from '../../exchange.ts'
import { each } from '../pages.ts'
import { failureOf } from '../translate/errors.ts'
import { rowsAt } from '../translate/fields.ts'
import { systemNotice } from '../translate/notices.ts'
import type { Wire } from '../wire/wire.ts'
import type { Tools } from './market-watch.ts'

const TOPIC = 'system.status'

/** Listens to the exchange's notices; one that cannot be read is reported and left out. */
export function watchNotices(wire: Wire, hear: (fact: MarketFact) => void, { report }: Tools): Subscription {
  return wire.publicStream('status', [TOPIC], {
    message(message) {
      try {
        const notices = each(rowsAt(message, 'data'), systemNotice, report, 'unread-notice')
        if (notices.length > 0) hear({ kind: 'system-notice', notices })
      } catch (error) {
        report('unread-notice', failureOf(error, TOPIC).message)
      }
    },
    up: () => {},
    down: () => {},
    garbage: detail => report('garbage', `status: ${detail}`),
    refused: (name, cause) => report('refused-topic', `status ${name}: ${cause}`),
  })
}
