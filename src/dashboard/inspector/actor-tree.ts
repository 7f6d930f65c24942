/** The supervision tree as a list of lines: who is under whom, what is folded away, what a search leaves. */
import type { InspectionRow } from '../../api/inspection-view.ts'
import { isTrouble } from './chart/tone.ts'

export type TreeLine = { id: string; depth: number; children: number; isOpen: boolean }
export type Filter = { text: string; kind: string; trouble: boolean }

const byName = (a: InspectionRow, b: InspectionRow) =>
  rank(a) - rank(b) || a.id.localeCompare(b.id, 'en', { numeric: true })
/** What one came for first: hedges, then the tree around them. */
const rank = ({ kind, id, status }: InspectionRow) =>
  (status === 'ended' ? 100 : 0) +
  (kind === 'hedge'
    ? 0
    : id.startsWith('hedges')
      ? 1
      : kind === 'desk'
        ? 2
        : id.startsWith('symbols')
          ? 3
          : 4)

/** Lines in the order they are shown. A filter gives a flat list: what was asked for must not hide under a fold. */
export function treeLines(
  rows: ReadonlyMap<string, InspectionRow>,
  folded: ReadonlySet<string>,
  filter: Filter,
): TreeLine[] {
  const all = [...rows.values()]
  if (filter.text || filter.kind || filter.trouble) {
    return all
      .filter(row => matches(row, filter))
      .sort(byName)
      .map(({ id }) => ({ id, depth: 0, children: 0, isOpen: false }))
  }
  const below = Map.groupBy(all, ({ parentId }) => (rows.has(parentId) ? parentId : ''))
  const lines: TreeLine[] = []
  const walk = (parentId: string, depth: number) => {
    for (const { id } of (below.get(parentId) ?? []).sort(byName)) {
      const children = below.get(id)?.length ?? 0
      const isOpen = children > 0 && !folded.has(id)
      lines.push({ id, depth, children, isOpen })
      if (isOpen) walk(id, depth + 1)
    }
  }
  walk('', 0)
  return lines
}

export function matches(row: InspectionRow, { text, kind, trouble }: Filter): boolean {
  if (trouble && !isTrouble(row)) return false
  if (kind && row.kind !== kind) return false
  const words = text.toLowerCase().split(/\s+/).filter(Boolean)
  const hay = `${row.id} ${row.symbol ?? ''} ${row.kind} ${row.state} ${row.status}`.toLowerCase()
  return words.every(word => hay.includes(word))
}
