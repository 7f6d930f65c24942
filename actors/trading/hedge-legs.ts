/**
 * A hedge's legs as the exchange shows them: verifies them, takes up what was not heard of, repays what was bought back. A leg
 * may be smaller than it is known (the exchange took a loan back or delivered a perpetual, or a person sold our coins): it is
 * looked at before a debt is bought back, before a sale that was refused is tried again, and while a market does not trade.
 * What is shown smaller must be shown so for a while, as lists lag; what cannot be looked at is waited for as long.
 */
import { Decimal } from 'decimal.js'
import { namesClaimed } from '../../src/domain/books/reconcile.ts'
import type { HedgePlan } from '../../src/domain/entry/plan.ts'
import type { Market } from '../../src/domain/instrument.ts'
import type { JsonObject } from '../../src/domain/json.ts'
import { isLevel, lotBase } from '../../src/domain/legs/balance.ts'
import { type OrderLeg, type OrderMarket, ownerOfOrder } from '../../src/domain/legs/order.ts'
import { ownLegs, shownLegs } from '../../src/domain/legs/venue-legs.ts'
import type { MarketView } from '../../src/domain/market/market-view.ts'
import { baseQty, NO_BASE } from '../../src/domain/units.ts'
import type { HedgeToStep } from '../../src/domain/work/step.ts'
import type { OrderBook } from '../../src/exchange/exchange.ts'
import type { Ports } from '../ports.ts'
import type { Answer, EffectHandler } from '../runtime/outbox.ts'

/** An effect's parameters as the chart wrote them. */
export const facts = (params: JsonObject) => params as unknown as HedgeToStep

/** Where a leg's orders are placed and asked about. */
export const MARKET: Record<OrderLeg, OrderMarket> = { spot: 'spot', perp: 'linear', spreadOrder: 'spread' }

/** What the exchange shows of this hedge's two instruments. */
async function readLegs({ exchange }: Ports<'exchange'>, { plan }: HedgeToStep) {
  const { coins, symbols } = namesClaimed([{ baseCoin: plan.baseCoin, perpSymbol: plan.perp.symbol }])
  const [positions, wallet] = await Promise.all([exchange.positions(symbols), exchange.wallet(coins)])
  const coin = wallet.coins.find(each => each.coin === plan.baseCoin)
  return { ...shownLegs(plan, positions, wallet.coins), owed: new Decimal(coin?.spotBorrowed ?? 0) }
}

/**
 * Reads both legs from the exchange and answers whether they are as the hedge says. Throws when it cannot be read: the effect
 * is driven again.
 */
export function verifyLegs(ports: Ports<'exchange' | 'assertOwner' | 'bookSoon'>): EffectHandler {
  const owedMore = new Map<string, number>()
  return async (params, { actorId }) => {
    const hedge = facts(params)
    const shown = await readLegs(ports, hedge)
    const answer = (await lateFill(ports, hedge, shown)) ?? (await judgeLegs(ports, hedge, shown))
    if (answer.type !== 'legs.differ' || !isInterest(hedge, shown)) {
      owedMore.delete(actorId)
      return answer
    }
    // Seen again it is no list that lags: an interest row was booked while nobody could hear of it.
    const times = (owedMore.get(actorId) ?? 0) + 1
    owedMore.set(actorId, times)
    const { spotBase, perpBase } = shown
    return times < 3 ? answer : { type: 'legs.found', spotBase, perpBase, detail: String(answer.detail) }
  }
}

/** A few more coins are owed than is known, and the other leg agrees. */
function isInterest({ plan, spotNetBase, perpBase }: HedgeToStep, shown: Shown): boolean {
  const more = new Decimal(shown.spotBase).minus(spotNetBase)
  const isLittle = more.gt(0) && more.lte(new Decimal(plan.targetBaseQty).times(INTEREST_SHARE_MAX))
  return plan.direction === 'reverse-carry' && isLittle && new Decimal(shown.perpBase).gte(perpBase)
}

/** Of the hedge: a day of the dearest rates there are. */
const INTEREST_SHARE_MAX = '0.005'

type Shown = Awaited<ReturnType<typeof readLegs>>

/** More than is known may be a fill of our own that was counted as absent: it is asked about before it is called somebody else's. */
async function lateFill(
  { exchange }: Ports<'exchange'>,
  { plan, spotNetBase, perpBase, absentOrders }: HedgeToStep,
  shown: Shown,
): Promise<Answer | undefined> {
  const isMore = new Decimal(shown.perpBase).gt(perpBase) || new Decimal(shown.spotBase).gt(spotNetBase)
  for (const orderLinkId of isMore ? absentOrders : []) {
    const leg = ownerOfOrder(orderLinkId)?.leg
    const symbol = leg === 'spreadOrder' ? plan.spread?.symbol : leg && plan[leg].symbol
    if (!leg || !symbol) continue
    const looked = await exchange.findOrder(MARKET[leg], symbol, orderLinkId)
    const isFilled = looked.kind === 'found' && !new Decimal(looked.report.filledQty).isZero()
    if (isFilled || looked.kind === 'unanswered')
      return { type: 'legs.differ', detail: `order ${orderLinkId}, counted as absent, may have filled` }
  }
  return undefined
}

