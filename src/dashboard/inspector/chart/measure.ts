/** Text widths with the real fonts, and the sizes that follow: layout must not differ between machines. */
import type { Box, EdgeLine, Pill } from './drawing.ts'

export const FONT = {
  title: '600 13px "Inter Variable"',
  pill: '500 11px "JetBrains Mono Variable"',
} as const
export const PILL_H = 20
export const PILL_GAP = 4
export const HEAD_H = 30
const ICON_W = 14

let canvas: CanvasRenderingContext2D | null | undefined
const widths = new Map<string, number>()

/** Waits until the fonts are there: measured earlier, every width would be another font's. */
export async function fontsReady(): Promise<void> {
  await Promise.all(Object.values(FONT).map(font => document.fonts.load(font, 'abc')))
}

export function textWidth(text: string, font: keyof typeof FONT): number {
  const key = `${font} ${text}`
  const known = widths.get(key)
  if (known !== undefined) return known
  canvas ??= document.createElement('canvas').getContext('2d')
  if (!canvas) return text.length * 7
  canvas.font = FONT[font]
  const width = canvas.measureText(text).width
  widths.set(key, width)
  return width
}

export const guardText = ({ guard }: Pill): string =>
  guard ? `[${guard.length > 26 ? `${guard.slice(0, 25)}…` : guard}]` : ''

/** Room for a countdown is kept on every timer: the pill must not grow when it starts. */
export const pillWidth = (pill: Pill): number =>
  Math.ceil(
    textWidth(pill.text, 'pill') +
      (pill.guard ? textWidth(` ${guardText(pill)}`, 'pill') : 0) +
      (pill.kind === 'after' ? textWidth(' 00.0s', 'pill') : 0) +
      ICON_W +
      18,
  )

export const pillsSize = ({ pills }: Pick<EdgeLine, 'pills'>) => ({
  width: Math.max(...pills.map(pillWidth)),
  height: pills.length * (PILL_H + PILL_GAP) - PILL_GAP,
})

/** Chips fill rows up to this width. */
const CHIP_ROW_MAX = 300

export type Placed = { pill: Pill; x: number; y: number; width: number }

/** Chips row by row under the title. */
export function chipPlaces(
  chips: readonly Pill[],
  top: number,
): { places: Placed[]; bottom: number; width: number } {
  const places: Placed[] = []
  let x = 10
  let y = top
  let right = 0
  for (const pill of chips) {
    const width = pillWidth(pill)
    if (x > 10 && x + width > CHIP_ROW_MAX) {
      x = 10
      y += PILL_H + PILL_GAP
    }
    places.push({ pill, x, y, width })
    x += width + PILL_GAP
    right = Math.max(right, x)
  }
  return { places, bottom: chips.length > 0 ? y + PILL_H + 8 : top, width: right + 6 }
}

const NOTE_H = 16

/** What the box itself needs, without what is inside an open one. */
export function boxSize({ node, chips, notes, hidden, isOpen }: Box): {
  width: number
  height: number
  head: number
} {
  const title = textWidth(node.key, 'title') + 24 + (hidden > 0 ? 40 : isOpen ? 70 : 0)
  const notesBottom = HEAD_H + (notes.length > 0 ? notes.length * NOTE_H + 4 : 0)
  const { bottom, width } = chipPlaces(chips, notesBottom)
  const notesWidth = Math.max(0, ...notes.map(note => textWidth(`entry ${note}`, 'pill') + 22))
  return {
    width: Math.ceil(Math.max(84, title, chips.length > 0 ? width : 0, notesWidth)),
    height: Math.max(38, bottom + (chips.length > 0 ? 2 : notes.length > 0 ? 4 : 4)),
    head: bottom,
  }
}

export const noteY = (index: number): number => HEAD_H + 9 + index * NOTE_H
export const chipsTop = (notes: readonly string[]): number =>
  HEAD_H + (notes.length > 0 ? notes.length * NOTE_H + 4 : 0)
