/** `hedge`: one hedge from its plan to now, as its own journal tells it, with its orders, its funding and its result. */
import { Decimal } from 'decimal.js'
import type { ActorDetail, EngineSummary, LegalEvent, TransitionView } from '../../api/engine-view.ts'
import type { Holding } from '../../api/rows/rows.ts'
import type { ExecutionQuality } from '../../domain/books/execution-quality.ts'
import type { HedgeProfit } from '../../domain/books/hedge-profit.ts'
import type { CarryOutcome } from '../../domain/carry/carry-outcome.ts'
import type { JsonObject } from '../../domain/json.ts'
import {
  amountText,
  bpsText,
  clockText,
  countText,
  hoursText,
  instantText,
  lengthText,
  percentText,
  qtyText,
} from '../../wording/figures.ts'
import { facing, LEGS } from '../../wording/hedges.ts'
import { reasonText, spokenReason } from '../../wording/reasons.ts'
import { shortOrder } from '../../wording/stories.ts'
import { toldSteps } from '../../wording/told-steps.ts'
import { transitionsOf } from '../commands/look/actors.ts'
import { type HedgeListed, holdingsOf, phaseText } from '../commands/look/hedges.ts'
import type { Shown } from '../kit/asking.ts'
import { type Client, engineClient } from '../kit/client.ts'
import { CliFailure } from '../kit/failure.ts'
import { actorPath, didYouMean, isCalled } from '../kit/known-actors.ts'
import { bold, dim, green, print, printJson, red, signed, tableLines } from '../kit/output.ts'

/** What a hedge made by parts beside what was expected of it, and how well it was executed, as lines. */
type Made = {
  state: string
  profit: HedgeProfit
  quality: ExecutionQuality
  carry: CarryOutcome
  decisions: { opened: DecisionFacts | null; closed: DecisionFacts | null }
}
type DecisionFacts = { verdict: string; because: string; found: string; limit: string; atMs: number }

const NAMES: Record<CarryOutcome['lines'][number]['part'], string> = {
  funding: 'funding',
  fees: 'fees',
  basis: 'basis',
  slippage: 'slippage',
  borrow: 'borrow',
  mishaps: 'missed orders and dust',
  net: 'net',
}
const cash = (value: string) => signed(amountText(value, { places: 4, sign: true }))

/** An open hedge counts both legs at today's prices. */
function profitLines({ state, profit, carry }: Made): string[] {
  const rows = carry.lines.map(({ part, expectedUsdt, expectedSoFarUsdt, realisedUsdt }) => ({
    part: part === 'net' ? bold(NAMES[part]) : NAMES[part],
    made: part === 'net' ? bold(cash(realisedUsdt)) : cash(realisedUsdt),
    soFar: dim(amountText(expectedSoFarUsdt, { places: 4, sign: true })),
    expected: dim(amountText(expectedUsdt, { places: 4, sign: true })),
  }))
  const { realisedUsdt, unrealisedUsdt, inventory, unvalued, measuredShare } = profit
  const left = inventory.map(({ coin, qty }) => `${qtyText(qty)} ${coin}`).join(', ')
  const { realisedAprOnCapital, expectedAprOnCapital, heldHours, horizonHours } = carry
  const notes = [
    `${percentText(realisedAprOnCapital, { places: 1, sign: true })} a year on capital, ${percentText(expectedAprOnCapital, { places: 1, sign: true })} expected; held ${hoursText(heldHours)} of a horizon of ${hoursText(horizonHours)}`,
    ...(state === 'closed'
      ? []
      : [
          `realised ${cash(realisedUsdt)}, open at today's prices ${cash(unrealisedUsdt)}; before the cost of closing`,
        ]),
    ...(measuredShare < 1
      ? [
          `slippage is measured on ${percentText(measuredShare, { places: 0 })} of the trades; the rest is in basis`,
        ]
      : []),
    ...(left
      ? [`left over: ${left}${unvalued.length > 0 ? `, not valued: ${unvalued.join(', ')}` : ''}`]
      : []),
  ]
  return [
    bold('Result (USDT)'),
    ...tableLines(rows, {
      part: 'PART',
      made: state === 'closed' ? 'MADE' : 'SO FAR',
      soFar: `EXPECTED IN ${hoursText(heldHours).toUpperCase()}`,
      expected: `IF HELD ${hoursText(horizonHours).toUpperCase()}`,
    }).map(line => `  ${line}`),
    ...notes.map(note => `  ${dim(note)}`),
  ]
}

