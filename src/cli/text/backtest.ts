/** A backtest as people read it: what was run on what, each variant beside its baselines, each trade explained. */
import type { DecisionLog, NotTaken } from '../../backtest/replay/decision-log.ts'
import { type BacktestRun, tiesOut } from '../../backtest/run.ts'
import type { FundingStudy, StudiedRule } from '../../backtest/study/study.ts'
import type { Trade } from '../../backtest/trades.ts'
import type { BacktestReport, VariantReport } from '../../backtest/variants.ts'
import type { CarryEstimate } from '../../domain/carry/carry.ts'
import { HOUR_MS } from '../../domain/market/funding.ts'
import {
  amountText,
  bpsText,
  hoursText,
  instantText,
  lengthText,
  percentText,
  priceText,
} from '../../wording/figures.ts'
import { reasonText, spokenReason } from '../../wording/reasons.ts'
import { bold, dim, signed, tableLines } from '../kit/output.ts'

const EIGHTHS = ' ▁▂▃▄▅▆▇█'

/**
 * @param values - in order; the last of each column counts
 * @param label - of the top and the bottom line
 */
export function chartLines(
  values: readonly number[],
  { width = 64, height = 6, label }: { width?: number; height?: number; label: (value: number) => string },
): string[] {
  const columns = Math.min(width, values.length)
  const shown = Array.from(
    { length: columns },
    (_, at) => values[Math.ceil(((at + 1) * values.length) / columns) - 1] ?? 0,
  )
  const [low, high] = [Math.min(...shown), Math.max(...shown)]
  const room = high - low
  const names = [label(high), label(low)].map(text => text.length)
  const margin = Math.max(...names)
  return Array.from({ length: height }, (_, line) => {
    const from = height - 1 - line
    const cells = shown.map(value => {
      const eighths = room > 0 ? Math.round(((value - low) / room) * (height * 8 - 1)) + 1 : 4
      return EIGHTHS[Math.min(8, Math.max(0, eighths - from * 8))] ?? ' '
    })
    const name = line === 0 ? label(high) : from === 0 ? label(low) : ''
    return `${name.padStart(margin)} │${cells.join('').trimEnd()}`
  })
}

const GAPS_SHOWN = 5
const DAY_MS = 24 * HOUR_MS

/** The report of a backtest as lines for a terminal. */
export function backtestText(report: BacktestReport): string {
  return [
    ...headLines(report),
    ...report.variants.flatMap(variant => ['', ...variantLines(variant)]),
    '',
    ...verdictLines(report),
  ].join('\n')
}

const cash = (value: string) => signed(amountText(value, { sign: true }))
const day = (atMs: number) => instantText(atMs).slice(0, 10)
const minute = (atMs: number) => instantText(atMs).slice(0, 16)

function headLines(report: BacktestReport): string[] {
  const { fromMs, toMs, symbols, files, capitalUsdt, strategy, assumptions } = report
  const days = Math.round((toMs - fromMs) / DAY_MS)
  const { file, patient, entryAprMin, idleApr, exitHorizonHours, seed } = strategy
  const rules = patient ? 'the patient strategy' : file ? `the rules of ${file}` : 'the default rules'
  return [
    bold(`Backtest of ${symbols.join(' and ')}, ${day(fromMs)} to ${day(toMs)} (${days} days)`),
    `${dim('by       ')}${rules}: in above ${percentText(idleApr + entryAprMin)} a year on capital over the best holding time, out when ${exitHorizonHours} h are expected to cost more than coming back; seed ${seed}`,
    `${dim('capital  ')}${amountText(capitalUsdt)} USDT; returns are measured on it`,
    `${dim('records  ')}${files.join(', ')}`,
    ...gapLines(report),
    ...uncoveredLines(report),
    ...assumptions.map((text, at) => `${dim(at === 0 ? 'assumed  ' : '         ')}${text}`),
  ]
}

function gapLines({ gaps }: BacktestReport): string[] {
  if (gaps.length === 0) return [`${dim('missing  ')}no price hour and no settlement`]
  const text = gaps
    .slice(0, GAPS_SHOWN)
    .map(({ symbol, kind, fromMs, toMs }) => `${symbol}: ${kind} ${minute(fromMs)} to ${minute(toMs)}`)
  const more = gaps.length - GAPS_SHOWN
  return [...text, ...(more > 0 ? [`and ${more} more`] : [])].map(
    (line, at) => `${dim(at === 0 ? 'missing  ' : '         ')}${line}`,
  )
}

/** What the records hold beyond what was run: symbols without prices, and time without prices. */
function uncoveredLines({ coverage, symbols, toMs }: BacktestReport): string[] {
  const unpriced = coverage.filter(({ prices }) => prices === null).map(({ symbol }) => symbol)
  const later = coverage.filter(
    ({ symbol, funding }) => symbols.includes(symbol) && (funding?.toMs ?? 0) >= toMs + DAY_MS,
  )
  const lines = [
    ...(unpriced.length > 0
      ? [
          `${unpriced.length} symbols have funding and no prices (--study studies them): ${unpriced.join(', ')}`,
        ]
      : []),
    ...later.map(
      ({ symbol, prices, funding }) =>
        `${symbol}: funding to ${day(funding?.toMs ?? 0)}, prices to ${day(prices?.toMs ?? 0)}`,
    ),
  ]
  return lines.map((line, at) => `${dim(at === 0 ? 'not run  ' : '         ')}${line}`)
}

