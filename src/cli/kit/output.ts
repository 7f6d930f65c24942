/**
 * What the command line prints: aligned columns for people, JSON for programs, colour only where a person looks.
 * On a terminal a table is made to fit its width; elsewhere nothing is ever cut.
 */
import { stripVTControlCharacters, styleText } from 'node:util'

type Row = Readonly<Record<string, unknown>>
type Columns = Readonly<Record<string, string>>
/** `spare`: columns a narrow terminal can do without, the first to go first. The last column left is cut if need be. */
type Fitting = { spare?: readonly string[]; width?: number }

const GAP = '  '

/** Rows as aligned columns under the given headings; figures stand to the right. */
export function table(rows: readonly Row[], columns: Columns, fitting: Fitting = {}): string {
  return tableLines(rows, columns, fitting).join('\n')
}

/** A table cut to the terminal: what is too wide loses the spare columns, in their order. */
export function tableLines(
  rows: readonly Row[],
  columns: Columns,
  { spare = [], width = terminalWidth() }: Fitting = {},
): string[] {
  const shown = { ...columns }
  const grids = () => {
    const keys = Object.keys(shown)
    return [keys.map(key => shown[key] ?? key), ...rows.map(row => keys.map(key => cell(row[key])))]
  }
  const total = () => widthsOf(grids()).reduce((sum, each) => sum + each + GAP.length, -GAP.length)
  for (const key of spare) {
    if (total() <= width) break
    delete shown[key]
  }
  const lines = grids()
  const widths = widthsOf(lines)
  const figures = (lines[0] ?? []).map((_, at) => isFigures(lines.slice(1).map(line => line[at] ?? '')))
  return lines.map((line, row) => {
    const cells = line.map((text, at) => padded(text, widths[at] ?? 0, figures[at] === true))
    const text = fitted(cells.join(GAP).trimEnd(), width)
    return row === 0 ? dim(text) : text
  })
}

const widthsOf = (lines: readonly string[][]) =>
  (lines[0] ?? []).map((_, at) => Math.max(...lines.map(line => lengthOf(line[at] ?? ''))))

const FIGURE = /^([-−+]?[\d,]+(\.\d+)?( ?(%|bps|USDT))?|–)$/
const isFigures = (cells: readonly string[]) =>
  cells.length > 0 &&
  cells.every(text => FIGURE.test(stripVTControlCharacters(text))) &&
  cells.some(text => text !== '–')

/** Cells that a text takes on a terminal, its colours not counted. */
export const lengthOf = (text: string): number => stripVTControlCharacters(text).length

function padded(text: string, width: number, toTheRight: boolean): string {
  const room = ' '.repeat(Math.max(0, width - lengthOf(text)))
  return toTheRight ? room + text : text + room
}

/** Cut to a width, with a mark where it was; colours stay whole. */
export function fitted(text: string, width: number): string {
  if (lengthOf(text) <= width) return text
  let left = Math.max(1, width) - 1
  const kept = text.split(ESCAPES).map(part => {
    if (part.startsWith('\u001b')) return part
    const some = part.slice(0, left)
    left -= some.length
    return some
  })
  // The mark stands before the last escape, which ends the colour.
  const last = kept.findLastIndex(part => part !== '' && !part.startsWith('\u001b'))
  return kept.map((part, at) => (at === last ? `${part}…` : part)).join('')
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: colours begin with one
const ESCAPES = /(\u001b\[\d+m)/

/** Names and values, one a line. */
export function pairs(values: Readonly<Record<string, unknown>>): string {
  const width = Math.max(0, ...Object.keys(values).map(name => name.length))
  return Object.entries(values)
    .map(([name, value]) => `${dim(name.padEnd(width))}  ${cell(value)}`)
    .join('\n')
}

/** A line on the standard output. */
export function print(text: string): void {
  process.stdout.write(`${text}\n`)
}

/** JSON on the standard output, for people and programs. */
export function printJson(value: unknown): void {
  print(JSON.stringify(value, null, 2))
}

/** One value a line, for streams that are read line by line. */
export function printJsonLine(value: unknown): void {
  print(JSON.stringify(value))
}

const cell = (value: unknown) => {
  if (value === undefined || value === null || value === '') return '–'
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}

const terminalWidth = () =>
  process.stdout.isTTY === true ? process.stdout.columns || 80 : Number.POSITIVE_INFINITY

/** https://no-color.org: any value but the empty one. A terminal that calls itself dumb has none either. */
const coloured = () => process.stdout.isTTY === true && !process.env.NO_COLOR && process.env.TERM !== 'dumb'
const paint = (style: 'bold' | 'dim' | 'green' | 'yellow' | 'red') => (text: string) =>
  coloured() ? styleText(style, text, { validateStream: false }) : text
export const bold = paint('bold')
export const dim = paint('dim')
export const green = paint('green')
export const yellow = paint('yellow')
export const red = paint('red')

/** A gain green, a loss red, nothing plain: by the sign the figure itself shows. */
export const signed = (text: string) =>
  text.startsWith('+') ? green(text) : /^[-−]/.test(text) ? red(text) : text
