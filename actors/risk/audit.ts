/**
 * Compares, all the time, what the hedges say with what the exchange shows: open orders every few seconds, positions and coins
 * every three quarters of a minute. Only hedges at rest are compared, and a difference counts when it is seen twice: lists lag.
 * What it finds becomes an event with a remedy; nothing is overwritten quietly (carry.md d.11).
 */
import { Decimal } from 'decimal.js'
import type { EngineContext } from '../../machines/engine.ts'
import type { HedgeContext } from '../../machines/hedge/context.ts'
import { ordersOf } from '../../machines/hedge/orders.ts'
import { type Difference, reconcile } from '../../src/domain/books/reconcile.ts'
import { type OrderReport, ownerOfOrder } from '../../src/domain/legs/order.ts'
import { shownLegs } from '../../src/domain/legs/venue-legs.ts'
import type { AccountFact, CoinBalance } from '../../src/exchange/exchange.ts'
import {
  cancelOwn,
  type Held,
  hedges,
  namesHeld,
  readVenue,
  takesBack,
  tellFound,
  type VenueReading,
  venueClaimOf,
} from '../account/reconciler.ts'
import type { Ports } from '../ports.ts'
import type { PlainKind } from '../runtime/running.ts'
import { pause, service } from '../service.ts'
import { DUST_USDT } from './account.ts'

type RiskAuditPorts = Ports<
  | 'clock'
  | 'pace'
  | 'speed'
  | 'exchange'
  | 'board'
  | 'rules'
  | 'telemetry'
  | 'alerts'
  | 'runtime'
  | 'assertOwner'
>

type AuditOrdersPorts = Ports<
  'clock' | 'exchange' | 'board' | 'rules' | 'telemetry' | 'alerts' | 'runtime' | 'assertOwner'
>

type AuditHoldingsPorts = Ports<'clock' | 'exchange' | 'board' | 'rules' | 'telemetry' | 'alerts' | 'runtime'>

const ORDERS_EVERY_MS = 8_000
const LOOK_MIN_MS = 1_000
const HOLDINGS_EVERY_MS = 45_000
/** Of a stream that lost a message nothing else tells: however slow the pace, never much more rarely. */
const HOLDINGS_PACE_MAX = 2
const holdingsEveryMs = ({ pace, speed }: Ports<'pace' | 'speed'>): number =>
  HOLDINGS_EVERY_MS * Math.min(pace, HOLDINGS_PACE_MAX * speed)
/** Holdings that were compared longer ago than this are not known to be as the hedges say. */
export const AUDITED_MS_MAX = 150_000
/** A difference is looked at again after this. */
const AGAIN_MS = 10_000
/** A hedge that came to rest just now: the exchange's lists may not show it yet. */
const REST_MIN_MS = 30_000

type Memory = {
  /** Differences of the last look, by key: one that is there again counts. */
  seen: Set<string>
  /** What is nobody's and was told, by key, with the alert's subject. */
  told: Map<string, string>
}

export type RiskAudit = {
  kind: PlainKind
  /** Every fact of the account's private stream: a gap, or a fill of somebody else's order, is looked into at once. */
  hear(fact: AccountFact): void
  /** When positions and coins were last compared, or there was nothing to compare yet. */
  auditedAtMs(): number
}

/** The audit as a plain actor, with an ear for the account's stream. */
export function createRiskAudit(portsOf: () => RiskAuditPorts): RiskAudit {
  let holdingsDueMs = 0
  let auditedAtMs = 0
  let nudge = () => {}
  const [orders, holdings] = [memory(), memory()]
  const audit = async (ports: RiskAuditPorts) => {
    const { clock } = ports
    await auditOrders(ports, orders)
    if (clock.nowMs() < holdingsDueMs) return
    // What could not be read is read again soon; what is heard of meanwhile is looked into after this.
    const againAtMs = clock.nowMs() + AGAIN_MS
    holdingsDueMs = againAtMs
    const isNew = await auditHoldings(ports, holdings)
    auditedAtMs = clock.nowMs()
    if (holdingsDueMs !== againAtMs) return
    holdingsDueMs = clock.nowMs() + (isNew ? AGAIN_MS : holdingsEveryMs(ports))
  }
  return {
    kind: service(async signal => {
      const ports = portsOf()
      do {
        try {
          if (isComparable(ports)) await audit(ports)
          else auditedAtMs = ports.clock.nowMs()
        } catch (error) {
          const because = error instanceof Error ? error.message : String(error)
          ports.telemetry.inputRefused('reading', `what the exchange shows: ${because}`)
        }
        const rest = new AbortController()
        nudge = () => rest.abort()
        const dueMs = holdingsDueMs - ports.clock.nowMs()
        const restMs = Math.max(LOOK_MIN_MS, Math.min(ORDERS_EVERY_MS * ports.pace, dueMs))
        await pause(ports.clock, restMs, AbortSignal.any([rest.signal, signal]))
      } while (!signal.aborted)
    }),
    auditedAtMs: () => auditedAtMs || portsOf().clock.nowMs(),
    hear(fact) {
      const isForeign =
        fact.kind === 'fill' && fact.fill.cause === 'trade' && !ownerOfOrder(fact.fill.orderLinkId)
      const isRecalled = fact.kind === 'wallet' && owesLess(portsOf(), fact.coins)
      if (!isForeign && !isRecalled && fact.kind !== 'up') return
      holdingsDueMs = 0
      nudge()
    },
  }
}

