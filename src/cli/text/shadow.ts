/** An engine beside its shadow as people read it: what each made, and where the difference came from. */
import type { ShadowedHedge, ShadowReport } from '../../backtest/shadow/shadow.ts'
import { amountText, countText, instantText } from '../../wording/figures.ts'
import { bold, dim, signed, tableLines } from '../kit/output.ts'

const cash = (value: string | null) =>
  value === null ? '–' : signed(amountText(value, { sign: true, places: 4 }))
const second = (atMs: number) => instantText(atMs).slice(0, 19)

/** Lines for a terminal. */
export function shadowText(report: ShadowReport): string {
  const { account, fromMs, toMs, decisions, differences, unexplained } = report
  const kept = decisions.recorded - decisions.again
  return [
    bold(`Shadow of ${account}, ${second(fromMs)} to ${second(toMs)} (UTC)`),
    dim('The past of this engine, so in sample: it says what was done differently, not what will be earned.'),
    `${countText(decisions.recorded, 'decision')} recorded, ${decisions.again} made again, ${decisions.same} the same${
      kept > 0 ? `; of ${kept} what they looked at was not kept (quiet ones, and older versions)` : ''
    }`,
    '',
    ...hedgeLines(report),
    '',
    ...(differences.length > 0
      ? tableLines(differences.map(differenceRow), DIFFERENCES, { spare: ['hedge'] })
      : ['No difference.']),
    '',
    unexplained > 0
      ? bold(`${countText(unexplained, 'difference')} unexplained.`)
      : 'Every difference is explained.',
  ].join('\n')
}

const HEDGES = {
  id: 'HEDGE',
  symbol: 'SYMBOL',
  decided: 'DECIDED',
  state: 'STATE',
  engine: 'ENGINE',
  shadow: 'SHADOW',
  fill: 'FILL',
  timing: 'TIMING',
  decision: 'DECISION',
}

function hedgeLines({ hedges, totals }: ShadowReport): string[] {
  if (hedges.length === 0) return ['No hedge was planned.']
  const all = { id: bold('all'), symbol: '', decided: '', state: '', ...partsOf(totals) }
  return tableLines([...hedges.map(hedgeRow), all], HEDGES, { spare: ['decided', 'state'] })
}

const hedgeRow = ({ id, symbol, decidedAtMs, state, made }: ShadowedHedge) => ({
  ...{ id, symbol, decided: second(decidedAtMs), state: state.split('.')[0] ?? '' },
  ...partsOf(made),
})

const partsOf = (made: ShadowedHedge['made']) => ({
  engine: cash(made?.engineUsdt ?? null),
  shadow: cash(made?.shadowUsdt ?? null),
  fill: cash(made?.fillUsdt ?? null),
  timing: cash(made?.timingUsdt ?? null),
  decision: cash(made?.decisionUsdt ?? null),
})

const DIFFERENCES = {
  at: 'AT (UTC)',
  kind: 'KIND',
  symbol: 'SYMBOL',
  hedge: 'HEDGE',
  worth: 'WORTH USDT',
  engine: 'ENGINE',
  shadow: 'SHADOW',
}

const differenceRow = ({
  kind,
  symbol,
  hedgeId,
  atMs,
  engine,
  shadow,
  worthUsdt,
}: ShadowReport['differences'][number]) => ({
  ...{ at: second(atMs), kind, symbol, hedge: hedgeId ?? '', engine, shadow },
  worth: cash(worthUsdt),
})