function qualityLines({ quality }: Made): string[] {
  if (quality.fills === 0) return []
  const { legGapMs, unhedgedNotionalSeconds, slippageBps, entryShortfallBps, makerRatio, repairs } = quality
  const { costBps, allTakerBps, expectedCostUsdt, costUsdt, route } = quality
  const rested = makerRatio === null ? '' : `, ${percentText(makerRatio, { places: 0 })} maker`
  return [
    bold('Execution'),
    `  unhedged for at most ${lengthText(legGapMs)}, ${amountText(unhedgedNotionalSeconds)} USDT-seconds in all; ${repairs === 0 ? 'no repair' : countText(repairs, 'repair')}`,
    `  slippage ${bpsText(received(slippageBps))}${rested}; entry ${bpsText(received(entryShortfallBps))} against the plan (− is a cost)`,
    `  fees and slippage ${bpsText(received(costBps))} of the notional, ${bpsText(received(allTakerBps))} with four taker fills`,
    `  route ${route}: ${amountText(costUsdt, { places: 4 })} USDT so far, ${amountText(expectedCostUsdt, { places: 4 })} estimated for the round trip`,
  ]
}

/** Costs are stored as what they cost: people read + as received everywhere. */
const received = (costBps: number | null) => (costBps === null ? null : -costBps)

function decisionLines({ decisions: { opened, closed } }: Made): string[] {
  const line = (name: string, decision: DecisionFacts | null) =>
    decision ? [`  ${dim(name)} ${instantText(decision.atMs)}  ${reasonText(decision)}`] : []
  const lines = [...line('opened', opened), ...line('closed', closed)]
  return lines.length > 0 ? [bold('Decided (UTC)'), ...lines] : []
}

type Fill = {
  orderLinkId: string
  qty: string
  price: string
  fee: string
  feeCoin: string
  filledAtMs: number
}
type Payment = { amount: string; qty: string; markPrice: string; settledAtMs: number }
type Hedge = HedgeListed & Made & { fills: Fill[]; funding: Payment[] }
type Order = {
  orderLinkId: string
  leg: string
  side: string
  qty: string
  limitPrice: string
  purpose: string
  decidedAtMs: number
  outcome: string
  filledQty: string
  averagePrice: string | null
}

/** Prints one hedge. @throws CliFailure when there is none, or several could be meant */
export async function showHedge(typed: string, { json, ...where }: Shown): Promise<void> {
  const client = engineClient(where)
  const id = await hedgeIdOf(client, typed)
  const [hedge, steps = [], actor, engine, holdings] = (await Promise.all([
    client.get(`/api/hedges/${encodeURIComponent(id)}`),
    transitionsOf(client, `hedge:${id}`),
    client.find(actorPath(`hedge:${id}`)),
    client.get('/api/engine'),
    holdingsOf(client),
  ])) as [Hedge, TransitionView[] | undefined, ActorDetail | undefined, EngineSummary, Map<string, Holding>]
  const holding = holdings.get(id)
  const orders = ordersOf(steps, hedge.fills)
  const legal = actor?.legalEvents.filter(({ manual }) => manual) ?? []
  if (json) return printJson({ hedge, orders, transitions: steps, legal })
  const parts = [
    headLines(hedge, holding, engine.nowMs),
    profitLines(hedge),
    qualityLines(hedge),
    decisionLines(hedge),
    titled('Orders', orderLines(orders)),
    titled('Funding', fundingLines(hedge.funding)),
    titled('Story (UTC)', storyLines(steps)),
    nowLines(hedge, legal),
  ]
  print(
    parts
      .filter(lines => lines.length > 0)
      .map(lines => lines.join('\n'))
      .join('\n\n'),
  )
}

