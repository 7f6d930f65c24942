/** Equity as text: one column for each stretch of time, its last value drawn to an eighth of a line. */

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
