/** What the hedges say beside what the exchange shows, line by line, for people. It looks; it corrects nothing. */
import { Decimal } from 'decimal.js'
import { DUST_USDT } from '../../actors/risk/account.ts'
import type { Runtime } from '../../actors/runtime/runtime.ts'
import type { Reconciliation, ReconciliationLine } from '../api/rows/rows.ts'
import type { Clock } from '../clock/clock.ts'
import { type Claim, type Difference, namesClaimed, reconcile } from '../domain/books/reconcile.ts'
import { ownedOf, shortContracts } from '../domain/legs/venue-legs.ts'
import type { CoinBalance, Exchange, Position } from '../exchange/exchange.ts'
import { livingHedges, readHedge } from './living-hedges.ts'

type Parts = { runtime: () => Runtime; exchange: Exchange; clock: Clock }

/** Reads the exchange now. @throws ExchangeFailure */
export async function reconciliationNow({ runtime, exchange, clock }: Parts): Promise<Reconciliation> {
  const before = versionsOf(runtime())
  const names = namesClaimed(livingHedges(runtime()).map(({ context }) => readHedge(context).claim))
  const [positions, wallet, openOrders] = await Promise.all([
    exchange.positions(names.symbols),
    exchange.wallet(names.coins),
    exchange.openOrders(),
  ])
  const hedges = livingHedges(runtime())
  const facts = hedges.map(({ context }) => readHedge(context))
  const inFlight = facts.flatMap(({ orders }) => orders.map(({ orderLinkId }) => orderLinkId))
  // What moved while it was read, or is at work, proves nothing against what was read.
  const moving = new Set(
    hedges
      .filter(({ actor }, at) => facts[at]?.orders.length !== 0 || before.get(actor.id) !== actor.cell?.seq)
      .map(({ context }) => context.plan.hedgeId),
  )
  const venue = { positions, coins: wallet.coins, openOrders }
  const lines = linesOf(
    facts.map(({ claim }) => claim),
    venue,
    { inFlight, moving },
  )
  return { readAtMs: clock.nowMs(), inFlight, ...accountDelta(lines, venue), lines }
}

const versionsOf = (runtime: Runtime) =>
  new Map(livingHedges(runtime).map(({ actor }) => [actor.id, actor.cell?.seq]))

type Shown = {
  positions: readonly Position[]
  coins: readonly CoinBalance[]
  openOrders: readonly { orderLinkId: string; symbol: string }[]
}
/** Coins whose price does not move against USDT. */
const CASH = new Set(['USDT', 'USDC'])

/** USDT per coin by the exchange's own valuation; null where it gives none. */
const coinPrice = ({ equity, usdValue }: CoinBalance): Decimal | null =>
  new Decimal(equity || 0).isZero() ? null : new Decimal(usdValue || 0).div(equity)

/** What a rise of all prices by their whole would bring the account; and what of it no hedge claims, either side counted up. */
export function accountDelta(lines: readonly ReconciliationLine[], { positions, coins }: Shown) {
  const worth = [
    ...coins.filter(({ coin }) => !CASH.has(coin)).map(each => coinPrice(each)?.times(ownedOf(each)) ?? null),
    ...positions.map(each => shortContracts(each).neg().times(each.markPrice)),
  ]
  const unclaimed = lines.filter(({ verdict }) => verdict === 'unclaimed').map(line => line.differenceUsdt)
  return {
    deltaUsdt: total(worth)?.toFixed(2) ?? null,
    unclaimedUsdt:
      total(unclaimed.map(each => (each === null ? null : new Decimal(each).abs())))?.toFixed(2) ?? null,
  }
}

/** Unknown when a part of it is. */
const total = (parts: readonly (Decimal | null)[]): Decimal | null =>
  parts.reduce<Decimal | null>(
    (all, part) => (all === null || part === null ? null : all.plus(part)),
    new Decimal(0),
  )

type AtWork = { inFlight: readonly string[]; moving: ReadonlySet<string> }

