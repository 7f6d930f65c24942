/**
 * Compares what the hedges hold with what the exchange shows, before anything new is allowed and after every gap of the
 * private stream. A difference becomes an event with a remedy; nothing is overwritten quietly.
 */
import { Decimal } from 'decimal.js'
import type { HedgeContext } from '../../machines/hedge/context.ts'
import { heldBy, ordersOf } from '../../machines/hedge/orders.ts'
import { type Claim, type Difference, namesClaimed, reconcile } from '../../src/domain/books/reconcile.ts'
import type { HedgePlan } from '../../src/domain/entry/plan.ts'
import { type OrderReport, ownerOfOrder } from '../../src/domain/legs/order.ts'
import { signOf } from '../../src/domain/legs/sides.ts'
import { ownLegs, shownLegs } from '../../src/domain/legs/venue-legs.ts'
import type { HedgeCash } from '../../src/domain/risk/exposure.ts'
import { type BaseQty, baseQty, orderQty } from '../../src/domain/units.ts'
import type { CoinBalance, Position } from '../../src/exchange/exchange.ts'
import type { Ports } from '../ports.ts'
import type { Answer, EffectHandler } from '../runtime/outbox.ts'
import type { Running } from '../runtime/running.ts'
import { pause } from '../service.ts'
import { DOUBTED_MS } from '../trading/hedge-legs.ts'

type ReconcilerPorts = Ports<
  'clock' | 'exchange' | 'board' | 'rules' | 'telemetry' | 'alerts' | 'runtime' | 'assertOwner' | 'bookNow'
>

/** Orders whose end is not known yet are waited for: their legs are asking. */
const SETTLE_MAX_MS = 120_000
const LOOK_EVERY_MS = 500

export type Held = { actor: Running; context: HedgeContext }

/**
 * The engine's comparison before it trades. Answers `reconcile.failed` with the reason where anything could not be read; never
 * throws.
 */
export const reconcileEffect =
  (ports: ReconcilerPorts): EffectHandler =>
  async ({ run }): Promise<Answer> => {
    try {
      const unsettled = await legsToSettle(ports)
      if (unsettled.length > 0) {
        return {
          type: 'reconcile.failed',
          run: run ?? 0,
          because: `no end known yet of ${unsettled.join(', ')}`,
        }
      }
      // Interest first: what is owed grows each hour, and is compared with what is booked.
      const residuals = await ports.bookNow()
      const compared = await compare(ports)
      if (!compared) {
        return { type: 'reconcile.failed', run: run ?? 0, because: 'the legs moved while they were read' }
      }
      const { found, venue } = compared
      for (const difference of found) await remedy(ports, difference, venue)
      const untied = Object.entries(residuals).filter(([, residual]) => residual !== '0')
      const findings = [
        ...found.map(each => `${each.kind} ${each.subject}: expected ${each.expected}, found ${each.found}`),
        ...untied.map(([coin, residual]) => `ledger ${coin}: residual ${residual}`),
      ]
      ports.telemetry.log.info('engine.reconciled', { findings: findings.length })
      return { type: 'reconcile.finished', run: run ?? 0, findings }
    } catch (error) {
      const because = error instanceof Error ? error.message : String(error)
      return { type: 'reconcile.failed', run: run ?? 0, because }
    }
  }

/** Hedges that run now, each with its context. */
export const hedges = (ports: Ports<'runtime'>): Held[] =>
  [...ports.runtime().all()]
    .filter(actor => actor.kind === 'hedge')
    .map(actor => ({ actor, context: actor.actor.getSnapshot().context as HedgeContext }))

/** What is known of the hedges' cash: what their spot legs have cost or brought so far, and whose entry is over. */
export function hedgeCash(ports: Ports<'runtime'>): HedgeCash {
  const held = hedges(ports).map(({ context }) => context)
  return {
    spotCashUsdt: Object.fromEntries(held.map(({ plan, spot }) => [plan.hedgeId, spot.cashUsdt])),
    whole: held.filter(({ phase }) => phase !== 'entering').map(({ plan }) => plan.hedgeId),
  }
}

/** It waits for a person, or for what the operator's policy lets it do by itself. */
export const isFailed = (running: Pick<Running, 'cell'> | undefined): boolean =>
  running?.cell?.state.startsWith('failed') === true

