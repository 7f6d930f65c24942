/** A sweep as a page: what the rule earns beside the simple ones, how it depends on each parameter, and what may be luck. */
import { HOUR_MS } from '../../domain/market/funding.ts'
import { amountText, percentText } from '../../wording/figures.ts'
import type { ParameterSet } from '../sweep/grid.ts'
import type { RuleRow, SweepReport, TrialRow } from '../sweep/sweep.ts'
import {
  chart,
  conventions,
  day,
  fallLine,
  type Hashes,
  type Html,
  hashSection,
  html,
  htmlPage,
  htmlTable,
  toned,
} from './page.ts'

const DAY_MS = 24 * HOUR_MS
const signed = (fraction: number) => toned(percentText(fraction, { sign: true }))
const bps = (value: number) => toned(amountText(value, { sign: true, places: 0 }))
/** A parameter set in one line. */
export const setText = (set: ParameterSet): string =>
  Object.entries(set)
    .map(([key, value]) => `${key} ${value}`)
    .join(', ') || 'as configured'

/** The whole file. @param hashes - of what the report was made of */
export function sweepPage(report: SweepReport, hashes: Hashes): string {
  const { fromMs, toMs, symbols, equity } = report
  const lines = equity.map(({ name, values }) => ({
    name,
    points: values.map((value, at) => ({ atMs: Math.min(fromMs + at * DAY_MS, toMs), value })),
  }))
  return htmlPage(`Sweep, ${day(fromMs)} to ${day(toMs)}`, [
    html`<h1>Sweep of ${report.trials.length} parameter sets</h1>
<p class="faint">${symbols.length} symbols, ${day(fromMs)} to ${day(toMs)}, fees ${report.fees.name}, ${amountText(report.roundTripBps, { places: 1 })} bps a round trip, ${amountText(report.capital)} USDT, seed ${report.seed}. A screen: settled funding${report.priced.length > 0 ? ` and hourly prices of ${report.priced.join(', ')}` : ' alone'}, long carry, one width of book.</p>`,
    html`<h2>The rule beside simple ones</h2>`,
    htmlTable('Each over the whole stretch', RULE_HEAD, report.rules.map(ruleCells)),
    html`<p class="faint">A simple rule has no order of preference, so each symbol has the same share of its capital; the configured rule has the limits of the configuration. What is fair to compare is the net of a unit in each symbol.</p>`,
    chart('Equity, USDT', lines, value => amountText(value, { places: 0 })),
    chart('Below the peak', lines.map(fallLine), value => percentText(value, { places: 1 })),
    html`<h2>Walk-forward</h2>`,
    walkTable(report),
    html`<h2>What may be luck</h2>`,
    luckText(report),
    html`<h2>Sensitivity</h2>`,
    sensitivityTable(report),
    html`<h2>Symbols</h2>`,
    symbolTable(report),
    html`<h2>All parameter sets</h2>`,
    trialTable(report.trials),
    conventions(),
    hashSection(hashes, report.files),
  ])
}

const RULE_HEAD = [
  'Rule',
  'APR on capital',
  'Fall',
  'Sharpe',
  'Trades',
  'Net bps, symbol and year',
  'Held',
  'Trades of units',
]
const figureCells = (row: Omit<RuleRow, 'name'>) => [
  signed(row.aprOnCapital),
  percentText(row.drawDown),
  amountText(row.sharpe),
  row.accountTrades,
  bps(row.netBps),
  percentText(row.heldShare, { places: 0 }),
  row.trades,
]
const ruleCells = (row: RuleRow) => [row.name, ...figureCells(row)]

function walkTable({ walk: { trainDays, testDays, windows } }: SweepReport): Html {
  const names = windows[0]?.rules.map(({ name }) => name) ?? []
  const caption = `Chosen on ${trainDays} days by return on capital, judged on the ${testDays} after them, each from an empty account to an empty one: net of a unit in each symbol, bps per symbol and year, and in brackets a year on capital`
  const rows = windows.map(window => [
    `${day(window.test.fromMs)} to ${day(window.test.toMs)}`,
    setText(window.chosen),
    signed(window.trainApr),
    ...window.rules.map(
      ({ netBps, aprOnCapital }) => html`${bps(netBps)} (${percentText(aprOnCapital, { sign: true })})`,
    ),
  ])
  return windows.length > 0
    ? htmlTable(caption, ['Judged', 'Set', 'Where chosen', ...names], rows)
    : html`<p class="faint">The history is shorter than one window of ${trainDays} and ${testDays} days.</p>`
}

function luckText({ luck, best, combinations, trials }: SweepReport): Html {
  const { ahead } = luck
  return html`<p>${trials.length} of ${combinations} combinations were tried. The highest Sharpe ratio among them is ${amountText(luck.bestSharpe)}; of as many worthless tries that scatter alike, the luckiest would show ${amountText(luck.luckiestSharpe)}. Deflated by that, it is above luck with a probability of ${percentText(luck.deflated, { places: 1 })}. The configured rule was not chosen here: its ratio is above 0 with ${percentText(luck.configured, { places: 1 })}.</p>
<p>${percentText(luck.aboveTwoSpeeds, { places: 0 })} of the sets earn more by units than the two-speed rule.${ahead ? ` The configured rule less the two speeds, days drawn anew in blocks: ${amountText(ahead.low, { sign: true, places: 0 })} to ${amountText(ahead.high, { sign: true, places: 0 })} bps per symbol and year in nine of ten draws.` : ''}</p>
<p>The highest return on capital after the fact, ${percentText(best.aprOnCapital)}, has ${setText(best.set)}. It is shown so that nobody has to look for it, and is no advice.</p>`
}

const sensitivityTable = ({ sensitivity }: SweepReport): Html =>
  htmlTable(
    'A year on capital, over all sets that have the value; alone: only this parameter changed',
    ['Parameter', 'Value', 'Sets', 'Worst', 'Median', 'Best', 'Alone'],
    sensitivity.map(row => [
      row.key,
      row.value,
      row.sets,
      signed(row.worst),
      signed(row.median),
      signed(row.best),
      row.alone === null ? '–' : signed(row.alone),
    ]),
  )

function symbolTable({ bySymbol, rules }: SweepReport): Html {
  const names = rules.map(({ name }) => name)
  return htmlTable(
    'Net of a unit in each symbol over the whole stretch, bps of notional; funding of the configured rule as the recorded rates add up, a fraction',
    ['Symbol', 'Funding', ...names],
    bySymbol.map(({ symbol, fundingExact, rules: cells }) => [
      symbol,
      fundingExact,
      ...cells.map(({ netBps }) => bps(netBps)),
    ]),
  )
}

const trialTable = (trials: readonly TrialRow[]): Html =>
  htmlTable(
    'In the order in which they were tried',
    ['Set', ...RULE_HEAD.slice(1)],
    trials.map(row => [setText(row.set), ...figureCells(row)]),
  )