/** An id as it is, with or without `hedge:`, or the newest hedge of a symbol. */
async function hedgeIdOf(client: Client, typed: string): Promise<string> {
  const hedges = (await client.get('/api/hedges')) as HedgeListed[]
  const wanted = typed.replace(/^(hedge|symbol):/, '')
  const found =
    hedges.find(({ id }) => id === wanted) ?? hedges.find(({ symbol }) => isCalled(symbol, wanted))
  if (found) return found.id
  // Older than the list goes back.
  if (await client.find(`/api/hedges/${encodeURIComponent(wanted)}`)) return wanted
  const near = didYouMean(
    wanted,
    hedges.flatMap(({ id, symbol }) => [id, symbol]),
  )
  throw new CliFailure(`no hedge is called ${typed}${near || ': `hedgerow hedges` lists them'}`)
}

function headLines(hedge: Hedge, holding: Holding | undefined, nowMs: number): string[] {
  const { spot, perp, baseCoin, plannedBase, plannedUsdt } = hedge
  const legs = facing(hedge.direction)
  const ends = hedge.state === 'closed' ? hedge.sinceMs : nowMs
  const held = hedge.hedgedAtMs ? `, hedged for ${lengthText(Math.max(0, ends - hedge.hedgedAtMs))}` : ''
  const target = `${qtyText(plannedBase)} ${baseCoin}, ${amountText(plannedUsdt)} USDT`
  return [
    `${bold(hedge.id)}  ${hedge.symbol}  ${phaseText(hedge.state)}${dim(` since ${instantText(hedge.sinceMs)} UTC${held}`)}`,
    `${dim('planned  ')} ${legs.name}, ${target}; ${amountText(hedge.plannedNetUsdt, { sign: true })} USDT net expected, ${percentText(hedge.expectedAprOnCapital, { places: 1 })} a year on capital`,
    `${dim('spot     ')} ${qtyText(spot.base)} ${baseCoin} ${legs.spotHeld}`,
    `${dim('perpetual')} ${qtyText(perp.base)} ${baseCoin} ${legs.perpHeld}${hedge.state === 'closed' ? '' : dim(`, ${amountText(hedge.heldUsdt)} USDT, ${percentText(hedge.filledShare, { places: 0 })} of the plan`)}`,
    ...(holding ? balanceLines(holding, nowMs) : []),
    ...(hedge.unwindBecause ? [`${dim('closes   ')} ${spokenReason(hedge.unwindBecause)}`] : []),
    ...(hedge.failure ? [`${dim('failed   ')} ${red(spokenReason(hedge.failure))}`] : []),
  ]
}

function balanceLines(holding: Holding, nowMs: number): string[] {
  const { isLevel, deltaUsdt, basisBps, entryBasisBps, nextFundingAtMs, nextFundingUsdt } = holding
  const delta = `${amountText(deltaUsdt, { places: 4, sign: true })} USDT`
  const basis = `basis ${bpsText(basisBps)}, entered at ${bpsText(entryBasisBps)}`
  const next = `${amountText(nextFundingUsdt, { places: 4, sign: true })} USDT of funding`
  return [
    `${dim('delta    ')} ${isLevel ? green('level') : red('not level')}, ${delta}; ${basis}`,
    ...(nextFundingAtMs
      ? [
          `${dim('next     ')} ${next} in ${lengthText(Math.max(0, nextFundingAtMs - nowMs))} at the present rate`,
        ]
      : []),
  ]
}

const titled = (title: string, lines: readonly string[]) =>
  lines.length > 0 ? [bold(title), ...lines.map(each => `  ${each}`)] : []

const OUTCOMES: Readonly<Record<string, (event: JsonObject) => string>> = {
  'order.rejected': ({ reason }) => `rejected: ${String(reason)}`,
  'order.absent': () => 'never reached the exchange',
  'order.unknown': () => 'unknown, being asked about',
  'order.open': () => 'open',
}