/** Every position, coin and order that either side knows of: with + for long and owned, − for short and owed. */
export function linesOf(
  claims: readonly Claim[],
  venue: Shown,
  { inFlight, moving }: AtWork,
): ReconciliationLine[] {
  const differences = reconcile(claims, inFlight, venue)
  const lines = [
    ...positionLines(claims, venue, differences),
    ...coinLines(claims, venue, differences),
    ...orderLines(differences),
  ]
  return lines.map(line =>
    // Until its order has ended, nobody can say which hedge a difference belongs to.
    (line.verdict === 'broken' || (line.verdict === 'unclaimed' && line.what === 'position')) &&
    line.hedgeIds.some(id => moving.has(id))
      ? { ...line, verdict: 'moving' }
      : line,
  )
}

function positionLines(claims: readonly Claim[], { positions }: Shown, differences: Difference[]) {
  const symbols = new Set([
    ...claims.map(({ perpSymbol }) => perpSymbol),
    ...positions.filter(({ side }) => side !== 'flat').map(({ symbol }) => symbol),
  ])
  return [...symbols].sort().map(symbol => {
    const mine = claims.filter(({ perpSymbol }) => perpSymbol === symbol)
    const engine = sum(mine.map(({ perpContracts }) => perpContracts)).neg()
    const shown = positions.filter(each => each.symbol === symbol)
    const exchange = sum(shown.map(shortContracts)).neg()
    const price = shown[0] ? new Decimal(shown[0].markPrice) : null
    return line('position', symbol, mine, { engine, exchange, price, unit: 'contracts' }, differences)
  })
}

function coinLines(claims: readonly Claim[], { coins }: Shown, differences: Difference[]) {
  const held = coins.filter(each => each.coin !== 'USDT' && !new Decimal(ownedOf(each)).isZero())
  const names = new Set([...claims.map(({ baseCoin }) => baseCoin), ...held.map(({ coin }) => coin)])
  return [...names].sort().map(coin => {
    const mine = claims.filter(({ baseCoin }) => baseCoin === coin)
    const engine = sum(mine.map(({ spotNetBase }) => spotNetBase))
    const shown = coins.filter(each => each.coin === coin)
    const price = shown[0] ? coinPrice(shown[0]) : null
    return line(
      'coin',
      coin,
      mine,
      { engine, exchange: sum(shown.map(ownedOf)), price, unit: coin },
      differences,
    )
  })
}

/** The price is USDT per unit; null while the exchange gives none. */
type Sides = { engine: Decimal; exchange: Decimal; price: Decimal | null; unit: string }

function line(
  what: 'position' | 'coin',
  subject: string,
  claims: readonly Claim[],
  { engine, exchange, price, unit }: Sides,
  differences: readonly Difference[],
): ReconciliationLine {
  const kinds = what === 'coin' ? ['short-spot', 'foreign-spot'] : ['missing-position', 'foreign-position']
  const found = differences.find(each => each.subject === subject && kinds.includes(each.kind))
  const difference = exchange.minus(engine)
  const differenceUsdt = price && difference.times(price)
  const verdict = verdictOf(found)
  const isDust = verdict === 'unclaimed' && what === 'coin' && differenceUsdt?.abs().lt(DUST_USDT)
  return {
    what,
    subject,
    hedgeIds: claims.map(({ hedgeId }) => hedgeId),
    engine: engine.toFixed(),
    exchange: exchange.toFixed(),
    difference: difference.toFixed(),
    differenceUsdt: differenceUsdt?.toFixed(2) ?? null,
    unit,
    verdict: isDust ? 'dust' : verdict,
  }
}

const verdictOf = (found: Difference | undefined): ReconciliationLine['verdict'] =>
  found ? (found.weight === 'broken' ? 'broken' : 'unclaimed') : 'same'

const orderLines = (differences: readonly Difference[]): ReconciliationLine[] =>
  differences
    .filter(({ kind }) => kind.endsWith('-order'))
    .map(difference => ({
      what: 'order',
      subject: difference.subject,
      hedgeIds: difference.hedgeIds,
      engine: difference.expected,
      exchange: difference.found,
      difference: '',
      differenceUsdt: null,
      unit: '',
      verdict: verdictOf(difference),
    }))

const sum = (parts: readonly Decimal.Value[]): Decimal =>
  parts.reduce((total: Decimal, part) => total.plus(part), new Decimal(0))
