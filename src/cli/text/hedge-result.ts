/** What a hedge made by parts beside what was expected of it, and how well it was executed, as lines. */

import type { ExecutionQuality } from '../../domain/books/execution-quality.ts'
import type { HedgeProfit } from '../../domain/books/hedge-profit.ts'
import type { CarryOutcome } from '../../domain/carry/carry-outcome.ts'
import {
  amountText,
  bpsText,
  countText,
  hoursText,
  instantText,
  lengthText,
  percentText,
  qtyText,
} from '../../wording/figures.ts'
import { reasonText } from '../../wording/reasons.ts'
import { bold, dim, signed, tableLines } from '../kit/output.ts'

export type Made = {
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
  mishaps: 'mishaps and dust',
  net: 'net',
}
const cash = (value: string) => signed(amountText(value, { places: 4, sign: true }))

/** An open hedge counts both legs at today's prices. */
export function profitLines({ state, profit, carry }: Made): string[] {
  const rows = carry.lines.map(({ part, expectedUsdt, realisedUsdt }) => ({
    part: part === 'net' ? bold(NAMES[part]) : NAMES[part],
    made: part === 'net' ? bold(cash(realisedUsdt)) : cash(realisedUsdt),
    expected: dim(amountText(expectedUsdt, { places: 4, sign: true })),
  }))
  const { realisedUsdt, unrealisedUsdt, inventory, unvalued, measuredShare } = profit
  const left = inventory.map(({ coin, qty }) => `${qtyText(qty)} ${coin}`).join(', ')
  const { realisedAprOnCapital, expectedAprOnCapital, heldHours, horizonHours, expectedFundingSoFarUsdt } =
    carry
  const notes = [
    `${percentText(realisedAprOnCapital, { places: 1, sign: true })} a year on capital, ${percentText(expectedAprOnCapital, { places: 1, sign: true })} expected; held ${hoursText(heldHours)} of a horizon of ${hoursText(horizonHours)}`,
    `expected funding of the hours held: ${amountText(expectedFundingSoFarUsdt, { places: 4, sign: true })} USDT`,
    ...(state === 'closed'
      ? []
      : [
          `realised ${cash(realisedUsdt)}, open at today's prices ${cash(unrealisedUsdt)}; closing costs more`,
        ]),
    ...(measuredShare < 1
      ? [
          `slippage is measured on ${percentText(measuredShare, { places: 0 })} of the trades; the rest is in basis`,
        ]
      : []),
    ...(left
      ? [`still there: ${left}${unvalued.length > 0 ? `, not valued: ${unvalued.join(', ')}` : ''}`]
      : []),
  ]
  return [
    bold('Result (USDT)'),
    ...tableLines(rows, {
      part: 'PART',
      made: state === 'closed' ? 'MADE' : 'SO FAR',
      expected: 'EXPECTED',
    }).map(line => `  ${line}`),
    ...notes.map(note => `  ${dim(note)}`),
  ]
}

export function qualityLines({ quality }: Made): string[] {
  if (quality.fills === 0) return []
  const { legGapMs, unhedgedNotionalSeconds, slippageBps, entryShortfallBps, makerRatio, repairs } = quality
  const { costBps, allTakerBps, expectedCostUsdt, costUsdt, route } = quality
  const rested =
    makerRatio === null ? '' : `, ${percentText(makerRatio, { places: 0 })} of them rested in the book`
  return [
    bold('Execution'),
    `  one leg alone for at most ${lengthText(legGapMs)}, ${amountText(unhedgedNotionalSeconds)} USDT × s in all; ${repairs === 0 ? 'no repair' : countText(repairs, 'repair')}`,
    `  slippage ${bpsText(received(slippageBps))}${rested}; entry ${bpsText(received(entryShortfallBps))} against the plan; − is a cost`,
    `  fees and slippage ${bpsText(received(costBps))} of the notional, ${bpsText(received(allTakerBps))} by four crossing fills`,
    `  route ${route}: ${amountText(costUsdt, { places: 4 })} USDT so far, ${amountText(expectedCostUsdt, { places: 4 })} estimated for the round trip`,
  ]
}

/** Costs are stored as what they cost: people read + as received everywhere. */
const received = (costBps: number | null) => (costBps === null ? null : -costBps)

export function decisionLines({ decisions: { opened, closed } }: Made): string[] {
  const line = (name: string, decision: DecisionFacts | null) =>
    decision ? [`  ${dim(name)} ${instantText(decision.atMs)}  ${reasonText(decision)}`] : []
  const lines = [...line('opened', opened), ...line('closed', closed)]
  return lines.length > 0 ? [bold('Decided (UTC)'), ...lines] : []
}
