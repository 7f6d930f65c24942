/** The account as the exchange shows it now, with how far its clock and ours are apart and how often it may still be asked. */
import type { AccountRow, QuotaRow } from '../api/rows/rows.ts'
import type { Clock } from '../clock/clock.ts'
import { ADDRESS, createQuota, placingEndpoint } from '../domain/risk/quota.ts'
import type { LimitRules } from '../domain/rules.ts'
import type { Exchange } from '../exchange/exchange.ts'

/** People are shown every coin that can be read; the others are reported. */
const NO_COIN: ReadonlySet<string> = new Set()

/** Reads the exchange. @throws ExchangeFailure */
export async function accountNow(exchange: Exchange, clock: Clock, limits: LimitRules): Promise<AccountRow> {
  const askedAtMs = clock.nowMs()
  const serverMs = await exchange.serverTimeMs()
  const roundTripMs = clock.nowMs() - askedAtMs
  const { coins, readAtMs, ...rates } = await exchange.wallet(NO_COIN)
  const { equityUsdt, availableUsdt, initialMarginRate, maintenanceMarginRate } = rates
  return {
    equityUsdt,
    availableUsdt,
    initialMarginRate,
    maintenanceMarginRate,
    maintenanceMarginLimit: limits.maintenanceMarginRateMax,
    coins: coins.map(({ coin, wallet, borrowed, usdValue }) => ({ coin, wallet, borrowed, usdValue })),
    readAtMs,
    orderEntryReady: exchange.orderEntryReady(),
    clockSkewMs: Math.round(serverMs - (askedAtMs + roundTripMs / 2)),
    roundTripMs: Math.round(roundTripMs),
    quota: quotaNow(exchange, clock, limits),
  }
}

/** Placing orders first, the rest by name. What is kept for exits is counted as placing orders counts it. */
function quotaNow(exchange: Exchange, clock: Clock, { orderReserveMin }: LimitRules): QuotaRow[] {
  const quota = createQuota({ exitShare: orderReserveMin })
  for (const read of exchange.quota()) quota.heard(read)
  return quota
    .use(clock.nowMs())
    .toSorted((a, b) => rankOf(a.endpoint) - rankOf(b.endpoint) || a.endpoint.localeCompare(b.endpoint))
}

const PLACING = new Set((['spot', 'linear', 'spread'] as const).map(placingEndpoint))
const rankOf = (endpoint: string) => (PLACING.has(endpoint) ? 0 : endpoint === ADDRESS ? 1 : 2)
