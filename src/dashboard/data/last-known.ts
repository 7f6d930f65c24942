/**
 * Figures that a feed no longer tells, as they were last: a figure that goes to null keeps its last value, and the row says that
 * it has such ones. What was never known stays unknown.
 */

/** Some of its figures are the last that were known. */
export type LastKnown = { isOld?: boolean }

/** The row with what `before` still knew of these fields. */
export function withLastKnown<Row extends object>(
  before: (Row & LastKnown) | undefined,
  row: Row,
  fields: readonly (keyof Row)[],
): Row & LastKnown {
  if (!before) return row
  const kept = fields.filter(
    field => row[field] === null && before[field] !== null && before[field] !== undefined,
  )
  if (kept.length === 0) return row
  return { ...row, ...Object.fromEntries(kept.map(field => [field, before[field]])), isOld: true }
}
