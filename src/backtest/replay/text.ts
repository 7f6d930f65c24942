/** A replay's report as people read it. */
import { HOUR_MS } from '../../domain/market/funding.ts'
import type { ReplayedHedge, ReplayReport } from './report.ts'

const GAPS_SHOWN = 5
const REASONS_SHOWN = 6

/** The report of a replay as lines for a terminal. */
export function replayText(report: ReplayReport): string {
  const { fromMs, toMs, symbols, hedges, totals, judgements, refusals, account } = report
  return [
    `Replayed ${day(fromMs)} to ${day(toMs)} (${Math.round((toMs - fromMs) / HOUR_MS / 24)} days) for ${symbols.join(' and ')}; kept as account ${account}.`,
    'Funding rates are those Bybit settled. Prices are another exchange’s (OKX, the open of each hour), so the basis is',
    'that exchange’s too; the order books around them are modelled, and a price stands still within its hour.',
    ...gapLines(report),
    '',
    ...hedgeLines(hedges),
    '',
    `Together: funding ${money(totals.fundingUsdt)}, fees ${money(`-${totals.feesUsdt}`)}, trading (basis and slippage) ${money(totals.tradingUsdt)}, net ${money(totals.netUsdt)} USDT.`,
    `Not opened, of ${judgements} judgements: ${
      refusals
        .slice(0, REASONS_SHOWN)
        .map(({ reason, times }) => `${reason} ${times}`)
        .join(', ') || 'nothing was refused'
    }.`,
    ...costLines(report),
    ...proofLines(report),
  ].join('\n')
}

function gapLines({ gaps, missing: { priceHours, settlementHoles } }: ReplayReport): string[] {
  if (gaps.length === 0) return ['No price hour and no settlement is missing.']
  const shown = gaps
    .slice(0, GAPS_SHOWN)
    .map(
      ({ symbol, kind, fromMs, toMs }) => `  ${symbol}: ${kind} from ${instant(fromMs)} to ${instant(toMs)}`,
    )
  const more = gaps.length > GAPS_SHOWN ? [`  and ${gaps.length - GAPS_SHOWN} more`] : []
  return [
    `Missing and left missing: ${priceHours} price hours, ${settlementHoles} holes between settlements.`,
    ...shown,
    ...more,
  ]
}

function hedgeLines(hedges: readonly ReplayedHedge[]): string[] {
  if (hedges.length === 0) return ['No hedge was opened.']
  const head = [
    'HEDGE',
    'SYMBOL',
    'OPENED',
    'CLOSED',
    'NOTIONAL',
    'PAID',
    'FUNDING',
    'FEES',
    'TRADING',
    'NET',
    'WHY IT ENDED',
  ]
  const rows = hedges.map(hedge => [
    hedge.id,
    hedge.symbol,
    instant(hedge.openedAtMs),
    hedge.closedAtMs === null ? hedge.state : instant(hedge.closedAtMs),
    money(hedge.notionalUsdt),
    `${hedge.settlements} x`,
    money(hedge.fundingUsdt),
    money(`-${hedge.feesUsdt}`),
    money(hedge.tradingUsdt),
    money(hedge.netUsdt),
    hedge.because,
  ])
  const widths = head.map((name, at) => Math.max(name.length, ...rows.map(row => (row[at] ?? '').length)))
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, at) => (at >= 4 && at <= 9 ? cell.padStart(widths[at] ?? 0) : cell.padEnd(widths[at] ?? 0)))
      .join('  ')
      .trimEnd()
  return [head, ...rows].map(line)
}

function costLines({ cost, totals }: ReplayReport): string[] {
  const { roundTripRate, meanRate, settlementsToPay } = cost
  const pays =
    settlementsToPay === null
      ? 'which these records never pay on average'
      : `which ${settlementsToPay} settlements pay at the mean recorded rate of ${percent(meanRate)}`
  const received = Number(totals.fundingUsdt)
  const part = (of: string) => ((100 * Number(of)) / received).toFixed(1)
  return [
    '',
    `Cost, before any spread: four taker fills take ${percent(roundTripRate)} of notional, ${pays}.`,
    received > 0
      ? `Cost, as it came: of each 100 USDT of funding, fees took ${part(totals.feesUsdt)} and trading ${Number(totals.tradingUsdt) < 0 ? `took ${part(totals.tradingUsdt.slice(1))}` : `added ${part(totals.tradingUsdt)}`}.`
      : `Cost, as it came: funding received was ${money(totals.fundingUsdt)} USDT, fees paid ${money(totals.feesUsdt)}.`,
  ]
}

function proofLines({ funding, residuals, suspense, journal }: ReplayReport): string[] {
  const residual = Object.entries(residuals)
    .map(([coin, left]) => `${coin} ${left}`)
    .join(', ')
  return [
    '',
    `Ledger residual: ${residual || 'no coin'}. Postings nobody can explain: ${suspense}.`,
    `Funding booked ${funding.bookedUsdt} USDT in ${funding.payments} payments; from the files ${funding.recordedUsdt}; settlements missed: ${funding.missed}.`,
    `Journal: ${journal.steps} steps of ${journal.actors} actors folded again, ${journal.differences.length === 0 ? 'every row the same byte for byte' : `${journal.differences.length} differ: ${journal.differences[0]}`}.`,
  ]
}

const instant = (atMs: number) => new Date(atMs).toISOString().slice(0, 16).replace('T', ' ')
const day = (atMs: number) => new Date(atMs).toISOString().slice(0, 10)
const percent = (fraction: string) => `${(100 * Number(fraction)).toFixed(4)} %`
/** USDT with two decimals, for reading only. */
const money = (amount: string) => Number(amount.replace(/^--/, '')).toFixed(2)
