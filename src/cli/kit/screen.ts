/**
 * What moves on a terminal: a block of lines drawn again in place, and the progress of long work. The block never grows past
 * the terminal, so that "up by so many lines" is always where it began. Progress goes to the error output, so that results
 * stay clean: a bar on a terminal, a line each tenth of the way elsewhere, nothing with --json.
 */
import { fitted } from './output.ts'

type Screen = {
  readonly rows: number
  draw(lines: readonly string[]): void
  end(): void
}

const HIDE_CURSOR = '\u001b[?25l'
const SHOW_CURSOR = '\u001b[?25h'
const CLEAR_LINE = '\u001b[K'
const CLEAR_BELOW = '\u001b[J'
const CLEAR_ALL = '\u001b[2J\u001b[H'

/** A block of lines to draw on; the cursor is hidden until it ends. */
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

/**
 * Progress of long work, on the error output so that results stay clean: a bar on a terminal, a line each tenth of the
 * way elsewhere, nothing with --json. Knows no time and no work: it is told.
 */
export type ProgressBar = {
  /** @param done - of the total given; @param label - what is being done now */
  at(done: number, label?: string): void
  /** The last word; the bar makes room for it. */
  end(text?: string): void
}

type Options = {
  total: number
  /** What is done, such as `unwinding`. */
  name: string
  json?: boolean | undefined
  out?: Out
}
type Out = { write(text: string): unknown; isTTY?: boolean; columns?: number }

const BAR_CELLS_MAX = 30
const NAME_ROOM = 40

/** Progress of one long work, from 0 to `total`. */
export function startProgress({ total, name, json, out = process.stderr }: Options): ProgressBar {
  if (json) return { at() {}, end() {} }
  const share = (done: number) => (total > 0 ? Math.min(1, Math.max(0, done / total)) : 1)
  return out.isTTY ? bar(name, share, out) : percentages(name, share, out)
}

type Share = (done: number) => number

function bar(name: string, share: Share, out: Out): ProgressBar {
  const width = out.columns || 80
  const cells = Math.max(5, Math.min(BAR_CELLS_MAX, width - NAME_ROOM - name.length))
  return {
    at(done, label = '') {
      const full = Math.round(share(done) * cells)
      const line = `${name} ${'█'.repeat(full)}${'░'.repeat(cells - full)} ${percent(share(done))} ${label}`
      out.write(`\r${line.slice(0, width - 1)}\u001b[K`)
    },
    end(text) {
      out.write(`\r\u001b[K${text === undefined ? '' : `${text}\n`}`)
    },
  }
}

function percentages(name: string, share: Share, out: Out): ProgressBar {
  let told = -1
  return {
    at(done, label) {
      const tenth = Math.floor(share(done) * 10)
      if (tenth <= told) return
      told = tenth
      out.write(`${name} ${percent(share(done)).trim()}${label ? ` ${label}` : ''}\n`)
    },
    end(text) {
      if (text !== undefined) out.write(`${text}\n`)
    },
  }
}

const percent = (share: number) => `${Math.floor(share * 100)} %`.padStart(5)
