/** What a person sees in the terminal after `npm start`: one line with the address and a login link, then how it goes. */
import type { EngineView } from '../../api/engine-view.ts'
import type { Clock } from '../../clock/clock.ts'

type Shown = { view: EngineView; url: string; loginLink: () => string; clock: Clock; speed: number }

const EVERY_MS = 5_000

/** Prints while it runs; gives how to stop it. Off a terminal only the first line is printed: the log has the rest. */
export function showStatus({ view, url, loginLink, clock, speed }: Shown): () => void {
  const { stdout } = process
  // A login link is for a person's eyes: off a terminal it would end up in somebody's log (`hedgerow link` gives one).
  stdout.write(stdout.isTTY ? `hedgerow at ${url} — sign in: ${loginLink()}\n` : `hedgerow at ${url}\n`)
  if (!stdout.isTTY) return () => {}
  let last = ''
  const show = () => {
    const line = statusLine(view, speed)
    if (line !== last) stdout.write(`${line}\n`)
    last = line
    timer = clock.setTimeout(show, EVERY_MS)
  }
  let timer = clock.setTimeout(show, EVERY_MS)
  return () => clock.clearTimeout(timer)
}

/** One line: the engine's state, its time, symbols and hedges by state, the ledger. */
function statusLine(view: EngineView, speed: number): string {
  const { state, nowMs, symbols, hedges, ledgerResiduals } = view.summary()
  const time = new Date(nowMs).toISOString().slice(0, 16).replace('T', ' ')
  const untied = Object.entries(ledgerResiduals).filter(([, residual]) => residual !== '0')
  const ledger =
    untied.length === 0 ? 'ledger ties' : `ledger off by ${untied.map(pair => pair.join(' ')).join(', ')}`
  return `${time}${speed === 1 ? '' : ` (${speed}x)`}  ${state}  symbols ${counts(symbols)}  hedges ${counts(hedges)}  ${ledger}`
}

const counts = (byState: Record<string, number>): string =>
  Object.entries(byState)
    .map(([state, count]) => `${count} ${state}`)
    .join(', ') || 'none'
