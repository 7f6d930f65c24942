/** Planned maintenance: announced ahead, by `/v5/system/status` and the topic `system.status`; meanwhile no order is taken. */
import type { Market } from '../../../domain/instrument.ts'
import type { JsonObject } from '../../../domain/json.ts'
import type { SimExchange } from '../exchange-state.ts'
import { type ApiRefusal, refusalOf } from '../kit/params.ts'
import { uuid } from '../kit/random.ts'
import type { Happening, Maintenance } from './agenda-shape.ts'

const STATUS_PURPOSE = 4
/** How long a restart is announced to take. */
const RESTART_MS = 60_000
const KEPT = 20
/** Bybit's numbers: futures, spot. */
const PRODUCTS: Readonly<Record<Market, number>> = { linear: 1, spot: 2 }

/** Announces a maintenance; it begins and ends by itself. */
export function announceMaintenance(
  exchange: SimExchange,
  {
    atMs,
    untilMs,
    markets = ['linear', 'spot'],
    title = 'System maintenance',
  }: Extract<Happening, { kind: 'maintenance' }>,
): void {
  const all = [...exchange.state.maintenance, { beginMs: atMs, endMs: untilMs, markets, title }]
  exchange.state.maintenance = all.slice(-KEPT)
}

/** What a market's order entry answers now, where it is down. */
export function checkMaintenance({ state }: SimExchange, market: Market): ApiRefusal | undefined {
  const isDown = state.maintenance.some(
    one => one.markets.includes(market) && state.nowMs >= one.beginMs && state.nowMs < one.endMs,
  )
  if (!isDown) return undefined
  return market === 'spot'
    ? refusalOf(170210, 'New order rejected. The system is under maintenance.')
    : refusalOf(110066, 'Trading is currently not allowed')
}

/** Everything that was announced, the latest beginning first, as Bybit lists it. */
export function systemStatusRows(exchange: SimExchange): JsonObject[] {
  const { agenda, restartedAtMs, maintenance } = exchange.state
  const restarts = [
    ...agenda.flatMap(one => (one.kind === 'restart' ? [one.atMs] : [])),
    ...(restartedAtMs > 0 ? [restartedAtMs] : []),
  ].map(
    (beginMs): Maintenance => ({
      beginMs,
      endMs: beginMs + RESTART_MS,
      markets: ['linear', 'spot'],
      title: 'Restart of the trading service',
    }),
  )
  return [...restarts, ...maintenance]
    .sort((a, b) => b.beginMs - a.beginMs)
    .map(one => statusRow(exchange, one))
}

function statusRow({ seed, state: { nowMs } }: SimExchange, one: Maintenance): JsonObject {
  const { beginMs, endMs, markets, title } = one
  return {
    id: uuid(seed, Math.floor(beginMs / 1000), STATUS_PURPOSE),
    title,
    state: nowMs < beginMs ? 'scheduled' : nowMs < endMs ? 'ongoing' : 'completed',
    begin: String(beginMs),
    end: String(endMs),
    href: '',
    serviceTypes: [2, 3, 4, 5],
    product: markets.map(market => PRODUCTS[market]).sort(),
    uidSuffix: [],
    maintainType: 1,
    env: 1,
  }
}
