/** A backtest as a page: equity and falls, where the money came from, every trade with its decision, each symbol. */
import { Decimal } from 'decimal.js'
import { amountText, percentText } from '../../wording/figures.ts'
import type { BacktestRun } from '../run.ts'
import type { Trade } from '../trades.ts'
import type { BacktestReport, VariantReport } from '../variants.ts'
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
  type TableCell,
  toned,
} from './page.ts'

const cash = (value: string) => toned(amountText(value, { sign: true }))
const minute = (atMs: number) => new Date(atMs).toISOString().slice(0, 16).replace('T', ' ')
const sum = (values: readonly string[]) =>
  values.reduce((total, value) => total.plus(value), new Decimal(0)).toFixed()

/** The whole file. @param hashes - of what the report was made of */
export function backtestPage(report: BacktestReport, hashes: Hashes): string {
  const { fromMs, toMs, symbols, capitalUsdt, assumptions, gaps, variants, tiesOut } = report
  return htmlPage(`Backtest of ${symbols.join(', ')}, ${day(fromMs)} to ${day(toMs)}`, [
    html`<h1>Backtest of ${symbols.join(', ')}</h1>
<p class="faint">${day(fromMs)} to ${day(toMs)}, ${amountText(capitalUsdt)} USDT, seed ${report.strategy.seed}. ${tiesOut ? 'Books, journals and funding of every run tie out.' : 'The books of a run do not tie out: see below.'}</p>
<ul>${assumptions.map(text => html`<li>${text}</li>`)}</ul>
<p class="faint">${gaps.length === 0 ? 'No price hour and no settlement is missing.' : `${gaps.length} holes in the records are left as they are, the first ${gaps[0]?.symbol ?? ''}: ${gaps[0]?.kind ?? ''} from ${minute(gaps[0]?.fromMs ?? 0)}.`}</p>`,
    ...variants.flatMap(variantSections),
    conventions(),
    html`<p class="faint">Margin over time is not in the records of a run; exposure is the notional of open hedges.</p>`,
    hashSection(hashes, report.files),
  ])
}

function variantSections({ name, allTakerBps, runs }: VariantReport): Html[] {
  const [engine] = runs
  const lines = runs.map(run => ({
    name: run.name,
    points: run.equity.map(({ atMs, equityUsdt }) => ({ atMs, value: Number(equityUsdt) })),
  }))
  return [
    html`<h2>${name}</h2><p class="faint">Four crossing fills cost ${amountText(allTakerBps, { places: 1 })} bps.</p>`,
    htmlTable('Where the money came from, USDT; + is received', ATTRIBUTION, runs.map(attribution)),
    chart('Equity, USDT', lines, value => amountText(value, { places: 0 })),
    chart('Below the peak', lines.map(fallLine), value => percentText(value, { places: 1 })),
    chart('Notional of open hedges, USDT', runs.map(exposure), value => amountText(value, { places: 0 })),
    ...(engine ? [symbolTable(engine), tradeTable(engine)] : []),
    ...runs.flatMap(eventLines),
  ]
}

const ATTRIBUTION = [
  'Rule',
  'Net',
  'Funding',
  'Fees',
  'Slippage',
  'Basis',
  'Interest',
  'APR on capital',
  'Fall',
  'Turned',
  'Trades',
  'Books',
]
const attribution = ({ name, figures, checks }: BacktestRun): TableCell[] => [
  name,
  cash(figures.netUsdt),
  cash(figures.fundingUsdt),
  cash(figures.feesUsdt),
  cash(figures.slippageUsdt),
  cash(figures.basisUsdt),
  cash(figures.interestUsdt),
  toned(percentText(figures.aprOnCapital, { sign: true })),
  percentText(figures.drawDown),
  `${amountText(figures.timesTurned, { places: 1 })} times`,
  figures.trades,
  Object.values(checks.residuals).every(residual => residual === '0') &&
  checks.funding.bookedUsdt === checks.funding.recordedUsdt
    ? 'residual 0, funding as recorded'
    : `residual ${JSON.stringify(checks.residuals)}; funding ${checks.funding.bookedUsdt} booked, ${checks.funding.recordedUsdt} recorded`,
]

/** Steps at each opening and each closing. */
function exposure({ name, trades, equity }: BacktestRun) {
  const changes = trades
    .flatMap(({ openedAtMs, closedAtMs, notionalUsdt }) => [
      { atMs: openedAtMs, by: Number(notionalUsdt) },
      ...(closedAtMs === null ? [] : [{ atMs: closedAtMs, by: -Number(notionalUsdt) }]),
    ])
    .sort((a, b) => a.atMs - b.atMs)
  const points = [{ atMs: equity[0]?.atMs ?? 0, value: 0 }]
  for (const { atMs, by } of changes) {
    const value = points.at(-1)?.value ?? 0
    points.push({ atMs, value }, { atMs, value: value + by })
  }
  points.push({ atMs: equity.at(-1)?.atMs ?? 0, value: points.at(-1)?.value ?? 0 })
  return { name, points }
}

function symbolTable({ name, trades }: BacktestRun): Html {
  const rows = [...Map.groupBy(trades, ({ symbol }) => symbol)].sort(([a], [b]) => (a < b ? -1 : 1))
  const part = (
    of: readonly Trade[],
    key: 'netUsdt' | 'fundingUsdt' | 'feesUsdt' | 'slippageUsdt' | 'basisUsdt',
  ) => cash(sum(of.map(each => each[key])))
  return htmlTable(
    `${name}, by symbol, USDT`,
    ['Symbol', 'Trades', 'Settlements', 'Net', 'Funding', 'Fees', 'Slippage', 'Basis'],
    rows.map(([symbol, of]) => [
      symbol,
      of.length,
      of.reduce((total, { settlements }) => total + settlements, 0),
      part(of, 'netUsdt'),
      part(of, 'fundingUsdt'),
      part(of, 'feesUsdt'),
      part(of, 'slippageUsdt'),
      part(of, 'basisUsdt'),
    ]),
  )
}

const tradeTable = ({ name, trades }: BacktestRun): Html =>
  htmlTable(
    `${name}, every trade with its decision`,
    [
      'Hedge',
      'Symbol',
      'Opened',
      'Closed',
      'Notional',
      'Expected',
      'Net',
      'Funding',
      'Costs',
      'Why it was opened',
      'Why it was left',
    ],
    trades.map(trade => [
      trade.id,
      trade.symbol,
      minute(trade.openedAtMs),
      trade.closedAtMs === null ? trade.state : minute(trade.closedAtMs),
      amountText(trade.notionalUsdt),
      trade.expected
        ? `${percentText(trade.expected.cautiousApr)} a year over ${trade.expected.horizonHours} h`
        : '–',
      cash(trade.netUsdt),
      cash(trade.fundingUsdt),
      cash(sum([trade.feesUsdt, trade.slippageUsdt])),
      trade.because,
      trade.leftBecause,
    ]),
  )

const eventLines = ({ name, events }: BacktestRun): Html[] =>
  events.length === 0
    ? []
    : [
        htmlTable(
          `${name}: met and gone on from`,
          ['When', 'Symbol', 'What'],
          events.map(({ atMs, symbol, what }) => [minute(atMs), symbol, what]),
        ),
      ]
