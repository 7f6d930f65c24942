/** One name for one thing: a name that two files export is two meanings, or one rule written twice. */
import { offersOf } from './declarations.ts'
import type { Source } from './source.ts'

/** Names that more than one file exports, each with its files. */
export function sharedNames(tree: readonly Source[]): Map<string, string[]> {
  const files = new Map<string, Set<string>>()
  for (const source of tree)
    for (const { name } of offersOf(source)) files.set(name, (files.get(name) ?? new Set()).add(source.path))
  return new Map(
    [...files]
      .filter(([, where]) => where.size > 1)
      .map(([name, where]): [string, string[]] => [name, [...where].sort()])
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  )
}
