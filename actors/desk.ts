/**
 * Plans what a symbol wishes for: reads the market and the wallet, sizes the hedge. The chart judges the plan. For `flatten`
 * it reads whether anything of ours is left on the exchange: what that is worth is what this finds.
 */
import { Decimal } from 'decimal.js'
import { deskMachine, exposureOf, type HedgeWish } from '../machines/desk.ts'
import { dustBase } from '../src/domain/books/dust.ts'
import { namesClaimed } from '../src/domain/books/reconcile.ts'
import { accountAfter } from '../src/domain/entry/after-entry.ts'
import { judgeEntry } from '../src/domain/entry/opportunity.ts'
import type { DustLot, HedgePlan } from '../src/domain/entry/plan.ts'
import { sizeHedge } from '../src/domain/entry/sizing.ts'
import type { Direction, HedgePair } from '../src/domain/instrument.ts'
import type { JsonObject } from '../src/domain/json.ts'
import { ownerOfOrder } from '../src/domain/legs/order.ts'
import { signOf } from '../src/domain/legs/sides.ts'
import { isRefusal } from '../src/domain/refusal.ts'
import { orderBudgetLeft } from '../src/domain/risk/quota.ts'
import { type AccountFacts, judgeSolvency } from '../src/domain/risk/solvency.ts'
import { NO_BASE } from '../src/domain/units.ts'
import { hedgeCash, hedges, readVenue, type VenueReading } from './account/reconciler.ts'
import type { Ports } from './ports.ts'
import type { Answer, EffectHandler } from './runtime/outbox.ts'
import type { DurableKind } from './runtime/running.ts'
import { pause } from './service.ts'

/** Reads whether anything of ours is left on the exchange: what `flatten` is worth is what this finds. */
type VerifyFlatPorts = Ports<'clock' | 'pace' | 'exchange' | 'board' | 'telemetry' | 'alerts' | 'assertOwner'>

/** Lists trail what happened: what is left is believed when it was seen this often in a row. */
const LOOKS_MAX = 5
const LOOK_AGAIN_MS = 2_000

/** Answers with all that is left, hedges that are still held first; cancels orders of ours that nobody works on. */
const verifyFlat =
  (ports: VerifyFlatPorts): EffectHandler =>
  async ({ hedgeIds }): Promise<Answer> => {
    try {
      const held = (hedgeIds as string[]).map(id => `hedge ${id} is not closed`)
      const left = [...held, ...(await whatIsLeft(ports, held.length > 0))]
      tell(ports, left)
      return { type: 'flat.verified', left }
    } catch (error) {
      return { type: 'flat.unread', because: error instanceof Error ? error.message : String(error) }
    }
  }

async function whatIsLeft(
  ports: Ports<'clock' | 'pace' | 'exchange' | 'board' | 'assertOwner'>,
  isHeld: boolean,
): Promise<string[]> {
  for (let look = 1; ; look++) {
    // Hedges that ended have no claims any more: whatever is tracked must be readable.
    const tracked = ports.board.pairs().map(({ baseCoin, symbol }) => ({ baseCoin, perpSymbol: symbol }))
    const venue = await readVenue(ports, namesClaimed(tracked))
    const left = [...positionsLeft(ports, venue), ...ordersLeft(venue), ...debtsLeft(ports, venue)]
    if (left.length === 0 || look === LOOKS_MAX) return left
    // Nothing works on these any more: they could only fill.
    if (!isHeld) await cancelOwn(ports, venue)
    await pause(ports.clock, LOOK_AGAIN_MS * ports.pace, NEVER)
  }
}

const NEVER = new AbortController().signal

/** In tracked perpetuals: a position there is ours, or stands where ours stood, and a person must know of it. */
function positionsLeft({ board }: Ports<'board'>, { positions }: VenueReading): string[] {
  const tracked = new Set(board.symbols())
  return positions
    .filter(({ symbol, side }) => side !== 'flat' && tracked.has(symbol))
    .map(({ symbol, qty, side }) => `${symbol}: ${qty} contracts ${side === 'Sell' ? 'short' : 'long'}`)
}