/** Each order of the hedge with how it ended, from the journal, and at which price, from the fills. */
function ordersOf(steps: readonly TransitionView[], fills: readonly Fill[]): Order[] {
  const orders = new Map<string, Order>()
  for (const { effects, event } of steps) {
    for (const { type, params } of effects)
      if (type === 'placeOrder') {
        const { order } = params as unknown as {
          order: Omit<Order, 'outcome' | 'filledQty' | 'averagePrice'>
        }
        orders.set(order.orderLinkId, {
          ...order,
          outcome: 'in flight',
          ...filledBy(order.orderLinkId, fills),
        })
      }
    const order = orders.get(String(event.orderLinkId))
    if (!order) continue
    if (event.type === 'order.closed') order.outcome = endOf(order)
    else order.outcome = OUTCOMES[String(event.type)]?.(event) ?? order.outcome
  }
  return [...orders.values()]
}

function filledBy(orderLinkId: string, fills: readonly Fill[]): Pick<Order, 'filledQty' | 'averagePrice'> {
  const own = fills.filter(fill => fill.orderLinkId === orderLinkId)
  const filled = own.reduce((sum, { qty }) => sum.plus(qty), new Decimal(0))
  const worth = own.reduce((sum, { qty, price }) => sum.plus(new Decimal(qty).times(price)), new Decimal(0))
  return {
    filledQty: filled.toFixed(),
    averagePrice: filled.isZero() ? null : worth.div(filled).toSignificantDigits(8).toFixed(),
  }
}

function endOf({ filledQty, qty }: Order): string {
  const share = new Decimal(filledQty).div(qty)
  return share.isZero()
    ? 'not filled'
    : share.gte(1)
      ? 'filled'
      : `filled ${percentText(share.toFixed(), { places: 1 })}`
}

function orderLines(orders: readonly Order[]): string[] {
  if (orders.length === 0) return []
  const rows = orders.map(order => ({
    id: shortOrder(order.orderLinkId),
    at: instantText(order.decidedAtMs).slice(5),
    leg: LEGS[order.leg] ?? order.leg,
    side: order.side === 'Buy' ? 'buy' : 'sell',
    qty: qtyText(order.qty),
    limit: qtyText(order.limitPrice),
    price: qtyText(order.averagePrice),
    outcome: /rejected|never|unknown|not filled/.test(order.outcome) ? red(order.outcome) : order.outcome,
  }))
  const columns = {
    id: 'ORDER',
    at: 'AT (UTC)',
    leg: 'LEG',
    side: 'SIDE',
    qty: 'QTY',
    limit: 'LIMIT',
    price: 'PRICE',
    outcome: 'OUTCOME',
  }
  return tableLines(rows, columns, { spare: ['at', 'limit'] })
}

function fundingLines(funding: readonly Payment[]): string[] {
  const rows = funding.map(({ amount, qty, markPrice, settledAtMs }) => ({
    at: instantText(settledAtMs).slice(5),
    amount: signed(amountText(amount, { places: 4, sign: true })),
    qty: qtyText(qty),
    price: qtyText(markPrice),
  }))
  return rows.length === 0
    ? []
    : tableLines(rows, { at: 'SETTLED (UTC)', amount: 'USDT', qty: 'QTY', price: 'MARK' })
}

/** One line a step; a change of phase stands out. */
function storyLines(steps: readonly TransitionView[]): string[] {
  return toldSteps(steps).map(({ step: { atMs, from, to }, story, times, untilMs }) => {
    const [before, after] = [from, to].map(state => state.split(/[. ]/)[0])
    const moved = before === after ? '' : `  ${bold(`→ ${after}`)}`
    const again = times === 1 ? '' : dim(`  (${times} times until ${clockText(untilMs)})`)
    return `${dim(instantText(atMs).slice(5))}  ${story.text}${again}${moved}`
  })
}

function nowLines(hedge: Hedge, legal: readonly (LegalEvent & { to?: string | null })[]): string[] {
  if (hedge.state === 'closed') return [`${bold('Now')}  closed, nothing left to do`]
  const may = legal.map(
    ({ type, to }) =>
      `  hedgerow send hedge:${hedge.id} ${type}${to ? dim(`   → ${to.split(/[. ]/)[0]}`) : ''}`,
  )
  return [bold('You may send'), ...(may.length > 0 ? may : ['  nothing'])]
}
