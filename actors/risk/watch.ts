/**
 * Judges the account as a whole: solvency, loss, draw-down, fees. Reads positions and wallet twice a minute and after every
 * gap of the private stream; tells the engine when the verdict changes, and the desk which hedge has to go when margin is
 * short. What it knows is lost at any time without harm: until it has looked, no new risk is taken.
 */
import { Decimal } from 'decimal.js'
import type { DeskContext } from '../../machines/desk.ts'
import type { EngineContext } from '../../machines/engine.ts'
import type { JsonObject } from '../../src/domain/json.ts'
import { signOf } from '../../src/domain/legs/sides.ts'
import type { AccountExposure } from '../../src/domain/risk/exposure.ts'
import { riskState } from '../../src/domain/risk/risk-state.ts'
import {
  type AccountFacts,
  judgeSolvency,
  type Reducible,
  reliefOf,
  type Solvency,
} from '../../src/domain/risk/solvency.ts'
import { baseQty, type Usdt, usdt } from '../../src/domain/units.ts'
import {
  type AccountFact,
  type CoinBalance,
  type Position,
  totalsOf,
  type WalletTotals,
} from '../../src/exchange/exchange.ts'
import { type Held, hedges, isFailed, namesHeld } from '../account/reconciler.ts'
import type { AccountRisk, Ports } from '../ports.ts'
import type { PlainKind } from '../runtime/running.ts'
import { pause, service } from '../service.ts'
import { accountFacts, foreignNotional } from './account.ts'
import { livingFeesUsdt } from './budget.ts'
import { createFigures, type RiskHistory } from './figures.ts'

type RiskWatchPorts = Ports<
  'clock' | 'pace' | 'exchange' | 'board' | 'rules' | 'telemetry' | 'alerts' | 'runtime'
>

const LOOK_EVERY_MS = 30_000
/** While something that the verdict needs was not read yet. */
const LOOK_SOON_MS = 2_000
/** A judgement older than this allows no new risk. */
export const JUDGED_MS_MAX = 150_000

export type RiskWatch = {
  kind: PlainKind
  /** Every fact of the account's private stream. */
  hear(fact: AccountFact): void
  current(): AccountRisk | undefined
  /** Looks now. @throws what the reads throw */
  judge(): Promise<AccountRisk>
}

/** The account's judge as a plain actor. `current()` is undefined until the first judgement. */
export function createRiskWatch(ports: () => RiskWatchPorts, books: RiskHistory): RiskWatch {
  const figures = createFigures(books)
  const leaving = new Map<string, number>()
  let current: AccountRisk | undefined
  let nudge = () => {}

  const look = async (): Promise<AccountRisk> => {
    const { exchange, clock } = ports()
    const { coins, symbols } = namesHeld(ports())
    const [positions, wallet] = await Promise.all([exchange.positions(symbols), exchange.wallet(coins)])
    const engine = engineOf(ports())
    const lossSinceMs = engine?.lossSinceMs ?? 0
    const facts = accountFacts(wallet, positions, ports().board)
    const prices = new Map(facts.holdings.map(({ coin, price }) => [coin, price]))
    const nowMs = clock.nowMs()
    const totals = totalsOf(wallet)
    if (!totals)
      throw new Error(
        'the wallet: expected equity and margin rates, found none. Is the account in cross margin mode?',
      )
    const told = await figures.read(totals.equityUsdt, nowMs, lossSinceMs, coin => prices.get(coin))
    const { limits, strategy } = ports().rules
    const solvency = judgeSolvency(facts, { ...limits, ...strategy })
    const account: AccountExposure = {
      ...exposureOf(ports(), { totals, coins: wallet.coins, positions }, solvency),
      cashUsdt: cashOf(facts),
      ...told,
    }
    const judged = riskState(account, limits)
    const reduceOnly = new Set(positions.filter(each => each.reduceOnly).map(({ symbol }) => symbol))
    const risk = {
      account,
      judged,
      solvency,
      facts,
      reduceOnly,
      judgedAtMs: nowMs,
      livingFeesUsdt: livingFeesUsdt(ports()),
    }
    current = risk
    rankAll(ports(), positions)
    tellEngine(ports(), risk, lossSinceMs)
    tellDesk(ports(), risk, leaving)
    tellPeople(ports(), risk)
    return risk
  }

  return {
    kind: service(async signal => {
      do {
        try {
          await look()
        } catch (error) {
          const because = error instanceof Error ? error.message : String(error)
          ports().telemetry.inputRefused('reading', `the account’s risk: ${because}`)
        }
        const rest = new AbortController()
        nudge = () => rest.abort()
        const everyMs = current?.solvency.verdict === 'unknown' ? LOOK_SOON_MS : LOOK_EVERY_MS
        await pause(ports().clock, everyMs * ports().pace, AbortSignal.any([rest.signal, signal]))
      } while (!signal.aborted)
    }),
    hear(fact) {
      if (isNews(ports(), current, fact)) nudge()
    },
    current: () => current,
    judge: look,
  }
}

