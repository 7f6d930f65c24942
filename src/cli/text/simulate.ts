/** A run of simulated days as people read it. */
import type { DayReport } from '../../simulate/judge/judge.ts'
import { type Summary, summarise } from '../../simulate/judge/summary.ts'
import { table } from '../kit/output.ts'

const SHOWN_MAX = 20

export function simulateText(summary: Summary): string {
  const { days, failed, orders, crashes, apart, restMsMax, residualDays, unexplained, journalSteps } = summary
  const { seconds, notionalSeconds } = apart
  return [
    `${days} simulated days of 24 hours each, ${failed.length} failed.`,
    ...failed.slice(0, SHOWN_MAX).map(({ seed, broken }) => `  seed ${seed}: ${broken[0]}`),
    ...(failed.length > SHOWN_MAX ? [`  and ${failed.length - SHOWN_MAX} more`] : []),
    '',
    table(summary.hedges, {
      route: 'ROUTE',
      direction: 'DIRECTION',
      planned: 'PLANNED',
      opened: 'OPENED',
      closed: 'CLOSED',
    }),
    '',
    table(counts(summary.struck), { what: 'FAULT', times: 'STRUCK' }),
    '',
    table(counts(summary.happened), { what: 'HAPPENED', times: 'TIMES' }),
    '',
    table(
      [
        { what: 'orders that arrived', figure: String(orders) },
        { what: 'crashes between commits', figure: String(crashes) },
        { what: 'journal steps folded again', figure: String(journalSteps) },
        { what: 'stretches a lot or more apart', figure: String(apart.stretches) },
        { what: 'seconds apart, p50 / p99 / max', figure: three(seconds) },
        { what: 'USDT × seconds apart, p50 / p99 / max', figure: three(notionalSeconds) },
        { what: 'longest time to rest after faults', figure: `${Math.round(restMsMax / 1_000)} s` },
        { what: 'days with a residual', figure: String(residualDays) },
        { what: 'postings nobody can explain', figure: String(unexplained) },
      ],
      { what: 'FIGURE', figure: 'VALUE' },
    ),
    ...callLines(summary),
    ...notYetLines(summary),
    '',
    table(metRows(summary), { what: 'FAULT OR HAPPENING', states: 'MET HEDGES THAT WERE' }),
  ].join('\n')
}

/** One day alone. */
export function dayText(report: DayReport): string {
  const { seed, symbols, broken, hedges } = report
  return [
    `Day ${seed}, ${symbols.join(' and ')}: ${broken.length === 0 ? 'good' : 'failed'}.`,
    ...broken.map(line => `  ${line}`),
    ...(report.story.length > 0 ? ['', ...report.story] : []),
    '',
    table(
      hedges.map(({ id, symbol, direction, route, state, because }) => ({
        id: id.replace(/^hedge:/, ''),
        symbol,
        direction,
        route,
        state: state.split(' ')[0],
        because,
      })),
      {
        id: 'HEDGE',
        symbol: 'SYMBOL',
        direction: 'DIRECTION',
        route: 'ROUTE',
        state: 'STATE',
        because: 'WHY',
      },
    ),
    '',
    simulateText(summarise([report])),
    '',
    `Journal ${report.journalHash}`,
  ].join('\n')
}

const counts = (of: Readonly<Record<string, number>>) =>
  Object.entries(of).map(([what, times]) => ({ what, times: String(times) }))

const three = ({ p50, p99, max }: Summary['apart']['seconds']) =>
  [p50, p99, max].map(value => value.toFixed(value < 100 ? 2 : 0)).join(' / ')

/** Which states of a hedge each fault and happening has met; what it never met, no day has tried. */
function metRows({ met }: Summary): { what: string; states: string }[] {
  const states = new Map<string, string[]>()
  for (const pair of Object.keys(met).sort()) {
    const [what = '', state = ''] = pair.split(' in ')
    states.set(what, [...(states.get(what) ?? []), state])
  }
  return [...states].map(([what, list]) => ({ what, states: list.join(', ') }))
}

function notYetLines({ notYet }: Summary): string[] {
  const rows = Object.entries(notYet).map(([what, times]) => ({ what, times: String(times) }))
  return rows.length === 0 ? [] : ['', table(rows, { what: 'NOT HELD TO YET', times: 'TIMES' })]
}

function callLines({ calls }: Summary): string[] {
  const rows = Object.entries(calls).map(([why, times]) => ({ why, times: String(times) }))
  return rows.length === 0 ? [] : ['', table(rows, { why: 'A PERSON WAS CALLED BECAUSE', times: 'TIMES' })]
}