async function judgeLegs(
  ports: Ports<'exchange' | 'assertOwner' | 'bookSoon'>,
  hedge: HedgeToStep,
  shown: Shown,
): Promise<Answer> {
  const { plan, spotNetBase, perpBase } = hedge
  const differ = (detail: string): Answer => ({ type: 'legs.differ', detail })
  // More than ours is somebody else's, and so is what stands on the other side; less is a leg that is missing.
  if (Decimal.max(0, shown.perpBase).lt(perpBase))
    return differ(`${plan.perp.symbol}: expected ${perpBase}, found ${shown.perpBase}`)
  const beyond = Decimal.max(0, shown.spotBase).minus(Decimal.max(0, spotNetBase))
  if (plan.direction === 'long-carry') {
    // More than ours is somebody's own coin; less is a leg that is missing.
    if (beyond.plus(plan.spot.qtyStep).isNegative())
      return differ(`${plan.baseCoin}: expected at least ${spotNetBase}, found ${shown.spotBase}`)
  } else {
    // Owed beyond what is known is interest whose row is not booked yet; less is somebody's own coin.
    if (beyond.gt(plan.spot.qtyStep)) {
      ports.bookSoon()
      return differ(`${plan.baseCoin}: expected ${spotNetBase} owed, found ${shown.spotBase}`)
    }
    if (hedge.phase === 'unwinding' && shown.owed.gt(0)) return repay(ports, hedge, shown.owed)
    // What a part bought back is repaid; where that is refused the exchange takes it within the half hour by itself.
    if (hedge.keepBase !== undefined && shown.owed.minus(spotNetBase).gt(plan.spot.qtyStep))
      await repay(ports, hedge, shown.owed)
  }
  return { type: 'legs.verified', spotNetBase, perpBase }
}

/** Bought back but still lent: the debt is repaid from the coins that were bought, whenever the exchange takes repayments. */
async function repay(
  ports: Ports<'exchange' | 'assertOwner'>,
  { plan, perpBase }: HedgeToStep,
  owed: Decimal,
): Promise<Answer> {
  ports.assertOwner()
  const paid = await ports.exchange.repay(plan.baseCoin)
  const detail = `${owed.toFixed()} ${plan.baseCoin} owed: ${JSON.stringify(paid)}`
  // A speck that nothing is left to repay with is bought like any debt: by the smallest order there is.
  if (paid.kind === 'refused' && paid.reason === 'insufficient-balance')
    return { type: 'legs.found', spotBase: owed.toFixed(), perpBase, detail }
  return { type: 'legs.owing', detail }
}

/**
 * The holdings that the exchange shows and that can be this hedge's: never more than its plan, or than it held; of a debt all there
 * is, as the person who asked has looked, and nobody else would pay it back.
 */
export async function findLegs(ports: Ports<'exchange'>, hedge: HedgeToStep): Promise<Answer> {
  const shown = await readLegs(ports, hedge)
  const { plan, spotNetBase } = hedge
  const { spotBase, perpBase } = ownLegs(shown, {
    spotBase: plan.direction === 'reverse-carry' ? shown.spotBase : spotNetBase,
    perpBase: baseQty(Decimal.max(hedge.perpBase, plan.targetBaseQty)),
  })
  const isDust =
    hedge.plan.direction === 'long-carry' &&
    perpBase === NO_BASE &&
    new Decimal(spotBase).lt(hedge.plan.spot.minOrderQty)
  return {
    type: 'legs.found',
    spotBase: isDust ? NO_BASE : spotBase,
    perpBase,
    detail: 'as the exchange shows',
  }
}

/** What lists show smaller than it is known must be shown so for as long: they lag behind fills. */
export const DOUBTED_MS = 15_000

/** `less`: it was seen smaller at least once, so that nothing is bought before it is seen again. */
type Doubt = { sinceMs: number; less: boolean }

type LegDoubts = {
  /** What is to happen in place of the order; `there` when the legs are as known, `unread` when they could not be read for long. */
  judge(actorId: string, hedge: HedgeToStep): Promise<Answer | 'there' | 'unread'>
}

/**
 * Holds back an order while the exchange shows less than the hedge knows of; what is shown so for {@link DOUBTED_MS} is
 * believed.
 */
