/**
 * A block of lines that is drawn again in place. It never grows past the terminal, so that "up by so many lines" is
 * always where it began; the last drawing stays when it ends.
 */
import { fitted } from './output.ts'

export type Screen = {
  readonly rows: number
  draw(lines: readonly string[]): void
  end(): void
}

const HIDE_CURSOR = '\u001b[?25l'
const SHOW_CURSOR = '\u001b[?25h'
const CLEAR_LINE = '\u001b[K'
const CLEAR_BELOW = '\u001b[J'
const CLEAR_ALL = '\u001b[2J\u001b[H'

export function openScreen(out: NodeJS.WriteStream = process.stdout): Screen {
  let drawn = 0
  let last: readonly string[] = []
  const rows = () => Math.max(2, (out.rows || 24) - 1)
  const draw = (lines: readonly string[]) => {
    last = lines
    const shown = lines.slice(0, rows()).map(line => fitted(line, (out.columns || 80) - 1))
    const up = drawn > 0 ? `\u001b[${drawn}A\r` : ''
    out.write(`${up}${shown.map(line => `${line}${CLEAR_LINE}\n`).join('')}${CLEAR_BELOW}`)
    drawn = shown.length
  }
  const redraw = () => {
    out.write(CLEAR_ALL)
    drawn = 0
    draw(last)
  }
  out.write(HIDE_CURSOR)
  out.on('resize', redraw)
  return {
    get rows() {
      return rows()
    },
    draw,
    end() {
      out.off('resize', redraw)
      out.write(SHOW_CURSOR)
    },
  }
}
