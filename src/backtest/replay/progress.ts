/** How far a replay is: a bar that redraws itself on a terminal, a line every few virtual weeks elsewhere. */
import { HOUR_MS } from '../../domain/market/funding.ts'

type Out = { isTTY?: boolean; write(text: string): unknown }
type At = { nowMs: number; hedges: number }

const WIDTH = 30
const LINE_EVERY_DAYS = 28

export function replayProgress(out: Out, { fromMs, toMs }: { fromMs: number; toMs: number }) {
  const dayOf = (atMs: number) => Math.floor((atMs - fromMs) / (24 * HOUR_MS))
  const days = dayOf(toMs)
  return {
    show({ nowMs, hedges }: At): void {
      const done = dayOf(nowMs)
      const said = `${done} of ${days} days, ${hedges} ${hedges === 1 ? 'hedge' : 'hedges'} open`
      const filled = Math.round((WIDTH * done) / Math.max(1, days))
      if (out.isTTY) out.write(`\r\u001b[K[${'='.repeat(filled)}${' '.repeat(WIDTH - filled)}] ${said}`)
      else if (done % LINE_EVERY_DAYS === 0) out.write(`${said}\n`)
    },
    end(): void {
      if (out.isTTY) out.write('\r\u001b[K')
    },
  }
}