/** A failed hedge waits for a person: its order's end is not waited for here. */
const working = (ports: Ports<'runtime'>): string[] =>
  hedges(ports)
    .filter(({ actor }) => !isFailed(actor))
    .flatMap(({ context }) => ordersOf(context).map(({ orderLinkId }) => orderLinkId))

async function legsToSettle(ports: Ports<'clock' | 'runtime'>): Promise<string[]> {
  const untilMs = ports.clock.nowMs() + SETTLE_MAX_MS
  const never = new AbortController().signal
  while (working(ports).length > 0 && ports.clock.nowMs() < untilMs) {
    await pause(ports.clock, LOOK_EVERY_MS, never)
  }
  return working(ports)
}

const DOUBTED_EVERY_MS = 3_000

/** What is broken is believed when every reading showed it so for `DOUBTED_MS`. */
async function compare(
  ports: Ports<'clock' | 'exchange' | 'runtime'>,
): Promise<{ found: Difference[]; venue: VenueReading } | undefined> {
  const sinceMs = ports.clock.nowMs()
  const never = new AbortController().signal
  for (;;) {
    const venue = await readAtRest(ports)
    if (!venue) return undefined
    const claims = hedges(ports).map(({ context }) => venueClaimOf(context))
    const found = reconcile(claims, [], venue)
    const isBroken = found.some(({ weight }) => weight === 'broken')
    if (!isBroken || ports.clock.nowMs() - sinceMs >= DOUBTED_MS) return { found, venue }
    await pause(ports.clock, DOUBTED_EVERY_MS, never)
  }
}

/** Looks at what moves too often to be compared: then it is begun anew. */
const READS_MAX = 20

/** What the exchange shows, read while no leg moved: claims that are younger than the reading prove nothing against it. */
async function readAtRest(ports: Ports<'clock' | 'exchange' | 'runtime'>): Promise<VenueReading | undefined> {
  for (let look = 0; look < READS_MAX; look++) {
    const before = legsNow(ports)
    if ((await legsToSettle(ports)).length > 0) return undefined
    if (legsNow(ports) !== before) continue
    const venue = await readVenue(ports, namesHeld(ports))
    if (legsNow(ports) === before && working(ports).length === 0) return venue
  }
  return undefined
}

/** All that a fill, an order, or a loss would change. */
const legsNow = (ports: Ports<'runtime'>): string =>
  hedges(ports)
    .map(({ actor: { id }, context: { spot, perp, spreadOrder } }) =>
      [id, heldBy(spot), heldBy(perp), spot.step, perp.step, spreadOrder.step].join(' '),
    )
    .join('\n')

export type VenueReading = { positions: Position[]; coins: CoinBalance[]; openOrders: OrderReport[] }

/** What must be readable for the hedges that live to be judged. */
export const namesHeld = (ports: Ports<'runtime'>) =>
  namesClaimed(
    hedges(ports).map(({ context: { plan } }) => ({ baseCoin: plan.baseCoin, perpSymbol: plan.perp.symbol })),
  )

/** What the exchange shows. A row that is nobody's and cannot be read is left out. @param names - what must be readable @throws ExchangeFailure */
export async function readVenue(
  { exchange }: Ports<'exchange'>,
  { coins, symbols }: ReturnType<typeof namesClaimed>,
): Promise<VenueReading> {
  const [positions, wallet, openOrders] = await Promise.all([
    exchange.positions(symbols),
    exchange.wallet(coins),
    exchange.openOrders(),
  ])
  return { positions, coins: wallet.coins, openOrders }
}

/**
 * What the exchange must show for a hedge, signed as the exchange counts: coins held +, owed −; contracts short +, long −.
 */
export function venueClaimOf(context: HedgeContext): Claim {
  const { plan } = context
  const sign = signOf(plan.direction)
  return {
    hedgeId: plan.hedgeId,
    baseCoin: plan.baseCoin,
    perpSymbol: plan.perp.symbol,
    spotNetBase: baseQty(new Decimal(heldBy(context.spot)).times(sign)),
    perpContracts: orderQty(new Decimal(heldBy(context.perp)).div(plan.perp.multiplier).times(sign)),
    perpQtyStep: plan.perp.qtyStep,
    spotQtyStep: plan.spot.qtyStep,
  }
}

