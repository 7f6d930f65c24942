/** "Did you mean": the known names nearest to what was typed. */

const SHOWN_MAX = 3

/** Names that hold the typed text first, then those a few slips of the finger away. */
function nearest(typed: string, names: readonly string[]): string[] {
  const wanted = typed.toLowerCase()
  const ranked = [...new Set(names)].flatMap(name => {
    const known = name.toLowerCase()
    const tail = known.replace(/^.*?:/, '')
    if (wanted.length > 1 && known.includes(wanted)) return [{ name, slips: -1 }]
    const slips = Math.min(slipsBetween(wanted, known), slipsBetween(wanted, tail))
    return slips <= Math.max(1, wanted.length / 3) ? [{ name, slips }] : []
  })
  const best = Math.min(...ranked.map(({ slips }) => slips))
  return ranked
    .filter(({ slips }) => slips === best)
    .slice(0, SHOWN_MAX)
    .map(({ name }) => name)
}

export function didYouMean(typed: string, names: readonly string[]): string {
  const near = nearest(typed, names)
  return near.length > 0 ? `\n  did you mean ${near.join(', ')}?` : ''
}

/** Levenshtein's distance, by rows. */
function slipsBetween(a: string, b: string): number {
  let above = Array.from({ length: b.length + 1 }, (_, at) => at)
  for (const [row, letter] of [...a].entries()) {
    const here = [row + 1]
    for (const [at, other] of [...b].entries()) {
      const swap = (above[at] ?? 0) + (letter === other ? 0 : 1)
      here.push(Math.min(swap, (above[at + 1] ?? 0) + 1, (here[at] ?? 0) + 1))
    }
    above = here
  }
  return above.at(-1) ?? 0
}