/** The exchange took a loan back, or somebody repaid it: the perpetual of that hedge hedges nothing any more. */
const owesLess = (ports: Ports<'runtime'>, coins: readonly CoinBalance[]): boolean =>
  hedges(ports).some(({ actor, context: { plan, spot } }) => {
    const coin = coins.find(each => each.coin === plan.baseCoin)
    if (!coin || plan.direction !== 'reverse-carry' || actor.cell?.state !== 'hedged.watching') return false
    const { spotBase } = shownLegs(plan, [], [coin])
    return new Decimal(spotBase).plus(plan.spot.qtyStep).lt(spot.base)
  })

const memory = (): Memory => ({ seen: new Set(), told: new Map() })
const keyOf = ({ kind, subject }: Difference) => `${kind} ${subject}`

/** Before a reconciliation is finished the reconciler compares, and waits for what is under way. */
const isComparable = (ports: Ports<'runtime'>): boolean =>
  /^(trading|reducing|halted)/.test(ports.runtime().get('engine')?.cell?.state ?? '')

const inFlight = (context: HedgeContext): string[] => ordersOf(context).map(({ orderLinkId }) => orderLinkId)

async function auditOrders(ports: AuditOrdersPorts, memory: Memory): Promise<void> {
  const before = hedges(ports).flatMap(({ context }) => inFlight(context))
  const openOrders = await ports.exchange.openOrders()
  const known = new Set([...before, ...hedges(ports).flatMap(({ context }) => inFlight(context))])
  const found = reconcile([], [...known], { coins: [], positions: [], openOrders }).filter(
    ({ kind }) => kind === 'foreign-order',
  )
  for (const difference of again(found, memory)) {
    if (ownerOfOrder(difference.subject)) await takeOff(ports, difference, openOrders)
    else tellForeign(ports, difference, memory)
  }
  forgetGone(ports, found, memory)
}

/** An order of ours that no hedge works on: it could still fill. */
async function takeOff(
  ports: Ports<'exchange' | 'telemetry' | 'assertOwner'>,
  { subject }: Difference,
  openOrders: OrderReport[],
): Promise<void> {
  ports.telemetry.log.warn('audit.own-order', { orderLinkId: subject })
  await cancelOwn(ports, subject, { positions: [], coins: [], openOrders })
}

/** True when something new is to be looked at again. */
async function auditHoldings(ports: AuditHoldingsPorts, memory: Memory): Promise<boolean> {
  const before = new Map(hedges(ports).map(({ actor }) => [actor.id, actor.cell?.seq]))
  const venue = await readVenue(ports, namesHeld(ports))
  const nowMs = ports.clock.nowMs()
  const all = hedges(ports)
  const resting = new Set(
    all.filter(held => isAtRest(held, nowMs) && before.get(held.actor.id) === held.actor.cell?.seq),
  )
  const moving = all.filter(held => !resting.has(held))
  const isQuiet = ({ subject, hedgeIds }: Difference) =>
    moving.every(
      ({ context: { plan } }) =>
        !hedgeIds.includes(plan.hedgeId) && plan.symbol !== subject && plan.baseCoin !== subject,
    )
  const differing = reconcile(
    all.map(({ context }) => venueClaimOf(context)),
    [],
    { ...venue, openOrders: [] },
  ).filter(each => !isDust(each, venue.coins))
  const found = differing.filter(isQuiet)
  const isNew =
    found.some(each => !memory.seen.has(keyOf(each))) ||
    differing.some(each => each.weight === 'broken' && isOfHedged(each, moving))
  for (const difference of again(found, memory)) {
    if (difference.weight === 'broken') remedy(ports, difference, [...resting], venue)
    else tellForeign(ports, difference, memory, { resting: [...resting], venue })
  }
  forgetGone(ports, found, memory)
  clearMended(ports, differing)
  return isNew
}

const MENDED = ['missing-position', 'short-spot', 'foreign-spot'].map(kind => `reconcile.${kind}`)

