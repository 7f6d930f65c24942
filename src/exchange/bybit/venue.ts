/**
 * Bybit as the exchange port. The wire decides what it is spoken over: the SDK's sockets, or the simulator in this process.
 */
import type { Clock } from '../../clock/clock.ts'
import { createQuota } from '../../domain/risk/quota.ts'
import type { Exchange } from '../exchange.ts'
import { watchAccount } from './streams/account-watch.ts'
import { venueOrders } from './venue-orders.ts'
import { countedWire } from './venue-quota.ts'
import { type Report, venueReads } from './venue-reads.ts'
import { venueRepay, venueRisk } from './venue-risk.ts'
import { watchMarket } from './venue-streams.ts'
import type { Wire } from './wire/wire.ts'

export type BybitSettings = {
  /** How logs and pages name it: live, testnet, demo, sim… */
  name: string
  clock: Clock
  /** After this long without an answer the outcome of an order call is unknown. Engine time. */
  orderDeadlineMs: number
  /** Hears of everything that was left out or could not be read, once per kind and with a running count. */
  report: Report
}

/** The exchange port over a wire. Reads throw `ExchangeFailure`; money verbs answer values. */
export function createBybitExchange(wire: Wire, settings: BybitSettings): Exchange {
  const { name, clock, orderDeadlineMs } = settings
  const report = oncePerKind(settings.report)
  const quota = createQuota()
  const counted = countedWire(wire, quota, clock)
  return {
    name,
    ...venueReads(counted, report),
    ...venueRisk(counted, report),
    ...venueRepay(counted, clock),
    ...venueOrders(counted, { clock, orderDeadlineMs, report }),
    watchMarket: (pairs, hear) => watchMarket(counted, pairs, hear, { clock, report }),
    watchAccount: hear => watchAccount(counted, hear, { report }),
    quota: () => quota.reads(clock.nowMs()),
    close: () => wire.close(),
  }
}

/** The first of a kind is told at once; then each tenfold, so that a flood is seen and does not drown the log. */
function oncePerKind(report: Report): Report {
  const counts = new Map<string, number>()
  return (kind, detail) => {
    const count = (counts.get(kind) ?? 0) + 1
    counts.set(kind, count)
    if (count === 1) report(kind, detail)
    else if (Number.isInteger(Math.log10(count))) report(kind, `${count} times by now, last: ${detail}`)
  }
}