/** A missing leg goes to its hedge as a finding; an order of ours that no leg works on is taken off. */
async function remedy(
  ports: Ports<'clock' | 'exchange' | 'board' | 'rules' | 'telemetry' | 'alerts' | 'runtime' | 'assertOwner'>,
  difference: Difference,
  venue: VenueReading,
): Promise<void> {
  const { kind, subject, found, expected, weight, hedgeIds } = difference
  const { log } = ports.telemetry
  log.warn('reconcile.difference', { kind, subject, found, expected, weight })
  if (kind === 'foreign-order') {
    // Nothing new is allowed while one of our own orders may wait where no leg watches it.
    if (!(await cancelOwn(ports, subject, venue)))
      throw new Error(`order ${subject}: whether it is off the book is not known`)
    return
  }
  if (weight !== 'broken') return
  ports.alerts.raise('page', `reconcile.${kind}`, { subject, found, expected })
  const detail = `${kind}: expected ${expected}, found ${found}`
  for (const held of hedges(ports)) {
    if (hedgeIds.includes(held.context.plan.hedgeId)) tellFound(ports, held, venue, { detail, kind })
  }
}

/** False when it is not known whether the order is off the book. Orders of other people are left alone. */
export async function cancelOwn(
  ports: Ports<'exchange' | 'assertOwner'>,
  orderLinkId: string,
  { openOrders }: VenueReading,
): Promise<boolean> {
  const order = openOrders.find(each => each.orderLinkId === orderLinkId)
  if (!order || !ownerOfOrder(orderLinkId)) return true
  ports.assertOwner()
  return ports.exchange.cancelOrder(order.market, order.symbol, orderLinkId)
}

/** A list that lagged shows again within this what it seemed to have lost. */
const TAKEN_BACK_MS = 600_000

/** What the hedge may call its own at the most, of both legs: what it knows of, and for a while what it gave up. */
function mostOf({ spot, perp, gaveUp, adoptedAtMs }: HedgeContext, nowMs: number) {
  const isRecent = adoptedAtMs > 0 && nowMs - adoptedAtMs < TAKEN_BACK_MS
  const most = (known: BaseQty, lost: BaseQty) => baseQty(new Decimal(known).plus(isRecent ? lost : 0))
  return {
    spotBase: most(heldBy(spot), gaveUp.spotBase),
    perpBase: most(heldBy(perp), gaveUp.perpBase),
  }
}

/** Of what is more than claimed: does the hedge take back what it gave up on a list that lagged? */
export const takesBack = ({ context }: Held, nowMs: number): boolean => {
  const most = mostOf(context, nowMs)
  return most.spotBase !== heldBy(context.spot) || most.perpBase !== heldBy(context.perp)
}

/** How a finding is told: in words, whether somebody else did it, and whether what others hold is taken over up to the plan. */
type Finding = { detail: string; kind: Difference['kind']; adopts?: boolean }

/**
 * What the exchange shows of this hedge's instruments, never more than it claims, or than its plan where it is to adopt. A debt
 * beyond that is nobody's that is known: the hedge is left as it is until a person says whose.
 */
export function tellFound(
  ports: Ports<'clock' | 'board' | 'runtime'>,
  { actor, context }: Held,
  { positions, coins }: VenueReading,
  { detail, kind, adopts = false }: Finding,
) {
  const { plan } = context
  const shown = shownLegs(plan, positions, coins)
  const beyond = new Decimal(shown.spotBase).minus(Decimal.max(0, heldBy(context.spot)))
  if (plan.direction === 'reverse-carry' && beyond.gt(plan.spot.qtyStep)) return
  const most = mostOf(context, ports.clock.nowMs())
  // A part of it was closed: the rest is all that is its own.
  const upToPlan = (base: BaseQty) =>
    context.beforeParts ? base : baseQty(Decimal.max(base, plan.targetBaseQty))
  const own = adopts ? { spotBase: upToPlan(most.spotBase), perpBase: upToPlan(most.perpBase) } : most
  const byOthers = isHandsDoing(ports, plan, kind)
  ports.runtime().deliver(actor.id, { type: 'legs.found', ...ownLegs(shown, own), detail, byOthers })
}

/** What was delivered, or a loan that was called in, is the exchange's doing and nobody's wish. */
function isHandsDoing({ board }: Ports<'board'>, { symbol, direction }: HedgePlan, kind: Difference['kind']) {
  const pair = board.view(symbol)?.pair
  if (pair?.perp.trading === false) return false
  if (kind === 'missing-position' || kind === 'short-spot') return true
  // A debt that somebody bought back. Where it was called in, nothing more is lent.
  return kind === 'foreign-spot' && direction === 'reverse-carry' && pair?.spot.marginTrading !== false
}
