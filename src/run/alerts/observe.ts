/**
 * One look at a running engine, for the rules of alerts: reads what is in memory, asks nobody. Beside it what the last shown
 * rate promised of each settlement.
 */
import { Decimal } from 'decimal.js'
import type { EngineContext } from '../../../machines/engine.ts'
import type { SupervisorContext } from '../../../machines/supervisor.ts'
import type { HedgeSeen, Observation } from '../../alerts/rules.ts'
import { fundingToShort } from '../../domain/market/funding.ts'
import type { TickerView } from '../../domain/market/market-view.ts'
import { orderQty, type Usdt } from '../../domain/units.ts'
import type { Journal } from '../../store/schema/records.ts'
import { livingHedges, readHedge } from '../../views/living-hedges.ts'
import type { Engine } from '../engine.ts'

/** What was asked elsewhere and is not known from memory. */
export type Probes = Pick<Observation, 'database' | 'clockOffWallMs' | 'diskFreeBytes'>

type Observed = { engine: Engine; journal: Journal; isOwner: () => boolean; probes: Probes }

/** What the rules judge, as it is now. */
export function observe({ engine, journal, isOwner, probes }: Observed): Observation {
  const { runtime, board, ports } = engine
  const root = runtime.get('engine')
  const context = root?.actor.getSnapshot().context as EngineContext | undefined
  return {
    ...probes,
    nowMs: ports.clock.nowMs(),
    engineState: root?.cell?.state.split('.')[0] ?? 'absent',
    engineBecause: context?.because ?? '',
    accountUp: context?.accountUp ?? false,
    orderEntryReady: ports.exchange.orderEntryReady(),
    judgedAgeMs: judgedAge(engine),
    auditedAgeMs: ports.clock.nowMs() - engine.auditedAtMs(),
    keyRefusal: ports.exchange.keyRefusal(),
    ownsAccount: isOwner(),
    journalOldestWallMs: journal.health().oldestPendingMs,
    feedAgesMs: board.ageMs(),
    maintenanceMarginRate: ports.funds()?.maintenanceMarginRate,
    hedges: hedgesSeen(engine),
    quarantined: quarantined(engine),
  }
}

function judgedAge({ ports }: Engine): number | null {
  const judgedAtMs = ports.risk()?.judgedAtMs
  return judgedAtMs === undefined ? null : ports.clock.nowMs() - judgedAtMs
}

function hedgesSeen({ runtime, board }: Engine): HedgeSeen[] {
  return livingHedges(runtime).flatMap(({ actor: { id, cell }, context }) => {
    if (!cell) return []
    const { plan, limits, failure, unbalancedSinceMs, hedgedAtMs, lastSettlementAtMs } = context
    const { legs, unhedgedUsdt, orders } = readHedge(context)
    return {
      id,
      symbol: plan.symbol,
      state: cell.state,
      unbalancedSinceMs,
      unhedgedNotionalUsdt: new Decimal(unhedgedUsdt).toFixed(2),
      limits,
      failure,
      orders: orders.map(({ orderLinkId, decidedAtMs }) => ({ orderLinkId, decidedAtMs })),
      // A hedge without its perpetual is paid nothing.
      hedgedAtMs: new Decimal(legs.perp.base).isZero() ? 0 : hedgedAtMs,
      lastSettlementAtMs,
      schedule: board.view(plan.symbol)?.ticker ?? undefined,
    }
  })
}

function quarantined({ runtime }: Engine): { id: string; error: string }[] {
  return [...runtime.all()]
    .filter(({ kind }) => kind === 'supervisor')
    .flatMap(({ actor }) =>
      Object.values((actor.getSnapshot().context as SupervisorContext).children)
        .filter(({ status }) => status === 'quarantined')
        .map(({ id, error }) => ({ id, error })),
    )
}

/**
 * What the last shown rate promised of each settlement, so that people see funding expected beside funding received.
 * For people only: the books are made from the exchange's rows.
 */
type Shown = { nextFundingAtMs: number; promisedUsdt: Usdt }

/** A look, to be taken often: tells what was promised for a settlement once its instant has passed. */
export function expectedFunding(engine: Engine): () => void {
  const lastShown = new Map<string, Shown>()
  return () => {
    const nowMs = engine.ports.clock.nowMs()
    const held = shortContracts(engine)
    for (const [symbol, { nextFundingAtMs, promisedUsdt }] of lastShown) {
      if (nowMs < nextFundingAtMs) continue
      engine.ports.telemetry.fundingExpected(symbol, Number(promisedUsdt))
      lastShown.delete(symbol)
    }
    for (const [symbol, contracts] of held) {
      const ticker = engine.board.view(symbol)?.ticker
      if (ticker && ticker.nextFundingAtMs > nowMs) lastShown.set(symbol, shown(ticker, contracts))
    }
    // A hedge that closed before the instant is promised nothing.
    for (const symbol of lastShown.keys()) if (!held.has(symbol)) lastShown.delete(symbol)
  }
}

const shown = ({ nextFundingAtMs, markPrice, fundingRate }: TickerView, contracts: Decimal): Shown => ({
  nextFundingAtMs,
  promisedUsdt: fundingToShort(orderQty(contracts), markPrice, fundingRate),
})

/** By symbol; negative is long. */
function shortContracts({ runtime }: Engine): Map<string, Decimal> {
  const held = new Map<string, Decimal>()
  for (const { context } of livingHedges(runtime)) {
    const { symbol } = context.plan
    const contracts = new Decimal(readHedge(context).shortContracts)
    if (!contracts.isZero()) held.set(symbol, contracts.plus(held.get(symbol) ?? 0))
  }
  return held
}
