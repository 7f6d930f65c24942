/**
 * `explain`: the decision on one symbol, with the numbers it was made from: what was judged, each part of the net carry,
 * when costs are paid back, and for a hedged one what the exit rule says.
 */
import type { ActorDetail, EngineSummary } from '../../../api/engine-view.ts'
import type { DecisionRow } from '../../../api/rows/results.ts'
import type { CarryEstimate } from '../../../domain/carry/carry.ts'
import type { EntryJudgement } from '../../../domain/entry/opportunity.ts'
import type { ExitJudgement } from '../../../domain/exit/judgement.ts'
import {
  agoText,
  amountText,
  bpsText,
  countText,
  instantText,
  lengthText,
  paybackText,
  percentText,
  qtyText,
} from '../../../wording/figures.ts'
import { reasonText, spokenReason } from '../../../wording/reasons.ts'
import type { Shown } from '../../kit/asking.ts'
import { type Client, engineClient } from '../../kit/client.ts'
import { CliFailure } from '../../kit/failure.ts'
import { actorPath, didYouMean, isCalled } from '../../kit/known-actors.ts'
import {
  bold,
  dim,
  green,
  lengthOf,
  print,
  printJson,
  red,
  signed,
  tableLines,
  yellow,
} from '../../kit/output.ts'
import { type HedgeListed, phaseText } from './hedges.ts'

type Judged = EntryJudgement & {
  exit?: ExitJudgement | null
  market?: { engineRefuses?: string | null; nextFundingAtMs?: number | null }
}
type Facts = {
  judged: Judged
  actor: ActorDetail | undefined
  hedge: HedgeListed | undefined
  engine: EngineSummary
  decisions: DecisionRow[]
}

/** The last changes of mind. */
const DECISIONS_SHOWN = 8

/** Prints why a symbol is, or is not, worth a hedge. */
export async function explain(typed: string, { json, ...where }: Shown): Promise<void> {
  const client = engineClient(where)
  const facts = await factsOf(client, typed)
  const { judged, actor, hedge, engine, decisions } = facts
  const { exit = null, ...judgement } = judged
  if (json) {
    const { state, halt } = engine
    const { symbol } = judged
    return printJson({
      symbol,
      actor: actor ?? null,
      judgement,
      exit,
      hedge: hedge ?? null,
      decisions,
      engine: { state, halt },
    })
  }
  const parts = [
    headLines(facts),
    whyLines(facts),
    carryLines(judged.carry),
    hedge ? heldLines(facts, hedge) : [],
    decidedLines(facts),
  ]
  print(
    parts
      .filter(lines => lines.length > 0)
      .map(lines => lines.join('\n'))
      .join('\n\n'),
  )
}

async function factsOf(client: Client, typed: string): Promise<Facts> {
  const [all, engine] = (await Promise.all([
    client.get('/api/opportunities'),
    client.get('/api/engine'),
  ])) as [Judged[], EngineSummary]
  const judged =
    all.find(({ symbol }) => symbol === typed.toUpperCase()) ??
    all.find(({ symbol }) => isCalled(symbol, typed))
  if (!judged) {
    const known = all.map(({ symbol }) => symbol)
    const more = didYouMean(typed, known) || ': `hedgerow opportunities` lists them'
    throw new CliFailure(
      `no symbol ${typed} is tracked${known.length === 0 ? ': none was judged yet' : more}`,
    )
  }
  const actor = (await client.find(actorPath(`symbol:${judged.symbol}`))) as ActorDetail | undefined
  const hedgeId = actor?.context.hedgeId
  const hedge =
    typeof hedgeId === 'string' ? await client.find(`/api/hedges/${encodeURIComponent(hedgeId)}`) : undefined
  const path = `/api/opportunities/${encodeURIComponent(judged.symbol)}/decisions?limit=${DECISIONS_SHOWN}`
  const { rows: decisions } = (await client.get(path)) as { rows: DecisionRow[] }
  return { judged, actor, hedge: hedge as HedgeListed | undefined, engine, decisions }
}

function headLines({ judged, actor, engine }: Facts): string[] {
  const age = agoText(engine.nowMs - judged.judgedAtMs)
  const state = actor ? phaseText(actor.state) : yellow('no actor')
  return [`${bold(judged.symbol)}  ${state}  ${dim(`judged ${age}, ${instantText(judged.judgedAtMs)} UTC`)}`]
}

/** Why it is where it is: the verdict on a new hedge, then whatever else stands in its way. */
function whyLines({ judged, actor, hedge, engine }: Facts): string[] {
  const { verdict } = judged
  const word = verdict === 'tempting' ? green(verdict) : verdict === 'blind' ? yellow(verdict) : bold(verdict)
  const lines = [`${dim(hedge ? 'a new hedge ' : 'entry       ')}${word}: ${reasonText(judged)}`]
  const refuses = judged.market?.engineRefuses
  if (engine.halt)
    lines.push(`${dim('engine      ')}${red('halted')} by ${engine.halt.by}: ${engine.halt.because}`)
  else if (engine.risk?.state === 'reducing')
    lines.push(`${dim('engine      ')}${yellow('reducing')}: ${reasonText(engine.risk)}`)
  else if (refuses) lines.push(`${dim('engine      ')}${red('no new hedge')}: ${refuses}`)
  const because = spokenReason(actor?.context.because as string | undefined)
  if (actor && because !== '') lines.push(`${dim('symbol      ')}${actor.state}: ${because}`)
  const due = actor?.timers[0]
  if (due && !hedge)
    lines.push(`${dim('            ')}looks again in ${lengthText(Math.max(0, due.dueAtMs - engine.nowMs))}`)
  return lines
}

