/**
 * `hedges`: one line each, the open ones as they stand, the closed ones with what they made. `opportunities`: the pairs that
 * could become one.
 */
import type { EngineSummary } from '../../../api/engine-view.ts'
import type { Holding } from '../../../api/rows/rows.ts'
import type { EntryJudgement } from '../../../domain/entry/opportunity.ts'
import { amountText, bpsText, hoursText, lengthText, percentText } from '../../../wording/figures.ts'
import { shortReason } from '../../../wording/reasons.ts'
import type { Shown } from '../../kit/asking.ts'
import { type Client, engineClient } from '../../kit/client.ts'
import { dim, green, print, printJson, red, signed, table, tableLines, yellow } from '../../kit/output.ts'

type LegRow = { base: string; cashUsdt: string; feesUsdt: string; orders: number; working: string | null }

/** What this command line reads of a hedge; the API gives more. */
export type HedgeListed = {
  id: string
  symbol: string
  baseCoin: string
  direction: string
  state: string
  sinceMs: number
  plannedBase: string
  plannedUsdt: string
  plannedNetUsdt: string
  heldUsdt: string
  filledShare: number
  spot: LegRow
  perp: LegRow
  fundingUsdt: string
  /** + is received: of most hedges it is negative. */
  feesUsdt: string
  settlements: number
  expectedAprOnCapital: number
  unwindBecause: string | null
  failure: string | null
  enteredAtMs: number
  hedgedAtMs: number
  /** Of closed ones. */
  netUsdt?: string
  expectedNetSoFarUsdt?: string
}

/** Open hedges valued now, by id; none where the engine is too old to value them. */
export async function holdingsOf(client: Client): Promise<Map<string, Holding>> {
  const holdings = ((await client.find('/api/holdings')) ?? []) as Holding[]
  return new Map(holdings.map(holding => [holding.id, holding]))
}

/** Whether it still holds anything, or may. */
export const isOpenHedge = ({ state }: HedgeListed) => Boolean(state) && !state.startsWith('closed')

/** Prints hedges, one line each. */
export async function showHedges({ json, open, ...where }: Shown & { open?: boolean }): Promise<void> {
  const client = engineClient(where)
  const [all, engine, holdings] = (await Promise.all([
    client.get('/api/hedges'),
    client.get('/api/engine'),
    holdingsOf(client),
  ])) as [HedgeListed[], EngineSummary, Map<string, Holding>]
  const hedges = open ? all.filter(isOpenHedge) : all
  if (json) return printJson(hedges)
  if (hedges.length === 0)
    return print(open ? 'no hedge is open' : 'no hedge yet: `hedgerow opportunities` says why')
  print(hedgeLines(hedges, holdings, engine.nowMs).join('\n'))
}

/** A table of hedges, cut to the terminal. */
export function hedgeLines(
  hedges: readonly HedgeListed[],
  holdings: ReadonlyMap<string, Holding>,
  nowMs: number,
  width?: number,
): string[] {
  const rows = hedges.map(hedge => ({
    id: hedge.id,
    symbol: hedge.symbol,
    state: phaseText(hedge.state),
    age: lengthText(Math.max(0, nowMs - hedge.sinceMs)),
    held: hedge.state === 'closed' ? '' : amountText(hedge.heldUsdt),
    share: hedge.state === 'closed' ? '' : percentText(hedge.filledShare, { places: 0 }),
    funding: signed(amountText(hedge.fundingUsdt, { sign: true })),
    fees: amountText(hedge.feesUsdt, { sign: true }),
    expected: amountText(expectedOf(hedge, holdings.get(hedge.id)), { sign: true }),
    apr: percentText(hedge.expectedAprOnCapital, { places: 0 }),
    net: signed(amountText(hedge.netUsdt ?? holdings.get(hedge.id)?.netUsdt, { sign: true })),
    delta: deltaText(holdings.get(hedge.id)),
    because: shortReason(hedge.failure ?? hedge.unwindBecause),
  }))
  const columns = {
    id: 'HEDGE',
    symbol: 'SYMBOL',
    state: 'STATE',
    age: 'FOR',
    held: 'HELD USDT',
    share: 'OF PLAN',
    funding: 'FUNDING',
    fees: 'FEES',
    expected: 'EXPECTED',
    apr: 'APR',
    ...(rows.some(({ net }) => net !== '–') && { net: 'NET' }),
    ...(rows.some(({ delta }) => delta !== '') && { delta: 'DELTA' }),
    ...(rows.some(({ because }) => because !== '') && { because: 'BECAUSE' }),
  }
  // What is held and whether it is level is what a narrow terminal is looked at for.
  const spare = ['apr', 'expected', 'fees', 'share', 'age', 'because', 'held', 'delta']
  return tableLines(rows, columns, { spare, ...(width !== undefined && { width }) })
}

const deltaText = (holding: Holding | undefined): string => {
  if (!holding) return ''
  return holding.isLevel ? green('level') : red(`${amountText(holding.deltaUsdt, { sign: true })} USDT`)
}

/** Of what is held, for the time it was: what the net stands beside. One on its way out expects nothing more. */
const expectedOf = (hedge: HedgeListed, holding: Holding | undefined) =>
  holding ? holding.expectedNetSoFarUsdt : hedge.expectedNetSoFarUsdt

/** The first part of a hedge's state says what matters; of the regions only what is at work. */
export function phaseText(state: string): string {
  const [phase = ''] = state.split(/[. ]/)
  const text = phase === 'hedged' ? state.replace(/^hedged\.watching$/, 'hedged').split(' | ')[0] : phase
  if (phase === 'hedged') return green(text ?? phase)
  if (phase === 'failed') return red(phase)
  return phase === 'entering' || phase === 'unwinding' ? yellow(phase) : phase
}

/** Prints what was made of each symbol, the best first. */
export async function showOpportunities({ json, ...where }: Shown): Promise<void> {
  const judged = (await engineClient(where).get('/api/opportunities')) as EntryJudgement[]
  if (json) return printJson(judged)
  if (judged.length === 0) return print('no symbol was judged yet')
  const best = judged.toSorted((a, b) => aprOf(b) - aprOf(a))
  const rows = best.map(({ symbol, verdict, carry, because }) => ({
    symbol,
    verdict: verdict === 'tempting' ? green(verdict) : verdict === 'blind' ? yellow(verdict) : dim(verdict),
    apr: signed(percentText(carry?.aprOnCapital, { sign: true, places: 1 })),
    net: signed(amountText(carry?.netUsdt, { sign: true })),
    funding: percentText(carry?.fundingApr, { places: 1 }),
    basis: bpsText(carry?.midBasisBps),
    breakEven: carry ? hoursText(carry.breakEvenHours) : '–',
    why: shortReason(because),
  }))
  const columns = {
    symbol: 'SYMBOL',
    verdict: 'VERDICT',
    apr: 'NET APR',
    net: 'NET USDT',
    funding: 'FUNDING APR',
    basis: 'BASIS',
    breakEven: 'PAYS AFTER',
    why: 'WHY',
  }
  print(table(rows, columns, { spare: ['net', 'basis', 'breakEven', 'funding'] }))
  print(dim('\n`hedgerow explain SYMBOL` shows the numbers of one'))
}

const aprOf = ({ carry }: EntryJudgement) => carry?.aprOnCapital ?? Number.NEGATIVE_INFINITY
