/**
 * Bybit as the exchange port. The wire decides what it is spoken over: the SDK's sockets, or the simulator in this process.
 */
import type { Clock } from '../../clock/clock.ts'
import { ADDRESS, createQuota, endpointOf, type Quota } from '../../domain/risk/quota.ts'
import type { Exchange, MarketFact, Subscription, WatchedPair } from '../exchange.ts'
import { accountReads } from './account-reads.ts'
import { repayVerb, settingVerbs } from './account-settings.ts'
import { marketReads } from './market-reads.ts'
import { orderVerbs } from './orders.ts'
import type { Report } from './pages.ts'
import { watchAccount } from './streams/account-watch.ts'
import { MarketWatch, type Tools } from './streams/market-watch.ts'
import { watchNotices } from './streams/notice-watch.ts'
import { SpreadWatch } from './streams/spread-watch.ts'
import { ALERT_TOPIC } from './translate/notices.ts'
import { type Envelope, type Params, type Wire, WireFailure } from './wire/wire.ts'

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
    capabilities: { spreadOrders: wire.spreads !== false, preCheck: wire.preChecks !== false },
    ...marketReads(counted, report),
    ...accountReads(counted, report),
    ...settingVerbs(counted),
    ...repayVerb(counted, clock),
    ...orderVerbs(counted, { clock, orderDeadlineMs, report }),
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

/** Books of both legs, of their native spreads where named, the perpetuals' tickers, and the exchange's own notices. */
function watchMarket(
  wire: Wire,
  pairs: readonly WatchedPair[],
  hear: (fact: MarketFact) => void,
  tools: Tools,
): Subscription {
  if (pairs.length === 0) return { close: () => {} }
  const perps = pairs.map(pair => pair.perp)
  const spots = pairs.map(pair => pair.spot)
  const spreads = wire.spreads === false ? [] : pairs.flatMap(pair => pair.spread ?? [])
  const streams: Subscription[] = [
    new MarketWatch(wire, { market: 'linear', symbols: perps, news: [ALERT_TOPIC] }, hear, tools),
    new MarketWatch(wire, { market: 'spot', symbols: spots, news: [] }, hear, tools),
    ...(spreads.length > 0 ? [new SpreadWatch(wire, spreads, hear, tools)] : []),
    ...(wire.notices === false ? [] : [watchNotices(wire, hear, tools)]),
  ]
  return {
    close() {
      for (const stream of streams) stream.close()
    },
  }
}

/** Bybit: too many visits of this account to one endpoint. */
const TOO_MANY_VISITS = 10006

const marketOf = (params: Params): string => String(params.category ?? '')

/**
 * Counts what leaves over a wire, and keeps what the answers say of the limits. What a call does is what it did.
 *
 * @param quota - is told of each request, of each answer's headers, and of each refusal for asking too often
 */
function countedWire(wire: Wire, quota: Quota, clock: Pick<Clock, 'nowMs'>): Wire {
  async function counted(endpoints: readonly string[], ask: () => Promise<Envelope>): Promise<Envelope> {
    for (const endpoint of endpoints) quota.sent(endpoint, clock.nowMs())
    try {
      const reply = await ask()
      const readAtMs = clock.nowMs()
      const [own] = endpoints
      if (own !== undefined && own !== ADDRESS) {
        if (reply.limit) quota.heard({ endpoint: own, ...reply.limit, readAtMs })
        if (reply.retCode === TOO_MANY_VISITS) quota.refused(own, readAtMs)
      }
      return reply
    } catch (error) {
      if (error instanceof WireFailure && error.message === 'HTTP 403') quota.blocked(clock.nowMs())
      throw error
    }
  }
  return {
    ...wire,
    // Market data is limited by address alone.
    get: (path, params, signed) =>
      counted(signed ? [endpointOf(path, marketOf(params)), ADDRESS] : [ADDRESS], () =>
        wire.get(path, params, signed),
      ),
    post: (path, body) => counted([endpointOf(path, marketOf(body)), ADDRESS], () => wire.post(path, body)),
    trade: (op, args, deadlineMs) =>
      counted([endpointOf(`/v5/${op.replace('.', '/')}`, marketOf(args))], () =>
        wire.trade(op, args, deadlineMs),
      ),
  }
}