/** What was broken and is as the hedges say again, whoever raised it. */
function clearMended({ alerts }: Ports<'alerts'>, differing: readonly Difference[]): void {
  const broken = new Set(
    differing
      .filter(({ weight }) => weight === 'broken')
      .map(({ kind, subject }) => `reconcile.${kind} ${subject}`),
  )
  for (const { name, subject } of alerts.standing())
    if (MENDED.includes(name) && !broken.has(`${name} ${subject}`)) alerts.clear(name, subject)
}

/** Of a hedge that is about to be at rest: it is looked at again then, and does not wait for its turn. */
const isOfHedged = ({ hedgeIds }: Difference, moving: readonly Held[]): boolean =>
  moving.some(
    ({ actor, context }) =>
      actor.cell?.state.startsWith('hedged') === true && hedgeIds.includes(context.plan.hedgeId),
  )

const isAtRest = ({ actor, context }: Held, nowMs: number): boolean =>
  actor.cell?.state === 'hedged.watching' &&
  inFlight(context).length === 0 &&
  nowMs - actor.sinceMs >= REST_MIN_MS

/** Those seen at the last look too; remembers the present ones. */
function again(found: readonly Difference[], memory: Memory): Difference[] {
  const twice = found.filter(each => memory.seen.has(keyOf(each)))
  memory.seen = new Set(found.map(keyOf))
  return twice
}

/** A part of a coin that is worth nearly nothing is what slices and fees left over. */
function isDust(
  { kind, subject, found, expected, weight }: Difference,
  coins: readonly CoinBalance[],
): boolean {
  if (kind !== 'foreign-spot' || weight === 'broken') return false
  const coin = coins.find(each => each.coin === subject)
  if (!coin || new Decimal(coin.equity || 0).isZero()) return true
  const price = new Decimal(coin.usdValue || 0).div(coin.equity).abs()
  return new Decimal(found).minus(expected).abs().times(price).lt(DUST_USDT)
}

/** A leg is gone, or part of it: the hedge goes on with what is there, and levels it downward. */
function remedy(
  ports: Ports<'clock' | 'board' | 'rules' | 'telemetry' | 'alerts' | 'runtime'>,
  difference: Difference,
  resting: readonly Held[],
  venue: VenueReading,
): void {
  const { kind, subject, found, expected, hedgeIds } = difference
  ports.telemetry.log.warn('audit.difference', { kind, subject, found, expected })
  ports.alerts.raise('page', `reconcile.${kind}`, { subject, found, expected })
  const detail = `${kind}: expected ${expected}, found ${found}`
  for (const held of resting)
    if (hedgeIds.includes(held.context.plan.hedgeId)) tellFound(ports, held, venue, { detail, kind })
}

type Beside = { resting: readonly Held[]; venue: VenueReading }

/** What no hedge claims is somebody's own: told, and treated as the policy says. */
function tellForeign(
  ports: Ports<'clock' | 'board' | 'rules' | 'telemetry' | 'alerts' | 'runtime'>,
  difference: Difference,
  memory: Memory,
  beside?: Beside,
): void {
  const policy = ports.rules.limits.foreign ?? 'ignore'
  const { kind, subject, found, hedgeIds } = difference
  const own = beside?.resting.filter(({ context }) => hedgeIds.includes(context.plan.hedgeId)) ?? []
  const back = own.filter(held => takesBack(held, ports.clock.nowMs()))
  if (beside && back.length > 0) {
    for (const held of back) tellFound(ports, held, beside.venue, { detail: `${kind}: shown again`, kind })
    return
  }
  const isKnown = memory.told.has(keyOf(difference))
  memory.told.set(keyOf(difference), subject)
  ports.alerts.raise(policy === 'halt' ? 'page' : 'ticket', `account.${kind}`, { subject, found, policy })
  if (isKnown) return
  ports.telemetry.log.warn('audit.foreign', { kind, subject, found, policy })
  if (policy === 'halt') haltFor(ports, `${kind} ${subject}: ${found}`)
  if (policy === 'adopt' && beside)
    for (const held of own)
      tellFound(ports, held, beside.venue, { detail: `${kind}: adopted`, kind, adopts: true })
}

function haltFor(ports: Ports<'runtime'>, because: string): void {
  const engine = ports.runtime().get('engine')?.actor.getSnapshot().context as EngineContext | undefined
  if (engine?.halt) return
  ports.runtime().deliver('engine', { type: 'engine.halt', by: 'limits.foreign', because })
}

function forgetGone(ports: Ports<'alerts'>, found: readonly Difference[], { told }: Memory): void {
  const keys = new Set(found.map(keyOf))
  for (const [key, subject] of told) {
    if (keys.has(key)) continue
    told.delete(key)
    ports.alerts.clear(`account.${key.split(' ')[0]}`, subject)
  }
}
