/** The study of funding alone as people read it; it says first what it is not. */
import type { FundingStudy, SymbolStudy } from '../../backtest/study.ts'
import { amountText, instantText, percentText } from '../../wording/figures.ts'
import { bold, dim, tableLines } from '../kit/output.ts'

export function studyText(study: FundingStudy): string {
  const { fromMs, toMs, files, fees, horizonHours, entryAprMin, halfSpreadBps, costBps, symbols } = study
  const day = (atMs: number) => instantText(atMs).slice(0, 10)
  const wanted = symbols.reduce((sum, each) => sum + each.wanted, 0)
  const judged = symbols.reduce((sum, each) => sum + each.judged, 0)
  const held = symbols.filter(({ heldNetBps }) => heldNetBps > 0).length
  return [
    bold(`Study of funding alone, ${symbols.length} symbols, ${day(fromMs)} to ${day(toMs)}`),
    'A study, not a run: no order, no book and no basis. Long carry only: what borrowing a coin costs is',
    'not in the records, nor whether a spot market exists to hedge with.',
    `${dim('records  ')}${files.join(', ')}`,
    `${dim('cost     ')}${amountText(costBps)} bps of notional for a round trip: fees ${fees.name}, ${halfSpreadBps} bps of half spread on each book, the configured orphan leg and exit slippage`,
    `${dim('wanted   ')}net carry over ${horizonHours} h above ${percentText(entryAprMin)} a year on capital, by the rate model fitted on the month before`,
    '',
    ...tableLines(symbols.map(rowOf), COLUMNS),
    '',
    `Wanted at ${wanted} of ${amountText(judged, { places: 0 })} judged settlements. Holding from the first settlement to the last would have earned more than it cost for ${held} of ${symbols.length} symbols.`,
    dim(
      'EXPECTED and PAID: mean net of the horizon after each wanted settlement, by the model and by the records.',
    ),
  ].join('\n')
}

const COLUMNS = {
  symbol: 'SYMBOL',
  settlements: 'SETTLED',
  mean: 'MEAN A YEAR',
  judged: 'JUDGED',
  wanted: 'WANTED',
  best: 'BEST NET A YEAR',
  at: 'AT',
  expected: 'EXPECTED',
  paid: 'PAID',
  held: 'HELD, NET',
  heldApr: 'ON CAPITAL',
}

const bps = (value: number | null) => (value === null ? '–' : `${amountText(value, { sign: true })} bps`)

const rowOf = (study: SymbolStudy) => ({
  symbol: study.symbol,
  settlements: String(study.settlements),
  mean: percentText(study.meanApr, { sign: true }),
  judged: String(study.judged),
  wanted: String(study.wanted),
  best: percentText(study.bestApr, { sign: true }),
  at: study.bestAtMs === null ? '–' : instantText(study.bestAtMs).slice(0, 16),
  expected: bps(study.expectedBps),
  paid: bps(study.paidBps),
  held: bps(study.heldNetBps),
  heldApr: percentText(study.heldApr, { sign: true }),
})
