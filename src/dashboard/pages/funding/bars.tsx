/** Funding a day as stacked bars, one colour a symbol. The API has summed it up: a year is a few hundred bars. */
import {
  Bar,
  BarChart,
  CartesianGrid,
  Legend,
  ReferenceLine,
  ResponsiveContainer,
  Tooltip,
  XAxis,
  YAxis,
} from 'recharts'
import type { FundingTotal } from '../../../api/rows/rows.ts'
import { amountText } from '../../../wording/figures.ts'

/** Told apart also by those who see colours differently; more symbols than these share the last one as "others". */
const COLOURS = ['#4f7fd6', '#3f9e78', '#c2853a', '#9a6fc4', '#c2606a', '#5d9fb0', '#8a8f98']

export function FundingBars({ totals }: { totals: readonly FundingTotal[] }) {
  const { names, days } = stacked(totals)
  const places = placesOf(totals)
  const text = { fill: 'var(--faint)', fontSize: 11 }
  return (
    <div
      className="px-2 py-3"
      role="img"
      aria-label={`Funding a day of ${names.join(', ')}; the settlements below hold the figures`}
    >
      <ResponsiveContainer width="100%" height={224}>
        <BarChart
          data={days}
          stackOffset="sign"
          barCategoryGap="20%"
          maxBarSize={64}
          accessibilityLayer={false}
        >
          <CartesianGrid vertical={false} stroke="var(--line)" />
          <XAxis dataKey="day" tick={text} tickLine={false} stroke="var(--edge)" />
          <YAxis
            tick={text}
            tickLine={false}
            axisLine={false}
            width={64}
            tickFormatter={value => amountText(String(value), { places })}
          />
          <ReferenceLine y={0} stroke="var(--edge)" />
          <Tooltip
            cursor={{ fill: 'var(--raised)' }}
            isAnimationActive={false}
            contentStyle={{
              background: 'var(--panel)',
              border: '1px solid var(--edge)',
              borderRadius: 8,
              fontSize: 12,
            }}
            formatter={value => amountText(Number(value).toFixed(2), { sign: true })}
          />
          <Legend
            iconSize={9}
            wrapperStyle={{ fontSize: 12 }}
            formatter={name => <span className="text-soft">{name}</span>}
          />
          {names.map((name, at) => (
            <Bar
              key={name}
              dataKey={name}
              stackId="funding"
              fill={COLOURS[at] ?? '#8a8f98'}
              isAnimationActive={false}
            />
          ))}
        </BarChart>
      </ResponsiveContainer>
    </div>
  )
}

/** As many as tell the steps of the scale apart. */
function placesOf(totals: readonly FundingTotal[]): number {
  const most = Math.max(0, ...totals.map(({ amountUsdt }) => Math.abs(Number(amountUsdt))))
  if (most >= 20) return 0
  return most >= 2 ? 1 : most >= 0.2 ? 2 : 4
}

type Day = { day: string; [symbol: string]: string | number }

function stacked(totals: readonly FundingTotal[]): { names: string[]; days: Day[] } {
  const sizes = new Map<string, number>()
  for (const { symbol, amountUsdt } of totals)
    sizes.set(symbol, (sizes.get(symbol) ?? 0) + Math.abs(Number(amountUsdt)))
  const ranked = [...sizes].sort(([, a], [, b]) => b - a).map(([symbol]) => symbol)
  const named = new Set(ranked.slice(0, COLOURS.length - 1))
  const nameOf = (symbol: string) => (named.has(symbol) ? symbol : 'others')
  const days = new Map<number, Day>()
  for (const { atMs, symbol, amountUsdt } of totals) {
    const day = days.get(atMs) ?? { day: new Date(atMs).toISOString().slice(0, 10) }
    const name = nameOf(symbol)
    days.set(atMs, { ...day, [name]: Number(day[name] ?? 0) + Number(amountUsdt) })
  }
  return { names: [...new Set(ranked.map(nameOf))], days: [...days.values()] }
}
