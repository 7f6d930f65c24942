/** How much a folder shows at once. More than a screenful is not read, it is searched. */
import type { Fault, Source } from './source.ts'

const ENTRIES_MAX = 18
/** A folder for each folder of the source, and beside them what tests alone have: support, whole, sabotage, bench, tidy. */
const MOST_OF: Readonly<Record<string, number>> = { test: 19 }
const mostOf = (folder: string) => MOST_OF[folder] ?? ENTRIES_MAX

/** What each folder holds: files and folders that stand directly in it. */
export function folderSizes(tree: readonly Source[]): Map<string, number> {
  const entries = new Map<string, Set<string>>()
  for (const { path } of tree) {
    const parts = path.split('/')
    for (let depth = 1; depth < parts.length; depth++) {
      const folder = parts.slice(0, depth).join('/')
      const inside = entries.get(folder) ?? new Set()
      entries.set(folder, inside.add(parts[depth] ?? ''))
    }
  }
  return new Map([...entries].map(([folder, inside]) => [folder, inside.size]))
}

export const folderFaults = (tree: readonly Source[]): Fault[] =>
  [...folderSizes(tree)]
    .filter(([folder, size]) => size > mostOf(folder))
    .map(
      ([folder, size]) =>
        `${folder}/ folder: ${size} entries, at most ${mostOf(folder)}: ask what question it answers`,
    )