/** USDT owned, what open perpetuals have lost taken off: a gain is none until it is paid. */
const cashOf = ({ usdt: owned, holdings }: AccountFacts): Usdt =>
  usdt(
    holdings
      .reduce((cash, { perpBase, markPrice, perpEntryPrice }) => {
        const gained = new Decimal(markPrice).minus(perpEntryPrice).times(perpBase)
        return cash.plus(Decimal.min(0, gained))
      }, new Decimal(owned))
      .toDecimalPlaces(18),
  )

/** Is it to be looked at now? A liquidation halts at once. */
function isNews(
  ports: Ports<'board' | 'runtime'>,
  current: AccountRisk | undefined,
  fact: AccountFact,
): boolean {
  if (fact.kind === 'fill' && fact.fill.cause === 'liquidation') haltAfter(ports, fact.fill.symbol)
  if (fact.kind !== 'position') return fact.kind === 'up'
  const { symbol, adlRank, reduceOnly, status } = fact.position
  ports.board.setAdlRank(symbol, adlRank)
  return reduceOnly !== (current?.reduceOnly.has(symbol) ?? false) || status !== 'normal'
}

const engineOf = (ports: Ports<'runtime'>): EngineContext | undefined =>
  ports.runtime().get('engine')?.actor.getSnapshot().context as EngineContext | undefined

function exposureOf(
  ports: Ports<'board' | 'runtime'>,
  {
    totals,
    coins,
    positions,
  }: { totals: WalletTotals; coins: CoinBalance[]; positions: readonly Position[] },
  { verdict, found, limit }: Solvency,
): AccountExposure {
  const { availableUsdt, maintenanceMarginRate, equityUsdt } = totals
  return {
    availableUsdt,
    maintenanceMarginRate,
    equityUsdt,
    foreignNotionalUsdt: foreignNotional(
      ports.board,
      hedges(ports).map(({ context }) => context),
      { positions, coins },
    ),
    solvency: { verdict, found, limit },
  }
}

/** A position that is gone stands in no queue. */
function rankAll({ board }: Ports<'board'>, positions: readonly Position[]): void {
  const ranks = new Map(positions.map(({ symbol, adlRank }) => [symbol, adlRank]))
  for (const symbol of board.symbols()) board.setAdlRank(symbol, ranks.get(symbol) ?? 0)
}

/** Only what changes its mind: figures that move inside one verdict are no news. */
function tellEngine(
  ports: Ports<'telemetry' | 'runtime'>,
  { judged }: AccountRisk,
  lossSinceMs: number,
): void {
  const engine = engineOf(ports)
  if (!engine || engine.lossSinceMs !== lossSinceMs) return
  const before = engine.risk
  const isLossHalted = judged.state !== 'halted' || engine.halt !== null
  if (before?.state === judged.state && before.because === judged.because && isLossHalted) return
  const { telemetry, runtime } = ports
  telemetry.log.info('risk.judged', { state: judged.state, because: judged.because, found: judged.found })
  runtime().deliver('engine', { type: 'risk.judged', ...(judged as JsonObject), lossSinceMs })
}

