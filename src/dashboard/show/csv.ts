/** Rows as a CSV file, as RFC 4180 has it. A cell that a spreadsheet would take for a formula is disarmed. */

export type CsvCell = string | number | null | undefined

/** Lines end in CRLF; the first one names the columns. */
export const csvText = (heads: readonly string[], rows: readonly (readonly CsvCell[])[]): string =>
  [heads, ...rows].map(cells => `${cells.map(csvCell).join(',')}\r\n`).join('')

function csvCell(cell: CsvCell): string {
  const text = cell === null || cell === undefined ? '' : String(cell)
  const isNumber = /^[+-]?\d+(\.\d+)?(e[+-]?\d+)?$/i.test(text)
  const safe = !isNumber && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}