const ours = ({ openOrders }: VenueReading) =>
  openOrders.filter(({ orderLinkId }) => ownerOfOrder(orderLinkId))

const ordersLeft = (venue: VenueReading): string[] =>
  ours(venue).map(({ orderLinkId, symbol }) => `${symbol}: order ${orderLinkId} is open`)

function debtsLeft({ board }: Ports<'board'>, { coins }: VenueReading): string[] {
  const tracked = new Set(board.pairs().map(({ baseCoin }) => baseCoin))
  return coins
    .filter(({ coin, spotBorrowed }) => tracked.has(coin) && new Decimal(spotBorrowed || 0).gt(0))
    .map(({ coin, spotBorrowed }) => `${coin}: ${spotBorrowed} owed`)
}

async function cancelOwn(ports: Ports<'exchange' | 'assertOwner'>, venue: VenueReading): Promise<void> {
  for (const { market, symbol, orderLinkId } of ours(venue)) {
    ports.assertOwner()
    await ports.exchange.cancelOrder(market, symbol, orderLinkId)
  }
}

function tell({ alerts, telemetry }: Ports<'telemetry' | 'alerts'>, left: readonly string[]): void {
  telemetry.log.info('engine.flattened', { left: left.length })
  if (left.length === 0) {
    alerts.clear('engine.flatten-left')
    alerts.raise('ticket', 'engine.flattened', {})
  } else alerts.raise('page', 'engine.flatten-left', { left: left.join('; ') })
}

type DeskKindPorts = Ports<
  | 'clock'
  | 'pace'
  | 'exchange'
  | 'board'
  | 'rules'
  | 'telemetry'
  | 'alerts'
  | 'runtime'
  | 'newRiskRefused'
  | 'judgeRisk'
  | 'assertOwner'
  | 'recorder'
  | 'dust'
>

type PlanHedgePorts = Ports<
  'clock' | 'exchange' | 'board' | 'rules' | 'runtime' | 'newRiskRefused' | 'judgeRisk' | 'recorder' | 'dust'
>

/** The desk's chart with its effects: planning a hedge, and proving that the account is flat. */
export const deskKind = (ports: DeskKindPorts): DurableKind => ({
  machine: deskMachine,
  effects: {
    planHedge: async params => planHedge(ports, params as unknown as HedgeWish),
    verifyFlat: verifyFlat(ports),
  },
})

async function planHedge(ports: PlanHedgePorts, wish: HedgeWish): Promise<Answer> {
  const { symbol, symbolActor, hedgeId } = wish
  const no = (because: string): Answer => ({ type: 'hedge.unplanned', symbol, symbolActor, because })
  const refused = ports.newRiskRefused(symbol)
  if (refused) return no(refused)
  const view = ports.board.view(symbol)
  if (!view) return no(`${symbol} is not tracked`)
  const nowMs = ports.clock.nowMs()
  const judged = judgeEntry(view, ports.rules, nowMs)
  if (judged.verdict !== 'tempting')
    return no(`${judged.because}: found ${judged.found}, limit ${judged.limit}`)
  const direction = judged.direction ?? 'long-carry'
  // Before the wallet is read: a fill that is known later is bound twice, never free twice.
  const cash = hedgeCash(ports)
  const { account, facts } = await ports.judgeRisk()
  const inTheWay = direction === 'reverse-carry' ? coinsInTheWay(view.pair, facts) : undefined
  if (inTheWay) return no(inTheWay)
  const opposite = positionInTheWay(view.pair, direction, facts)
  if (opposite) return no(opposite)
  const budget = orderBudgetLeft(ports.exchange.quota())
  const funds = { ...account, ...(budget !== undefined && { orderBudgetLeft: budget }) }
  const exposure = exposureOf(wish.hedges, funds, cash)
  const plan = sizeHedge(hedgeId, view, exposure, ports.rules, nowMs, direction)
  if (isRefusal(plan)) return no(`${plan.refused}: found ${plan.found}, limit ${plan.limit}`)
  const strained = solvencyAfter(ports, plan, facts)
  if (strained) return no(strained)
  const dust = direction === 'long-carry' ? await usableDust(ports, view.pair, wish, facts) : []
  ports.recorder.judged.planned(judged, view)
  return {
    type: 'hedge.planned',
    symbolActor,
    funds: funds as unknown as JsonObject,
    cash: cash as unknown as JsonObject,
    plan: { ...plan, ...(dust.length > 0 && { dust }) } as unknown as JsonObject,
  }
}

