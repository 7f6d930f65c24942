/** Profit by its parts as one bar: gains to the right of the middle line, costs to the left, to scale within the column. */
type Parts = { funding: string; fees: string; basis: string }

const PARTS = [
  { name: 'funding', up: 'fill-good', down: 'fill-bad' },
  { name: 'basis and slippage', up: 'fill-accent', down: 'fill-warn' },
  { name: 'fees', up: 'fill-faint', down: 'fill-faint' },
] as const

const WIDTH = 92
const HEIGHT = 10

/** Figures are told beside it: the bar is for the eye only. */
export function ProfitBar({ funding, fees, basis }: Parts) {
  const sizes = [Number(funding), Number(basis), Number(fees)]
  const gains = sizes.filter(size => size > 0).reduce((sum, size) => sum + size, 0)
  const costs = sizes.filter(size => size < 0).reduce((sum, size) => sum - size, 0)
  const scale = WIDTH / 2 / Math.max(gains, costs, 0.01)
  let right = WIDTH / 2
  let left = WIDTH / 2
  const bars = PARTS.map(({ name, up, down }, at) => {
    const size = sizes[at] ?? 0
    const width = Math.abs(size) * scale
    const x = size >= 0 ? right : left - width
    if (size >= 0) right += width
    else left -= width
    return <rect key={name} x={x} y={1} width={width} height={HEIGHT - 2} className={size >= 0 ? up : down} />
  })
  return (
    <svg width={WIDTH} height={HEIGHT} aria-hidden="true" className="live ml-auto block">
      {bars}
      <line x1={WIDTH / 2} x2={WIDTH / 2} y1={0} y2={HEIGHT} className="stroke-edge" />
    </svg>
  )
}
