/** Promise 9, at this moment: fresh books and free margin are judged with each plan; here is all the rest. */

import { hedges, isFailed } from '../../actors/account/reconciler.ts'
import type { Ports } from '../../actors/ports.ts'
import { JUDGED_MS_MAX } from '../../actors/risk/watch.ts'
import { JOURNAL_SLOW_MS } from '../../actors/watchdog.ts'
import type { EngineContext } from '../../machines/engine.ts'
import { ordersOf } from '../../machines/hedge/orders.ts'
import { lifeFilter } from '../domain/entry/filters.ts'
import { orderBudgetLeft } from '../domain/risk/quota.ts'
import type { Journal } from '../store/schema/records.ts'

type NewRiskRefusedPorts = Ports<'clock' | 'pace' | 'exchange' | 'board' | 'rules' | 'runtime' | 'risk'>

/** What of the process itself may be in the way. */
type Process = { journal: Journal; isOwner: () => boolean; isTimeSure?: () => boolean }

/** Why no new risk may be taken now, in this symbol where one is named; null when it may. */
export function newRiskRefused(ports: NewRiskRefusedPorts, own: Process, symbol?: string): string | null {
  return (
    ofEngine(ports) ??
    ofProcess(ports, own) ??
    ofRisk(ports) ??
    ofLegs(ports) ??
    ofMaintenance(ports) ??
    ofQuota(ports) ??
    (symbol === undefined ? null : ofSymbol(ports, symbol))
  )
}

function ofEngine({ runtime }: Ports<'runtime'>): string | null {
  const engine = runtime().get('engine')
  const state = engine?.cell?.state ?? 'absent'
  if (state === 'trading') return null
  const { halt, risk, because } = (engine?.actor.getSnapshot().context ?? {}) as Partial<EngineContext>
  if (halt) return `the engine is ${state} (${halt.because})`
  if (state === 'reducing' && risk)
    return `the engine is reducing (${risk.because}: found ${risk.found}, limit ${risk.limit})`
  return `the engine is ${state}${because ? ` (${because})` : ''}`
}

function ofProcess(
  { exchange }: Ports<'exchange'>,
  { journal, isOwner, isTimeSure }: Process,
): string | null {
  if (!isOwner()) return 'the lease on the account is not certain'
  if (isTimeSure?.() === false) return 'the exchange’s time is not known'
  const refused = exchange.keyRefusal()
  if (refused) return refused.says
  if (!exchange.orderEntryReady()) return 'order entry is down'
  const { oldestPendingMs } = journal.health()
  return oldestPendingMs > JOURNAL_SLOW_MS ? `the journal has not answered for ${oldestPendingMs} ms` : null
}

function ofRisk({ risk, clock, pace }: Ports<'clock' | 'pace' | 'risk'>): string | null {
  const judgedAtMs = risk()?.judgedAtMs
  if (judgedAtMs === undefined) return 'the account has not been judged yet'
  const ageMs = clock.nowMs() - judgedAtMs
  return ageMs > JUDGED_MS_MAX * pace ? `the account was judged ${ageMs} ms ago` : null
}

/** One leg alone beyond its bound, or an order whose outcome nobody knows: that comes first, whoever asks. */
function ofLegs(ports: Ports<'clock' | 'rules' | 'runtime'>): string | null {
  const nowMs = ports.clock.nowMs()
  for (const { actor, context } of hedges(ports)) {
    const { hedgeId } = context.plan
    const asked = ordersOf(context).find(({ leg }) => context[leg].asks > 0)
    if (asked) return `the outcome of order ${asked.orderLinkId} is not known`
    const apartMs = context.unbalancedSinceMs > 0 ? nowMs - context.unbalancedSinceMs : 0
    if (apartMs > ports.rules.limits.unhedgedMsMax || (apartMs > 0 && isFailed(actor)))
      return `one leg of hedge ${hedgeId} has stood alone for ${apartMs} ms`
  }
  return null
}

/** Held until the way back is reconciled: who ends it here also asks for that. */
function ofMaintenance({ board, clock, rules }: Ports<'clock' | 'board' | 'rules'>): string | null {
  const announced = board.maintenance()
  if (!announced || clock.nowMs() < announced.atMs - rules.strategy.maintenanceGuardMs) return null
  return `maintenance from ${new Date(announced.atMs).toISOString()}`
}

function ofQuota({ exchange, rules }: Ports<'exchange' | 'rules'>): string | null {
  const left = orderBudgetLeft(exchange.quota())
  const { orderReserveMin } = rules.limits
  return left !== undefined && left < orderReserveMin
    ? `order quota: ${left.toFixed(2)} left, ${orderReserveMin} kept for exits`
    : null
}

/** Facts of the market that must stop an entry under way, too; those of its schedule only keep one from being begun. */
const STOPPING = new Set([
  'spot-not-trading',
  'perp-not-trading',
  'delisting-announced',
  'run-off',
  'maintenance',
  'adl-near',
])

function ofSymbol(
  { board, clock, rules }: Ports<'clock' | 'board' | 'rules'>,
  symbol: string,
): string | null {
  const view = board.view(symbol)
  if (!view) return null
  if (view.collateral?.restricted)
    return `collateral-restricted: found ${view.pair.baseCoin}, limit used up at the exchange`
  const against = lifeFilter(view, rules.strategy, clock.nowMs())
  if (!against || !STOPPING.has(against.refused)) return null
  return `${against.refused}: found ${against.found}, limit ${against.limit}`
}