/** The account's solvency by our own model with this plan and all that is under way complete; undefined when it holds. */
function solvencyAfter(
  { board, rules, runtime }: Ports<'board' | 'rules' | 'runtime'>,
  plan: HedgePlan,
  facts: AccountFacts,
): string | undefined {
  const underway = hedges({ runtime }).map(({ context }) => ({
    // Where a part was closed, nothing is built up to the plan again.
    plan: context.beforeParts ? { ...context.plan, targetBaseQty: context.perp.base } : context.plan,
    spotNetBase: context.spot.base,
    perpBase: context.perp.base,
  }))
  const plans = [...underway, { plan, spotNetBase: NO_BASE, perpBase: NO_BASE }].map(each => {
    const { collateral, riskTiers } = board.view(each.plan.symbol) ?? {}
    return { ...each, margin: { ...(collateral && { collateral }), ...(riskTiers && { riskTiers }) } }
  })
  const after = judgeSolvency(accountAfter(facts, plans), { ...rules.limits, ...rules.strategy })
  return after.verdict === 'reduce' || after.verdict === 'flatten'
    ? `solvency-after: found ${after.found}, limit ${after.limit}`
    : undefined
}

/** In smallest orders of the spot market. */
const DUST_ORDERS_MAX = 2

/** What hedges before left of the coin, if it really lies there and nobody else is about to begin with it. */
async function usableDust(
  { dust, board }: Ports<'board' | 'dust'>,
  { baseCoin, spot }: HedgePair,
  { hedges }: HedgeWish,
  { holdings }: Pick<AccountFacts, 'holdings'>,
): Promise<DustLot[]> {
  if (hedges.some(({ symbol }) => board.view(symbol)?.pair.baseCoin === baseCoin)) return []
  // What is worth more was never too little to be sold: whose it is, somebody has yet to find out.
  const most = new Decimal(spot.minNotionalUsdt).times(DUST_ORDERS_MAX)
  const lots = (await dust(baseCoin)).filter(({ base, priceUsdt }) =>
    most.gte(new Decimal(base).times(priceUsdt)),
  )
  const owned = new Decimal(holdings.find(({ coin }) => coin === baseCoin)?.spotBase ?? 0)
  return owned.gte(dustBase(lots)) ? lots : []
}

/** One-way positions are netted: an order against somebody's position would close it instead of opening ours. */
function positionInTheWay(
  { baseCoin, symbol }: Pick<HedgePair, 'baseCoin' | 'symbol'>,
  direction: Direction,
  { holdings }: Pick<AccountFacts, 'holdings'>,
): string | undefined {
  const held = holdings.find(({ coin }) => coin === baseCoin)
  // Ours would be short in long carry.
  const against = new Decimal(held?.perpBase ?? 0).times(signOf(direction))
  return against.gt(0)
    ? `position-in-the-way: found ${held?.perpBase} ${symbol} on the other side, limit none`
    : undefined
}

/** A margin sale takes what lies free before it borrows: coins of the base would be sold that are no hedge's. */
export function coinsInTheWay(
  { baseCoin, perp }: Pick<HedgePair, 'baseCoin' | 'perp'>,
  { holdings }: Pick<AccountFacts, 'holdings'>,
): string | undefined {
  const owned = new Decimal(holdings.find(({ coin }) => coin === baseCoin)?.spotBase ?? 0)
  const lot = new Decimal(perp.qtyStep).times(perp.multiplier)
  return owned.gte(lot)
    ? `coins-in-the-way: found ${owned.toFixed()} ${baseCoin}, limit below ${lot.toFixed()}`
    : undefined
}
