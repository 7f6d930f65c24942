/** What of the palette a typed text means: every word must be in its name or kind, names that begin with it first. */
export type PaletteChoice = { id: string; name: string; kind: string; run: () => void }

/** In the order they are shown; all of them when nothing is typed. */
export function matchesOf(choices: readonly PaletteChoice[], typed: string): PaletteChoice[] {
  const words = typed.toLowerCase().split(/\s+/).filter(Boolean)
  const [first = ''] = words
  const rank = ({ name }: PaletteChoice) => (name.toLowerCase().startsWith(first) ? 0 : 1)
  return choices
    .filter(({ name, kind }) => words.every(word => `${name} ${kind}`.toLowerCase().includes(word)))
    .toSorted((a, b) => rank(a) - rank(b))
}
