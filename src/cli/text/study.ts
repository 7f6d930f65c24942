/** The study of funding alone as people read it; it says first what it is not. */
import type { FundingStudy, StudiedRule } from '../../backtest/study/study.ts'
import { amountText, instantText, percentText } from '../../wording/figures.ts'
import { bold, dim, tableLines } from '../kit/output.ts'

export function studyText(study: FundingStudy): string {
  const { fromMs, toMs, files, fees, halfSpreadBps, roundTripBps, symbols, symbolYears, rules } = study
  const day = (atMs: number) => instantText(atMs).slice(0, 10)
  return [
    bold(`Study of funding alone, ${symbols} symbols, ${day(fromMs)} to ${day(toMs)}`),
    'A study, not a run: no order, no book and no basis. Long carry only: what borrowing a coin costs is',
    'not in the records, nor whether a spot market exists to hedge with.',
    `${dim('records  ')}${files.join(', ')}: ${amountText(symbolYears, { places: 1 })} symbol-years`,
    `${dim('cost     ')}${amountText(roundTripBps)} bps of notional for each round trip: fees ${fees.name}, four crossing fills, ${halfSpreadBps} bps of half spread on each book`,
    `${dim('rule     ')}decided at each settlement from what was settled until then, earned from the next one on; the first 30 days of a symbol only teach`,
    '',
    ...tableLines(rules.map(rowOf), COLUMNS),
    '',
    dim(
      'NET, FUNDING: bps of notional per symbol and year, over all time recorded. HELD: share of that time.',
    ),
  ].join('\n')
}

const COLUMNS = {
  name: 'RULE',
  net: 'NET',
  funding: 'FUNDING',
  held: 'HELD',
  trades: 'TRADES',
  above: 'SYMBOLS GAINED',
  below: 'LOST',
}

const rowOf = (rule: StudiedRule) => ({
  name: rule.name,
  net: amountText(rule.netBpsPerSymbolYear, { sign: true, places: 1 }),
  funding: amountText(rule.fundingBpsPerSymbolYear, { sign: true, places: 1 }),
  held: percentText(rule.heldShare, { places: 1 }),
  trades: String(rule.trades),
  above: String(rule.symbolsAbove),
  below: String(rule.symbolsBelow),
})
