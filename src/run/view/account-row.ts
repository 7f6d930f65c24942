/** The account as the exchange shows it now, with how far its clock and ours are apart. */
import type { AccountRow } from '../../api/rows.ts'
import type { Clock } from '../../clock.ts'
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
  }
}
