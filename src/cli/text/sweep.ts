/** A sweep as people read it in a terminal: the same figures as its page, without the long tables. */
import { setText } from '../../backtest/report/sweep-page.ts'
import type { RuleRow, SweepReport } from '../../backtest/sweep/sweep.ts'
import { amountText, instantText, percentText } from '../../wording/figures.ts'
import { bold, dim, signed, tableLines } from '../kit/output.ts'

const day = (atMs: number) => instantText(atMs).slice(0, 10)
const yearly = (fraction: number) => signed(percentText(fraction, { sign: true }))

/** Colours where a person looks. */
export function sweepText(report: SweepReport): string {
  const {
    fromMs,
    toMs,
    symbols,
    files,
    fees,
    roundTripBps,
    capital,
    combinations,
    trials,
    walk,
    luck,
    priced,
  } = report
  return [
    bold(`Sweep of ${trials.length} of ${combinations} parameter sets, ${day(fromMs)} to ${day(toMs)}`),
    `${dim('records  ')}${files.join(', ')}: ${symbols.length} symbols; prices of ${priced.length === 0 ? 'none cover the stretch: funding alone' : priced.join(', ')}`,
    `${dim('cost     ')}fees ${fees.name}, ${amountText(roundTripBps, { places: 1 })} bps a round trip; ${amountText(capital)} USDT, seed ${report.seed}`,
    '',
    ...tableLines(report.rules.map(ruleRow), RULES),
    '',
    bold(
      `Walk-forward: chosen on ${walk.trainDays} days, judged on the next ${walk.testDays}; net bps per symbol and year`,
    ),
    ...walkLines(report),
    '',
    bold('Sensitivity: a year on capital over all sets that have the value'),
    ...tableLines(
      report.sensitivity.map(row => ({
        key: row.key,
        value: row.value,
        sets: row.sets,
        worst: yearly(row.worst),
        median: yearly(row.median),
        best: yearly(row.best),
        alone: row.alone === null ? '–' : yearly(row.alone),
      })),
      {
        key: 'PARAMETER',
        value: 'VALUE',
        sets: 'SETS',
        worst: 'WORST',
        median: 'MEDIAN',
        best: 'BEST',
        alone: 'ALONE',
      },
    ),
    '',
    `Best Sharpe ratio ${amountText(luck.bestSharpe)}; the luckiest of ${luck.tries} worthless tries would show ${amountText(luck.luckiestSharpe)}: above luck with ${percentText(luck.deflated, { places: 1 })}.`,
    `The configured rule, which was not chosen here, is above 0 with ${percentText(luck.configured, { places: 1 })}. ${percentText(luck.aboveTwoSpeeds, { places: 0 })} of the sets beat the two speeds by units${luck.ahead ? `; it is ${amountText(luck.ahead.low, { sign: true, places: 0 })} to ${amountText(luck.ahead.high, { sign: true, places: 0 })} bps per symbol and year ahead of them in nine of ten draws of the days` : ''}.`,
    `Highest return after the fact: ${percentText(report.best.aprOnCapital)} with ${setText(report.best.set)}.`,
    dim(
      'APR on capital, FALL, SHARPE and TRADES are of one account; NET and HELD of a unit in each symbol, net bps per symbol and year.',
    ),
  ].join('\n')
}

const RULES = {
  name: 'RULE',
  apr: 'APR ON CAPITAL',
  fall: 'FALL',
  sharpe: 'SHARPE',
  trades: 'TRADES',
  net: 'NET',
  held: 'HELD',
}
const ruleRow = (row: RuleRow) => ({
  name: row.name,
  apr: yearly(row.aprOnCapital),
  fall: percentText(row.drawDown),
  sharpe: amountText(row.sharpe),
  trades: row.accountTrades,
  net: amountText(row.netBps, { sign: true, places: 1 }),
  held: percentText(row.heldShare, { places: 1 }),
})

function walkLines({ walk: { windows, trainDays, testDays } }: SweepReport): string[] {
  if (windows.length === 0) return [dim(`the history is shorter than ${trainDays} and ${testDays} days`)]
  const names = windows[0]?.rules.map(({ name }) => name) ?? []
  const rows = windows.map(window => ({
    judged: `${day(window.test.fromMs)} to ${day(window.test.toMs)}`,
    train: yearly(window.trainApr),
    ...Object.fromEntries(
      window.rules.map(({ name, netBps }) => [name, amountText(netBps, { sign: true, places: 0 })]),
    ),
  }))
  return tableLines(rows, {
    judged: 'JUDGED',
    train: 'WHERE CHOSEN',
    ...Object.fromEntries(names.map(name => [name, name.toUpperCase()])),
  })
}
