/** What the hedges say beside what the exchange shows, line by line, for people. It looks; it corrects nothing. */
import { Decimal } from 'decimal.js'
import type { Runtime } from '../../actors/runtime/runtime.ts'
import type { HedgeContext } from '../../machines/hedge/context.ts'
import type { Reconciliation, ReconciliationLine } from '../api/rows/rows.ts'
import type { Clock } from '../clock/clock.ts'
import { type Claim, type Difference, reconcile, type VenueHoldings } from '../domain/books/reconcile.ts'
import { baseToContracts } from '../domain/grid.ts'
import type { Exchange } from '../exchange/exchange.ts'

type Parts = { runtime: () => Runtime; exchange: Exchange; clock: Clock }

/** Reads the exchange now. @throws ExchangeFailure */
export async function reconciliationNow({ runtime, exchange, clock }: Parts): Promise<Reconciliation> {
  const [positions, wallet, openOrders] = await Promise.all([
    exchange.positions(),
    exchange.wallet(),
    exchange.openOrders(),
  ])
  const contexts = [...runtime().all()]
    .filter(({ kind }) => kind === 'hedge')
    .map(({ actor }) => actor.getSnapshot().context as HedgeContext)
  const inFlight = contexts
    .flatMap(({ spot, perp }) => [spot.order, perp.order])
    .flatMap(order => (order ? [order.orderLinkId] : []))
  const venue = { positions, coins: wallet.coins, openOrders }
  const claims = contexts.map(claimOf)
  const differences = reconcile(claims, inFlight, venue)
  return {
    readAtMs: clock.nowMs(),
    inFlight,
    lines: [
      ...positionLines(claims, venue, differences),
      ...coinLines(claims, venue, differences),
      ...orderLines(differences),
    ],
  }
}

const claimOf = ({ plan, spot, perp }: HedgeContext): Claim => ({
  hedgeId: plan.hedgeId,
  baseCoin: plan.baseCoin,
  perpSymbol: plan.perp.symbol,
  spotNetBase: spot.base,
  perpContracts: baseToContracts(perp.base, plan.perp.multiplier),
  perpQtyStep: plan.perp.qtyStep,
  spotQtyStep: plan.spot.qtyStep,
})

function positionLines(claims: readonly Claim[], { positions }: VenueHoldings, differences: Difference[]) {
  const symbols = new Set([
    ...claims.map(({ perpSymbol }) => perpSymbol),
    ...positions.filter(({ side }) => side !== 'flat').map(({ symbol }) => symbol),
  ])
  return [...symbols].sort().map(symbol => {
    const mine = claims.filter(({ perpSymbol }) => perpSymbol === symbol)
    const engine = sum(mine.map(({ perpContracts }) => perpContracts)).neg()
    const exchange = sum(
      positions
        .filter(each => each.symbol === symbol)
        .map(({ qty, side }) => (side === 'Sell' ? `-${qty}` : side === 'Buy' ? qty : '0')),
    )
    return line('position', symbol, mine, { engine, exchange, unit: 'contracts' }, differences)
  })
}

function coinLines(claims: readonly Claim[], { coins }: VenueHoldings, differences: Difference[]) {
  const held = coins.filter(({ coin, wallet }) => coin !== 'USDT' && !new Decimal(wallet).isZero())
  const names = new Set([...claims.map(({ baseCoin }) => baseCoin), ...held.map(({ coin }) => coin)])
  return [...names].sort().map(coin => {
    const mine = claims.filter(({ baseCoin }) => baseCoin === coin)
    const engine = sum(mine.map(({ spotNetBase }) => spotNetBase))
    const exchange = sum(coins.filter(each => each.coin === coin).map(({ wallet }) => wallet))
    return line('coin', coin, mine, { engine, exchange, unit: coin }, differences)
  })
}

type Sides = { engine: Decimal; exchange: Decimal; unit: string }

function line(
  what: 'position' | 'coin',
  subject: string,
  claims: readonly Claim[],
  { engine, exchange, unit }: Sides,
  differences: readonly Difference[],
): ReconciliationLine {
  const kinds = what === 'coin' ? ['short-spot', 'foreign-spot'] : ['missing-position', 'foreign-position']
  const found = differences.find(each => each.subject === subject && kinds.includes(each.kind))
  return {
    what,
    subject,
    hedgeIds: claims.map(({ hedgeId }) => hedgeId),
    engine: engine.toFixed(),
    exchange: exchange.toFixed(),
    difference: exchange.minus(engine).toFixed(),
    unit,
    verdict: found?.weight ?? 'same',
  }
}

const orderLines = (differences: readonly Difference[]): ReconciliationLine[] =>
  differences
    .filter(({ kind }) => kind.endsWith('-order'))
    .map(({ subject, hedgeIds, expected, found, weight }) => ({
      what: 'order',
      subject,
      hedgeIds,
      engine: expected,
      exchange: found,
      difference: '',
      unit: '',
      verdict: weight,
    }))

const sum = (parts: readonly string[]): Decimal =>
  parts.reduce((total, part) => total.plus(part), new Decimal(0))