/** Short of margin one hedge goes, and the next only when that one is over; near the end of it all go. */
function tellDesk(
  ports: Ports<'clock' | 'pace' | 'rules' | 'telemetry' | 'runtime'>,
  { solvency, facts }: AccountRisk,
  leaving: Map<string, number>,
): void {
  const { verdict, found, limit } = solvency
  const desk = ports.runtime().get('desk')?.actor.getSnapshot().context as DeskContext | undefined
  if (!desk || !(verdict === 'reduce' || verdict === 'flatten')) return
  const because = `solvency: found ${found}, limit ${limit}`
  const hedgeIds =
    verdict === 'flatten' ? held(ports).map(({ hedgeId }) => hedgeId) : next(ports, desk, facts, leaving)
  if (!hedgeIds.some(id => desk.hedges[id] !== undefined && !desk.relieving.includes(id))) return
  ports.telemetry.log.warn('risk.relieved', { hedges: hedgeIds.join(', '), because })
  ports.runtime().deliver('desk', { type: 'desk.relieve', hedgeIds, because })
}

/** One that is on its way out for longer than this holds up no other: its market may be shut. */
const LEAVING_MS_MAX = 180_000

/** The hedge that frees most; none while another one has only just been told to go. @param leaving - since when each is on its way */
function next(
  ports: Ports<'clock' | 'pace' | 'rules' | 'runtime'>,
  { relieving }: DeskContext,
  facts: AccountFacts,
  leaving: Map<string, number>,
): string[] {
  const nowMs = ports.clock.nowMs()
  const isLeaving = ({ actor, context }: Held) =>
    !isFailed(actor) &&
    (actor.cell?.state.startsWith('unwinding') === true || relieving.includes(context.plan.hedgeId))
  const ids = hedges(ports)
    .filter(isLeaving)
    .map(({ context }) => context.plan.hedgeId)
  for (const id of [...leaving.keys()]) if (!ids.includes(id)) leaving.delete(id)
  for (const id of ids) leaving.set(id, leaving.get(id) ?? nowMs)
  if (ids.some(id => nowMs - (leaving.get(id) ?? nowMs) < LEAVING_MS_MAX * ports.pace)) return []
  const { limits, strategy } = ports.rules
  // One that was told stays told: relief must reach the others.
  const untold = held(ports).filter(({ hedgeId }) => !relieving.includes(hedgeId))
  const relief = reliefOf(facts, untold, { ...limits, ...strategy })
  return relief ? [relief.hedgeId] : []
}

/** Hedges that can be told to go: also one that failed, unless the operator's policy is to leave it alone. */
function held(ports: Ports<'rules' | 'runtime'>): Reducible[] {
  return hedges(ports)
    .filter(({ actor }) => !/^(unwinding|closed)/.test(actor.cell?.state ?? ''))
    .filter(({ actor }) => ports.rules.limits.failedPolicy !== 'hold' || !isFailed(actor))
    .map(({ context: { plan, spot, perp } }) => {
      const sign = signOf(plan.direction)
      return {
        hedgeId: plan.hedgeId,
        coin: plan.baseCoin,
        spotBase: baseQty(new Decimal(spot.base).times(sign)),
        perpBase: baseQty(new Decimal(perp.base).times(-sign)),
      }
    })
}

function tellPeople({ alerts }: Ports<'alerts'>, { judged, solvency }: AccountRisk): void {
  const { verdict, found, limit } = solvency
  if (verdict === 'ok') alerts.clear('solvency.low')
  else if (verdict !== 'unknown')
    alerts.raise(verdict === 'warn' ? 'ticket' : 'page', 'solvency.low', { verdict, found, limit })
  if (judged.state === 'trading') alerts.clear('risk.limit-reached')
  // Nothing was reached: it is not known yet, which the age of the judgement tells when it lasts.
  else if (verdict !== 'unknown') {
    const { state, because, setBy } = judged
    const detail = { state, because, found: judged.found, limit: judged.limit, setBy: setBy ?? '' }
    alerts.raise(state === 'halted' ? 'page' : 'ticket', 'risk.limit-reached', detail)
  }
}

/** The exchange closed a position of ours: whatever led there, a person looks first. */
function haltAfter(ports: Ports<'runtime'>, symbol: string): void {
  const because = `the exchange liquidated a position in ${symbol}`
  ports.runtime().deliver('engine', { type: 'engine.halt', by: 'risk-watch', because })
}
