/** Amounts in a table or a tile: signed ones coloured by gain and loss, what is not known as a dash. */
import { amountText, signTone } from '../../wording/figures.ts'

const COLOURS = { good: 'text-good', bad: 'text-bad' }

export function Amount({
  value,
  digits = 2,
  plain = false,
}: {
  value: string | null
  digits?: number
  plain?: boolean
}) {
  if (value === null) return <span className="text-faint">–</span>
  const tone = plain ? undefined : signTone(value)
  return (
    <span className={`live ${tone ? COLOURS[tone] : ''}`}>
      {amountText(value, { places: digits, sign: !plain })}
    </span>
  )
}