function variantLines(variant: VariantReport): string[] {
  const { name, runs, allTakerBps, routes } = variant
  const [engine] = runs
  return [
    bold(name),
    dim(`four crossing fills cost ${amountText(allTakerBps)} bps; routes: ${routes.join(', ')}`),
    ...tableLines(runs.map(figureRow), FIGURES, { spare: ['turned', 'interest', 'days', 'fall', 'basis'] }),
    ...(engine && engine.trades.length > 0 ? ['', ...equityLines(engine)] : []),
    ...(engine ? ['', ...tradeLines(engine), '', ...notTakenLines(engine.decisions)] : []),
    ...runs.filter(run => !tiesOut(run)).map(run => `${bold('Does not tie out')}: ${checkText(run)}`),
    dim(engine ? `Books of the engine: ${checkText(engine)}` : ''),
  ]
}

const FIGURES = {
  name: '',
  trades: 'TRADES',
  funding: 'FUNDING',
  fees: 'FEES',
  slippage: 'SLIPPAGE',
  basis: 'BASIS',
  interest: 'INTEREST',
  net: 'NET USDT',
  apr: 'A YEAR',
  fall: 'FALL',
  turned: 'TURNED',
  cost: 'ROUND TRIP',
  days: 'DAYS IN',
}

const figureRow = ({ name, how, figures }: BacktestRun) => ({
  name: how === 'engine' ? bold(name) : name,
  trades: String(figures.trades),
  funding: amountText(figures.fundingUsdt, { sign: true }),
  fees: amountText(figures.feesUsdt, { sign: true }),
  slippage: amountText(figures.slippageUsdt, { sign: true }),
  basis: amountText(figures.basisUsdt, { sign: true }),
  interest: amountText(figures.interestUsdt, { sign: true }),
  net: cash(figures.netUsdt),
  apr: percentText(figures.aprOnCapital, { sign: true }),
  fall: percentText(figures.drawDown),
  turned: `${amountText(figures.timesTurned)} x`,
  cost: figures.costBps === null ? '–' : `${amountText(figures.costBps)} bps`,
  days: amountText(figures.daysInMarket, { places: 1 }),
})

const equityLines = ({ equity }: BacktestRun): string[] => [
  dim('Equity, USDT, hourly:'),
  ...chartLines(
    equity.map(({ equityUsdt }) => Number(equityUsdt)),
    { label: value => amountText(value) },
  ),
]

function tradeLines({ trades }: BacktestRun): string[] {
  if (trades.length === 0) return ['No hedge was opened.']
  return trades.flatMap(trade => tradeStory(trade))
}

function tradeStory(trade: Trade): string[] {
  const { id, symbol, route, openedAtMs, closedAtMs, notionalUsdt, expected } = trade
  const held = closedAtMs === null ? 'still open' : lengthText(closedAtMs - openedAtMs)
  return [
    `${bold(`${id} ${symbol}`)} ${minute(openedAtMs)} to ${closedAtMs === null ? 'the end' : minute(closedAtMs)} (${held}), ${amountText(notionalUsdt)} USDT by ${route}`,
    `  ${dim('in      ')} ${spokenReason(trade.because)}`,
    ...(expected ? [`  ${dim('expected')} ${expectedText(expected)}`] : []),
    `  ${dim('came    ')} funding ${cash(trade.fundingUsdt)} in ${trade.settlements} settlements, fees ${cash(trade.feesUsdt)}, slippage ${cash(trade.slippageUsdt)}, basis ${cash(trade.basisUsdt)}, interest ${cash(trade.interestUsdt)}, net ${cash(trade.netUsdt)}; ${amountText(trade.costBps)} bps for the round trip in ${trade.fills} fills`,
    `  ${dim('out     ')} ${spokenReason(trade.leftBecause)}`,
  ]
}

/** Each part of the carry that was expected, but for those that are nothing. */
function expectedText(carry: CarryEstimate): string {
  const parts = EXPECTED_PARTS.filter(([part]) => Number(carry[part]) !== 0).map(
    ([part, name]) => `${name} ${cash(carry[part])}`,
  )
  return `${parts.join(', ')}, net ${cash(carry.netUsdt)} in ${carry.horizonHours} h; break-even ${hoursText(carry.breakEvenHours)}${routesText(carry.routes)}`
}

const EXPECTED_PARTS = [
  ['fundingUsdt', 'funding'],
  ['feesUsdt', 'fees'],
  ['basisUsdt', 'basis and slippage'],
  ['adverseUsdt', 'adverse moves'],
  ['escalationUsdt', 'orders that miss'],
  ['borrowUsdt', 'borrow'],
  ['interestUsdt', 'interest'],
  ['orphanUsdt', 'orphan leg'],
] as const