export function createLegDoubts(ports: Ports<'clock' | 'exchange'>): LegDoubts {
  const doubts = new Map<string, Doubt>()
  return {
    async judge(actorId, hedge) {
      const shown = await readLegs(ports, hedge).catch(() => undefined)
      const isLess = shown !== undefined && isLessThanKnown(shown, hedge)
      const before = doubts.get(actorId)
      doubts.delete(actorId)
      if (shown && !isLess) return 'there'
      const nowMs = ports.clock.nowMs()
      const doubt = { sinceMs: before?.sinceMs ?? nowMs, less: isLess || before?.less === true }
      const isOver = nowMs - doubt.sinceMs >= DOUBTED_MS
      if (isOver && shown) return lessThanKnown(shown, hedge)
      // Reading alone may be down: an exit is not held up by that for ever.
      if (isOver && !doubt.less) return 'unread'
      doubts.set(actorId, doubt)
      return { type: 'step.wait', because: foundText(shown, hedge) }
    },
  }
}

/** Coins left over by hedges before make a debt look smaller; of a sale every coin must be there. */
const tolerance = (plan: HedgePlan) =>
  plan.direction === 'reverse-carry' ? Decimal.max(lotBase(plan), plan.spot.qtyStep) : plan.spot.qtyStep

/** What stands on the other side is somebody else's: of ours nothing is there. */
const isLessThanKnown = (shown: Shown, { plan, spotNetBase, perpBase }: HedgeToStep): boolean =>
  Decimal.max(0, shown.spotBase).plus(tolerance(plan)).lt(spotNetBase) ||
  Decimal.max(0, shown.perpBase).lt(perpBase)

/** What the exchange shows of a failed hedge where that is less than it knows of; undefined when all is there, or nothing can be read. */
export async function findLess(ports: Ports<'exchange'>, hedge: HedgeToStep): Promise<Answer | undefined> {
  const shown = await readLegs(ports, hedge).catch(() => undefined)
  return shown && isLessThanKnown(shown, hedge) ? lessThanKnown(shown, hedge) : undefined
}

/** What is shown is taken over, and never more than was known. */
const lessThanKnown = (shown: Shown, hedge: HedgeToStep): Answer => ({
  type: 'legs.found',
  ...ownLegs(shown, { spotBase: hedge.spotNetBase, perpBase: hedge.perpBase }),
  detail: foundText(shown, hedge),
})

function foundText(shown: Shown | undefined, { plan, spotNetBase, perpBase }: HedgeToStep): string {
  const found = shown ? `${shown.spotBase} and ${shown.perpBase}` : 'no answer'
  return `${plan.baseCoin}: expected ${spotNetBase} and ${perpBase} in the perpetual, found ${found}`
}

/** One book is asked for at most this often, whoever needs it. */
const EVERY_MS = 1_000

type ExitBooksPorts = Ports<'clock' | 'exchange' | 'rules' | 'telemetry'>
/** `isPatched`: a part of it comes from REST. */
export type ExitView = { view: MarketView; isPatched: boolean }

/** Does its next order, if there is one, make the hedge smaller or level? */
export const isReducing = (hedge: HedgeToStep): boolean =>
  hedge.phase === 'unwinding' ||
  hedge.unwindBecause !== null ||
  hedge.keepBase !== undefined ||
  hedge.cut ||
  !isLevel(hedge.plan, hedge)

/** Remembers what was read lately, for all hedges. */
export function createExitBooks(ports: ExitBooksPorts) {
  const read = new Map<string, { atMs: number; book: Promise<OrderBook | null> }>()

  const bookNow = (market: Market, symbol: string): Promise<OrderBook | null> => {
    const { clock, exchange, telemetry } = ports
    const key = `${market} ${symbol}`
    const last = read.get(key)
    if (last && clock.nowMs() - last.atMs < EVERY_MS) return last.book
    const book = exchange.orderBook(market, symbol).catch(error => {
      telemetry.inputRefused('reading', error instanceof Error ? error.message : String(error))
      return null
    })
    read.set(key, { atMs: clock.nowMs(), book })
    return book
  }

  /** The view, with each book that no stream brought lately as the exchange shows it now; as it is where that cannot be read. */
  return async (view: MarketView): Promise<ExitView> => {
    const { spotBook, perpBook, receivedAtMs, pair } = view
    const since = ports.clock.nowMs() - ports.rules.limits.bookAgeMsMax
    const [spot, perp] = await Promise.all([
      spotBook && receivedAtMs.spotBook >= since ? null : bookNow('spot', pair.spot.symbol),
      perpBook && receivedAtMs.perpBook >= since ? null : bookNow('linear', pair.perp.symbol),
    ])
    const patched = { ...view, ...(spot && { spotBook: spot }), ...(perp && { perpBook: perp }) }
    return { view: patched, isPatched: Boolean(spot || perp) }
  }
}
