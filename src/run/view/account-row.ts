/** The account as the exchange shows it now, with how far its clock and ours are apart and how often it may still be asked. */
import type { AccountRow, QuotaRow } from '../../api/rows.ts'
import type { Clock } from '../../clock.ts'
import { createQuota } from '../../domain/quota.ts'
import type { LimitRules } from '../../domain/rules.ts'
import type { Exchange } from '../../exchange/exchange.ts'

/** Reads the exchange. @throws ExchangeFailure */
export async function accountNow(exchange: Exchange, clock: Clock, limits: LimitRules): Promise<AccountRow> {
  const askedAtMs = clock.nowMs()
  const serverMs = await exchange.serverTimeMs()
  const roundTripMs = clock.nowMs() - askedAtMs
  const { coins, readAtMs, ...rates } = await exchange.wallet()
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

/** The scarcest limit first. What is kept for exits is counted as placing orders counts it. */
function quotaNow(exchange: Exchange, clock: Clock, { orderReserveMin }: LimitRules): QuotaRow[] {
  const quota = createQuota({ exitShare: orderReserveMin })
  for (const read of exchange.quota()) quota.heard(read)
  return quota
    .use(clock.nowMs())
    .toSorted((a, b) => a.left / a.limit - b.left / b.limit || a.endpoint.localeCompare(b.endpoint))
}
