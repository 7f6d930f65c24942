/** Contrast of text inside SVG, which axe does not look at: computed from what the browser really paints. */

/** As much of a browser as is used here; the tests themselves are compiled without one. */
type Part = {
  parentElement: Part | null
  children: ArrayLike<Part>
  tagName: string
  classList: { contains(name: string): boolean } & ArrayLike<string>
  textContent: string | null
  querySelector(selector: string): Part | null
  querySelectorAll(selector: string): ArrayLike<Part>
}
type Brush = {
  fillStyle: string
  fillRect(...rect: number[]): void
  getImageData(...rect: number[]): { data: ArrayLike<number> }
}
type InBrowser = {
  document: {
    createElement(name: 'canvas'): {
      width: number
      height: number
      getContext(kind: '2d', how: object): Brush | null
    }
    querySelector(selector: string): Part | null
  }
  getComputedStyle(part: Part): { fill: string; backgroundColor: string }
}

export type Contrast = { text: string; ratio: number; ink: string; ground: string }

/**
 * Runs in the page, so it carries all it needs. The ground of a text is the last filled rectangle before it in its own group,
 * or in a group around it; where none is filled, the drawing's own.
 */
export function contrasts(selector: string): Contrast[] {
  const { document, getComputedStyle } = globalThis as unknown as InBrowser
  const canvas = document.createElement('canvas')
  canvas.width = 1
  canvas.height = 1
  const brush = canvas.getContext('2d', { willReadFrequently: true })
  const root = document.querySelector(selector)
  if (!brush || !root) return []
  const base = getComputedStyle(root).backgroundColor
  /** Painted over the drawing's ground, so that colour functions and transparency become plain numbers. */
  const painted = (colour: string): [number, number, number] => {
    brush.fillStyle = base
    brush.fillRect(0, 0, 1, 1)
    brush.fillStyle = colour
    brush.fillRect(0, 0, 1, 1)
    const [red = 0, green = 0, blue = 0] = Array.from(brush.getImageData(0, 0, 1, 1).data)
    return [red, green, blue]
  }
  const light = (colour: string): number => {
    const [red, green, blue] = painted(colour).map(part => {
      const share = part / 255
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4
    }) as [number, number, number]
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
  }
  const groundOf = (text: Part): string => {
    for (let group = text.parentElement; group && group !== root; group = group.parentElement) {
      const rect = Array.from(group.children).find(
        part => part.tagName === 'rect' && /-ground$/.test(part.classList[0] ?? ''),
      )
      const plain = rect ?? (group.classList.contains('fold') ? group.querySelector('rect') : null)
      if (plain) return getComputedStyle(plain).fill
    }
    return base
  }
  return Array.from(root.querySelectorAll('text, tspan')).flatMap(text => {
    const ink = getComputedStyle(text).fill
    const ground = groundOf(text)
    const [a, b] = [light(ink), light(ground)]
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05)
    return [{ text: text.textContent?.slice(0, 30) ?? '', ratio: Math.round(ratio * 100) / 100, ink, ground }]
  })
}
