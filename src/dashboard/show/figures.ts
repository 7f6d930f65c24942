/**
 * Figures as people read them. Amounts come as decimal text and are formatted as text: no amount becomes a float on its
 * way to the eye. Ratios (APR, bps) are numbers and judged, not booked.
 */

type DecimalText = `${number}`

const formats = new Map<string, Intl.NumberFormat>()
function formatOf(options: Intl.NumberFormatOptions): Intl.NumberFormat {
  const key = JSON.stringify(options)
  const known = formats.get(key) ?? new Intl.NumberFormat('en-US', options)
  formats.set(key, known)
  return known
}

/** The real minus sign is as wide as a digit. */
const minus = (text: string) => text.replace('-', '−')

/** `1,234.50`; with `signed` also `+1,234.50`. */
export function amountText(value: string, digits = 2, signed = false): string {
  const options = {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
    signDisplay: signed ? 'exceptZero' : 'negative',
  } as const
  return minus(formatOf(options).format(value as DecimalText))
}

/** A quantity with as many digits as it has, at most `digits`. */
export const qtyText = (value: string, digits = 8): string =>
  minus(formatOf({ maximumFractionDigits: digits }).format(value as DecimalText))

/** A price with six significant digits. */
export const priceText = (value: string): string =>
  minus(formatOf({ maximumSignificantDigits: 7, minimumSignificantDigits: 4 }).format(value as DecimalText))

/** A fraction as percent: 0.153 is `15.3 %`. */
export function percentText(fraction: number, digits = 1, signed = false): string {
  if (!Number.isFinite(fraction)) return '–'
  const options = {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
    signDisplay: signed ? 'exceptZero' : 'negative',
  } as const
  return `${minus(formatOf(options).format(fraction * 100))} %`
}

/** `+12.8`, in bps. */
export const bpsText = (bps: number): string =>
  Number.isFinite(bps)
    ? minus(
        formatOf({ minimumFractionDigits: 1, maximumFractionDigits: 1, signDisplay: 'exceptZero' }).format(
          bps,
        ),
      )
    : '–'

/** Loss, gain or neither; a rest too small to show is neither. */
export function toneOf(value: string | number): 'good' | 'bad' | undefined {
  const size = Number(value)
  if (Math.abs(size) < 0.005) return undefined
  return size > 0 ? 'good' : 'bad'
}
