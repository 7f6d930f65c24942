/**
 * Bybit as the exchange port. The wire decides what it is spoken over: the SDK's sockets, or the simulator in this process.
 */
import type { Clock } from '../../clock/clock.ts'
import { ADDRESS, createQuota, endpointOf, type Quota } from '../../domain/risk/quota.ts'
import type { Exchange, KeyRefusal, MarketFact, Subscription, WatchedPair } from '../exchange.ts'
import { keyFaultOf } from './account-checks.ts'
import { accountReads } from './account-reads.ts'
import { repayVerb, settingVerbs } from './account-settings.ts'
import { marketReads } from './market-reads.ts'
import { orderVerbs } from './orders.ts'
import type { Report } from './pages.ts'
import { watchAccount } from './streams/account-watch.ts'
import { MarketWatch, type Tools, watchNotices } from './streams/market-watch.ts'
import { SpreadWatch } from './streams/spread-watch.ts'
import { ALERT_TOPIC } from './translate/notices.ts'
import { type Envelope, type Params, type Wire, WireFailure } from './wire/wire.ts'

type BybitSettings = {
  /** How logs and pages name it: live, testnet, demo, sim… */
  name: string
  clock: Clock
  /** After this long without an answer the outcome of an order call is unknown. Engine time. */
  orderDeadlineMs: number
  /** Hears of everything that was left out or could not be read, once per kind and with a running count. */
  report: Report
  /** Engine milliseconds to one of the machine; 1 unless a simulator runs faster. */
  speed?: number
}

/** The exchange port over a wire. Reads throw `ExchangeFailure`; money verbs answer values. */
export function createBybitExchange(wire: Wire, settings: BybitSettings): Exchange {
  const { name, clock, orderDeadlineMs, speed = 1 } = settings
  const report = oncePerKind(settings.report)
  const quota = createQuota()
  const watches = new Set<Subscription>()
  /** Closing the exchange ends every watch that its holder left open. */
  const kept = (watch: Subscription): Subscription => {
    const close = () => {
      watches.delete(watch)
      watch.close()
    }
    watches.add(watch)
    return { close }
  }
  const key = keyWatch(clock)
  const counted = countedWire(key.watched(wire), quota, clock)
  return {
    name,
    ...marketReads(counted, report),
    ...accountReads(counted, report),
    ...settingVerbs(counted),
    ...repayVerb(counted, clock),
    ...orderVerbs(counted, { clock, orderDeadlineMs, report }),
    keyRefusal: key.refusal,
    watchMarket: (pairs, hear) => kept(watchMarket(counted, pairs, hear, { clock, report, speed })),
    watchAccount: hear => kept(watchAccount(counted, hear, { report })),
    quota: () => quota.reads(clock.nowMs()),
    close() {
      for (const watch of [...watches]) watch.close()
      return wire.close()
    },
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

/** With these codes every signed request is refused: the key is unknown, wrong, expired, or used from elsewhere. */
const KEY_REFUSED: ReadonlySet<number> = new Set([10003, 10004, 10007, 10010, 33004, -2015])
/** Reads that any key of use may make: refused for want of a permission, the key has lost its rights. */
const OF_EVERY_KEY: ReadonlySet<string> = new Set(['/v5/account/wallet-balance', '/v5/position/list'])
const PERMISSION_DENIED = 10005

/** Remembers by each signed answer whether the key is refused, and holds orders back while it is: none of them could pass. */
function keyWatch(clock: Pick<Clock, 'nowMs'>) {
  let refused: (KeyRefusal & { path: string }) | undefined
  const heard = (path: string, { retCode }: Envelope) => {
    const isRefused = KEY_REFUSED.has(retCode) || (retCode === PERMISSION_DENIED && OF_EVERY_KEY.has(path))
    if (isRefused) {
      const says = keyFaultOf(retCode) ?? `The API key is refused (${retCode}).`
      refused = { code: retCode, says, sinceMs: refused?.sinceMs ?? clock.nowMs(), path }
    }
    // A missing permission shows on its own path alone.
    else if (refused && (refused.code !== PERMISSION_DENIED || refused.path === path)) refused = undefined
  }
  const heardOf = async (path: string, reply: Promise<Envelope>) => {
    const answer = await reply
    heard(path, answer)
    return answer
  }
  return {
    refusal: (): KeyRefusal | undefined =>
      refused && { code: refused.code, says: refused.says, sinceMs: refused.sinceMs },
    watched: (wire: Wire): Wire => ({
      ...wire,
      get: (path, params, signed) =>
        signed ? heardOf(path, wire.get(path, params, signed)) : wire.get(path, params, signed),
      post: (path, body) => heardOf(path, wire.post(path, body)),
      tradeReady: () => refused === undefined && wire.tradeReady(),
      async trade(op, args, deadlineMs) {
        if (refused) throw new WireFailure(refused.says, true, false)
        return heardOf(op, wire.trade(op, args, deadlineMs))
      },
    }),
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
