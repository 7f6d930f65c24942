/**
 * What the command line prints: aligned columns for people, JSON for programs, colour only where a person looks.
 */
type Row = Readonly<Record<string, unknown>>

/** Rows as aligned columns under the given headings; wide text is kept whole. */
export function table(rows: readonly Row[], columns: Readonly<Record<string, string>>): string {
  const keys = Object.keys(columns)
  const lines = [keys.map(key => columns[key] ?? key), ...rows.map(row => keys.map(key => cell(row[key])))]
  const widths = keys.map((_, at) => Math.max(...lines.map(line => (line[at] ?? '').length)))
  const numeric = keys.map(key => rows.length > 0 && rows.every(row => typeof row[key] === 'number'))
  return lines
    .map((line, row) => {
      const cells = line.map((text, at) =>
        numeric[at] ? text.padStart(widths[at] ?? 0) : text.padEnd(widths[at] ?? 0),
      )
      const text = cells.join('  ').trimEnd()
      return row === 0 ? dim(text) : text
    })
    .join('\n')
}

/** Names and values, one a line. */
export function pairs(values: Readonly<Record<string, unknown>>): string {
  const width = Math.max(0, ...Object.keys(values).map(name => name.length))
  return Object.entries(values)
    .map(([name, value]) => `${dim(name.padEnd(width))}  ${cell(value)}`)
    .join('\n')
}

export function print(text: string): void {
  process.stdout.write(`${text}\n`)
}

export function printJson(value: unknown): void {
  print(JSON.stringify(value, null, 2))
}

const cell = (value: unknown) => {
  if (value === undefined || value === null) return '–'
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}

/** https://no-color.org: any value but the empty one. */
const coloured = () => process.stdout.isTTY === true && !process.env.NO_COLOR
const paint = (code: number) => (text: string) => (coloured() ? `\u001b[${code}m${text}\u001b[0m` : text)
export const dim = paint(2)
export const green = paint(32)
export const red = paint(31)