const routesText = (routes: CarryEstimate['routes']): string =>
  routes && routes.length > 1
    ? `; routes ${routes.map(each => `${each.route} ${amountText(each.totalUsdt)}`).join(', ')}`
    : ''

function notTakenLines(decisions: DecisionLog | null): string[] {
  if (!decisions) return []
  const { judgements, notTaken, best } = decisions
  const lines = [dim(`Why not, of ${amountText(judgements, { places: 0 })} judgements:`)]
  for (const each of notTaken) lines.push(`  ${each.symbol} ${each.direction} ${reasonRange(each)}`)
  for (const { symbol, atMs, carry } of best) {
    lines.push(
      `  ${symbol} at its best, ${minute(atMs)}: ${percentText(carry.aprOnCapital, { sign: true })} a year on capital (${carry.direction}); funding ${cash(carry.fundingUsdt)}, fees ${cash(carry.feesUsdt)}, basis and slippage ${cash(carry.basisUsdt)} in ${carry.horizonHours} h on ${amountText(carry.notionalUsdt)} USDT`,
    )
  }
  return lines
}

function reasonRange({ because, times, foundMin, foundMax, limit }: NotTaken): string {
  const said = (found: string) => reasonText({ because, found, limit })
  const range =
    foundMin === foundMax ? said(foundMax) : `${said(foundMax)}; the least found ${figureText(foundMin)}`
  return `${amountText(times, { places: 0 })} x ${range}`
}

/** A fraction as percent a year where it is one, anything else as it is. */
const figureText = (found: string): string =>
  /^-?\d+(\.\d+)?(e-\d+)?$/.test(found) ? percentText(found) : exactOr(found)
const exactOr = (found: string): string => found.replace(/-?\d+\.\d{3,}/g, each => priceText(each))

function checkText({ checks, trades }: BacktestRun): string {
  const { residuals, suspense, unowned, funding, journal } = checks
  const residual = Object.entries(residuals)
    .map(([coin, left]) => `${coin} ${left}`)
    .join(', ')
  const open = trades.filter(({ closedAtMs }) => closedAtMs === null).length
  const folded = journal
    ? `; journal: ${journal.steps} steps of ${journal.actors} actors folded again, ${journal.differences.length} differ`
    : ''
  return `residual ${residual || 'none'}; ${suspense} postings unexplained; ${unowned} trades of no hedge; funding booked ${funding.bookedUsdt} USDT in ${funding.payments} payments, from the files ${funding.recordedUsdt}, ${funding.missed} missed; ${open} hedges left open${folded}.`
}

/** What it comes to, in a sentence for each variant. */
function verdictLines({ variants }: BacktestReport): string[] {
  return variants.map(({ name, runs }) => {
    const [engine, ...baselines] = runs
    if (!engine) return ''
    const hold = baselines.find(run => run.name === 'hold all')
    const beside = baselines
      .map(run => `${run.name} ${amountText(run.figures.netUsdt, { sign: true })}`)
      .join(', ')
    const did =
      engine.trades.length === 0
        ? `nothing was worth opening: ${bestText(engine)}. Net 0`
        : `${engine.trades.length} hedges, net ${cash(engine.figures.netUsdt)} USDT at ${bpsText(engine.figures.costBps)} for a round trip`
    return `${bold(name)}: ${did}; next best: ${beside}${hold && Number(hold.figures.netUsdt) > Number(engine.figures.netUsdt) ? ' (holding did better)' : ''}.`
  })
}

function bestText({ decisions }: BacktestRun): string {
  const best = decisions?.best.toSorted((a, b) => b.carry.aprOnCapital - a.carry.aprOnCapital)[0]
  if (!best) return 'no sum could be made'
  return `the best net carry ever seen was ${percentText(best.carry.aprOnCapital, { sign: true })} a year on capital (${best.symbol}, ${minute(best.atMs)})`
}

/** The report of a study as lines for a terminal. */
export function studyText(study: FundingStudy): string {
  const { fromMs, toMs, files, fees, halfSpreadBps, roundTripBps, symbols, symbolYears, rules } = study
  const day = (atMs: number) => instantText(atMs).slice(0, 10)
  return [
    bold(`Study of funding alone, ${symbols} symbols, ${day(fromMs)} to ${day(toMs)}`),
    'A study, not a run: no order, no book and no basis. Long carry only: what borrowing a coin costs is',
    'not in the records, nor whether a spot market exists to hedge with.',
    `${dim('records  ')}${files.join(', ')}: ${amountText(symbolYears, { places: 1 })} symbol-years`,
    `${dim('cost     ')}${amountText(roundTripBps)} bps of notional for each round trip: fees ${fees.name}, four crossing fills, ${halfSpreadBps} bps of half spread on each book`,
    `${dim('rule     ')}decided at each settlement from what was settled until then, earned from the next one on; the first 30 days of a symbol only warm up`,
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
