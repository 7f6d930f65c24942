/** Files that import each other in a circle. A type import counts: whoever reads one of them has to read them all. */
import { importsOf, type Source } from './source.ts'

/** Every circle, as the files of it; two circles that share a file are one. */
export function importCircles(tree: readonly Source[]): string[][] {
  const edges = new Map(
    tree.map(source => [source.path, importsOf(source).flatMap(({ file }) => (file ? [file] : []))]),
  )
  const reached = new Map<string, { index: number; low: number }>()
  const open: string[] = []
  const circles: string[][] = []

  // Tarjan's algorithm: whoever can be reached from a file and can reach it again is in its circle.
  const visit = (file: string) => {
    const mine = { index: reached.size, low: reached.size }
    reached.set(file, mine)
    open.push(file)
    for (const next of edges.get(file) ?? []) {
      if (!edges.has(next)) continue
      const known = reached.get(next)
      if (known === undefined) mine.low = Math.min(mine.low, visit(next))
      else if (open.includes(next)) mine.low = Math.min(mine.low, known.index)
    }
    if (mine.low === mine.index) {
      const circle = open.splice(open.indexOf(file)).sort()
      if (circle.length > 1 || edges.get(file)?.includes(file)) circles.push(circle)
    }
    return mine.low
  }

  for (const file of edges.keys()) if (!reached.has(file)) visit(file)
  return circles.sort((a, b) => b.length - a.length)
}