type Line = readonly [name: string, figure: string, unit: string, note?: string]

function carryLines(carry: CarryEstimate | null): string[] {
  if (!carry) return [dim('Nothing was calculated: market data was missing.')]
  const { notionalUsdt, horizonHours, settlements, expectedRate, capitalUsdt } = carry
  const cash = (value: string) => signed(amountText(value, { places: 4, sign: true }))
  const lines: Line[] = [
    [
      'expected funding',
      cash(carry.fundingUsdt),
      'USDT',
      `${countText(settlements, 'settlement')}, ${percentText(expectedRate, { places: 4 })} together`,
    ],
    [
      'basis and slippage',
      cash(carry.basisUsdt),
      'USDT',
      `in at ${bpsText(carry.entryBasisBps)}, out at ${bpsText(carry.exitBasisBps)}`,
    ],
    ['fees of four fills', cash(carry.feesUsdt), 'USDT', `by route ${carry.route}`],
    ['adverse moves', cash(carry.adverseUsdt), 'USDT', 'of resting orders, and between the two fills'],
    ['orders that miss', cash(carry.escalationUsdt), 'USDT', 'and must be priced further away'],
    ['borrow interest', cash(carry.borrowUsdt), 'USDT'],
    ['USDT interest', cash(carry.interestUsdt), 'USDT', 'expected on a negative USDT balance'],
    ['orphan leg', cash(carry.orphanUsdt), 'USDT', 'probability times cost'],
    ['net carry', bold(cash(carry.netUsdt)), 'USDT', `of ${amountText(capitalUsdt)} USDT of capital`],
    ['may be less by', cash(carry.allowanceUsdt), 'USDT', 'for uncertain funding'],
  ]
  const rates: Line[] = [
    ['return on capital', percentText(carry.returnOnCapital, { sign: true }), '', `in ${horizonHours} h`],
    ['a year', percentText(carry.aprOnCapital, { sign: true }), '', 'not compounded'],
    ['after the allowance', bold(percentText(carry.cautiousApr, { sign: true })), '', 'a year: what decides'],
    ['funding now, a year', percentText(carry.fundingApr, { sign: true }), '', 'on notional, before costs'],
    ['basis now', bpsText(carry.midBasisBps), '', 'between mid prices'],
  ]
  const size = `${qtyText(carry.baseQty)} coins, ${amountText(notionalUsdt)} USDT`
  return [
    `${dim('If')} ${size} ${dim(`were hedged for ${horizonHours} h:`)}`,
    ...aligned(lines),
    '',
    ...aligned(rates),
    '',
    `It ${paybackText(carry)}.`,
  ]
}

/** Names to the left, figures to the right, notes after them. */
function aligned(lines: readonly Line[]): string[] {
  const names = Math.max(...lines.map(([name]) => name.length))
  const figures = Math.max(...lines.map(([, figure]) => lengthOf(figure)))
  return lines.map(([name, figure, unit, note]) => {
    const room = ' '.repeat(figures - lengthOf(figure))
    return `  ${name.padEnd(names)}  ${room}${figure}${unit && ` ${unit}`}${note ? dim(`  ${note}`) : ''}`
  })
}

/** The last changes of mind, newest first, each with the figures it was made from. */
function decidedLines({ decisions }: Facts): string[] {
  if (decisions.length === 0) return []
  const rows = decisions.map(decision => {
    const carry = decision.detail.carry as CarryEstimate | null | undefined
    return {
      at: instantText(decision.atMs).slice(5),
      about: decision.about,
      verdict: decision.verdict,
      apr: carry ? percentText(carry.aprOnCapital, { places: 1, sign: true }) : '',
      why: reasonText(decision),
    }
  })
  const columns = { at: 'DECIDED (UTC)', about: 'ABOUT', verdict: 'VERDICT', apr: 'NET APR', why: 'WHY' }
  return tableLines(rows, columns, { spare: ['about', 'apr'] })
}

function heldLines({ judged, engine }: Facts, hedge: HedgeListed): string[] {
  const held = hedge.hedgedAtMs
    ? `hedged for ${lengthText(Math.max(0, engine.nowMs - hedge.hedgedAtMs))}`
    : 'not hedged yet'
  const lines = [
    `${dim('hedge       ')}${hedge.id} ${phaseText(hedge.state)}, ${held}; ${dim(`\`hedgerow hedge ${hedge.id}\` tells its story`)}`,
    `${dim('so far      ')}${signed(amountText(hedge.fundingUsdt, { places: 4, sign: true }))} USDT of funding in ${countText(hedge.settlements, 'settlement')}; planned ${amountText(hedge.plannedNetUsdt, { places: 4, sign: true })} USDT net, ${percentText(hedge.filledShare, { places: 0 })} of the plan is held`,
  ]
  const { exit } = judged
  if (exit) {
    const word =
      exit.verdict === 'leave'
        ? red(exit.verdict)
        : exit.verdict === 'wait'
          ? yellow(exit.verdict)
          : green(exit.verdict)
    lines.push(`${dim('exit rule   ')}${word}: ${reasonText(exit)}`)
    if (exit.exitBasisBps !== null)
      lines.push(`${dim('            ')}closing now would be at ${bpsText(exit.exitBasisBps)}`)
  } else if (hedge.unwindBecause)
    lines.push(`${dim('exit rule   ')}${yellow('leaving')}: ${spokenReason(hedge.unwindBecause)}`)
  return lines
}
