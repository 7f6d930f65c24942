/** From funding through costs to what is left, as steps: each bar begins where the one before ended. */
import { amountText } from '../../../wording/figures.ts'

type Part = { name: string; value: string }

const WIDTH = 420
const ROW = 30
const LEFT = 118
const RIGHT = 74

export function Waterfall({ parts, total }: { parts: readonly Part[]; total: Part }) {
  const steps = stepsOf(parts, total)
  const ends = steps.flatMap(({ from, to }) => [from, to])
  const [low, high] = [Math.min(0, ...ends), Math.max(0, ...ends)]
  const scale = (WIDTH - LEFT - RIGHT) / Math.max(high - low, 0.01)
  const x = (value: number) => LEFT + (value - low) * scale
  const label = steps.map(({ name, value }) => `${name} ${amountText(value, { sign: true })}`).join(', ')
  return (
    <svg
      viewBox={`0 0 ${WIDTH} ${steps.length * ROW}`}
      role="img"
      aria-label={`${label} USDT`}
      className="live w-full max-w-[440px]"
    >
      <title>Profit by its parts</title>
      <line x1={x(0)} x2={x(0)} y1={0} y2={steps.length * ROW} className="stroke-edge" />
      {steps.map(({ name, value, from, to, isTotal }, at) => {
        const width = Math.max(1.5, Math.abs(to - from) * scale)
        const y = at * ROW + 7
        return (
          <g key={name}>
            <text
              x={LEFT - 10}
              y={y + 12}
              textAnchor="end"
              className={`text-[12px] ${isTotal ? 'fill-ink font-semibold' : 'fill-soft'}`}
            >
              {name}
            </text>
            <rect
              x={x(Math.min(from, to))}
              y={y}
              width={width}
              height={16}
              rx={2}
              className={to >= from ? 'fill-good' : 'fill-bad'}
              opacity={isTotal ? 1 : 0.75}
            />
            <text x={x(Math.max(from, to)) + 7} y={y + 12} className="fill-ink text-[12px] tabular-nums">
              {amountText(value, { sign: true })}
            </text>
          </g>
        )
      })}
    </svg>
  )
}

function stepsOf(parts: readonly Part[], total: Part) {
  let sum = 0
  const steps = parts.map(({ name, value }) => {
    const from = sum
    sum += Number(value)
    return { name, value, from, to: sum, isTotal: false }
  })
  return [...steps, { ...total, from: 0, to: Number(total.value), isTotal: true }]
}
