/** What a person sees in the terminal after `npm start`: the address with a login link, then how it goes, in one line each. */

import { Decimal } from 'decimal.js'
import type { EngineView } from '../../api/engine-view.ts'
import type { Holding } from '../../api/rows/rows.ts'
import type { Clock } from '../../clock/clock.ts'
import { lineOut } from '../../telemetry/line-out.ts'
import {
  amountText,
  clockText,
  countText,
  instantText,
  lengthText,
  paceText,
  percentText,
} from '../../wording/figures.ts'
import { facing } from '../../wording/hedges.ts'
import { plainText } from '../../wording/plain-text.ts'
import { spokenReason } from '../../wording/reasons.ts'
import { topState } from '../../wording/stories.ts'

// What happened to hedges between two looks, in a sentence each: opened, paid, closed.

type Held = Pick<
  Holding,
  | 'id'
  | 'symbol'
  | 'direction'
  | 'state'
  | 'heldUsdt'
  | 'filledShare'
  | 'fundingUsdt'
  | 'settlements'
  | 'nextFundingUsdt'
  | 'because'
>

/** Of one that is no longer held, as it was stored. */
export type Ended = {
  id: string
  symbol: string
  sinceMs: number
  hedgedAtMs: number
  unwindBecause: string | null
  fundingUsdt: string
  feesUsdt: string
  netUsdt?: string
}

type News = {
  /** Hedges that were held at the last look and are no more: what became of them is asked for. */
  gone(held: readonly Held[]): string[]
  /** What is new since the last look; nothing at the first. */
  since(held: readonly Held[], ended: readonly Ended[]): string[]
}

/** Compares each look at the open hedges with the one before. */
export function hedgeNews(): News {
  let before: ReadonlyMap<string, Held> | undefined
  const gone = (held: readonly Held[]) =>
    [...(before?.keys() ?? [])].filter(id => !held.some(each => each.id === id))
  return {
    gone,
    since(held, ended) {
      const known = before
      const left = new Set(gone(held))
      const told = ended.filter(({ id }) => left.has(id))
      // One that could not be read yet is asked for again.
      const unread = [...left].filter(id => !told.some(each => each.id === id))
      before = new Map([...held, ...unread.flatMap(id => known?.get(id) ?? [])].map(each => [each.id, each]))
      if (!known) return []
      // Reasons are people's own words: none of them may command the terminal.
      const news = [...held.flatMap(now => heldNews(known.get(now.id), now)), ...told.map(endedNews)]
      return news.map(each => plainText(each))
    },
  }
}

function heldNews(before: Held | undefined, now: Held): string[] {
  const news: string[] = []
  const wasIn = before && topState(before.state)
  const isIn = topState(now.state)
  if (isIn === 'hedged' && wasIn !== 'hedged')
    news.push(
      `opened ${now.symbol}: ${amountText(now.heldUsdt)} USDT, ${facing(now.direction).name}${shareText(now)}${nextFundingText(now)}`,
    )
  if (isIn === 'unwinding' && wasIn !== 'unwinding')
    news.push(`closing ${now.symbol}${now.because === null ? '' : `: ${spokenReason(now.because)}`}`)
  if (isIn === 'failed' && wasIn !== 'failed')
    news.push(
      `${now.symbol} needs a person${now.because === null ? '' : `: ${spokenReason(now.because)}`}; hedgerow hedge ${now.id}`,
    )
  if (now.settlements > (before?.settlements ?? 0)) {
    const paid = new Decimal(now.fundingUsdt).minus(before?.fundingUsdt ?? 0)
    const verb = paid.isNegative() ? 'paid' : 'was paid'
    news.push(
      `${now.symbol} ${verb} ${amountText(paid.abs().toFixed())} USDT of funding, ${amountText(now.fundingUsdt, { sign: true })} in all`,
    )
  }
  return news
}

const shareText = ({ filledShare }: Held): string =>
  filledShare >= 0.99 ? '' : `, ${percentText(filledShare, { places: 0 })} of the plan`

const nextFundingText = ({ nextFundingUsdt }: Held): string =>
  nextFundingUsdt === null ? '' : `; ${amountText(nextFundingUsdt, { sign: true })} at the next settlement`

function endedNews(ended: Ended): string {
  const { symbol, sinceMs, hedgedAtMs, unwindBecause, netUsdt, fundingUsdt, feesUsdt } = ended
  const because = unwindBecause === null ? '' : `, because ${spokenReason(unwindBecause)}`
  if (hedgedAtMs === 0) return `dropped ${symbol} before it was hedged${because}`
  const made = `net ${amountText(netUsdt, { sign: true })} USDT (funding ${amountText(fundingUsdt, { sign: true })}, fees ${amountText(feesUsdt, { sign: true })})`
  return `closed ${symbol} after ${lengthText(Math.max(0, sinceMs - hedgedAtMs))}: ${made}${because}`
}

type Out = (text: string) => void

/** Writes to the terminal that stands for the standard output; what it cannot take now is dropped. */
const terminalOut = (): Out => lineOut(process.stdout, () => undefined)

type Shown = {
  view: EngineView
  url: string
  loginLink: () => string
  clock: Clock
  /** Where it is written, and whether a person reads there. */
  out?: Out
  isTerminal?: boolean
}

const EVERY_MS = 5_000
/** So many of the newest hedges are looked through for those that ended since the last look. */
const ENDED_MAX = 50

/** Prints while it runs; gives how to stop it. Off a terminal only the first line is printed: the log has the rest. */
export function showStatus({ view, url, loginLink, clock, ...where }: Shown): () => void {
  const { out = terminalOut(), isTerminal = process.stdout.isTTY === true } = where
  // A login link is for a person's eyes: off a terminal it would end up in somebody's log (`hedgerow link` gives one).
  out(isTerminal ? `hedgerow at ${url} — sign in: ${loginLink()}\n` : `hedgerow at ${url}\n`)
  if (!isTerminal) return () => {}
  let last = ''
  let stopped = false
  const news = hedgeNews()
  const show = async () => {
    const held = view.holdings()
    // A database that is away leaves its part of the line out.
    const profit = await view.profit('all').catch(() => undefined)
    const ended = news.gone(held).length === 0 ? [] : await view.hedges(ENDED_MAX).catch(() => [])
    if (stopped) return
    const at = clockText(view.summary().nowMs)
    for (const each of news.since(held, ended as Ended[])) out(`  ${at}  ${each}\n`)
    const line = statusLine(view, profit?.rows[0])
    if (line !== last) out(`${line}\n`)
    last = line
    timer = clock.setTimeout(() => void show(), EVERY_MS)
  }
  let timer = clock.setTimeout(() => void show(), EVERY_MS)
  return () => {
    stopped = true
    clock.clearTimeout(timer)
    const open = view.holdings().length
    out(
      open === 0
        ? 'stopping; no hedge is open\n'
        : `stopping; ${countText(open, 'open hedge')} ${open === 1 ? 'stays open' : 'stay open'}; the next start continues from here\n`,
    )
  }
}

type Made = { fundingUsdt: string; netUsdt: string }

/** One line, as `statusParts` has it. */
export const statusLine = (view: EngineView, closed: Made | undefined): string =>
  statusParts(view, closed).join('  ')

/** Time, state, money (equity, funding and net of all hedges, the next settlement), hedges, and what is wrong. */
export function statusParts(view: EngineView, closed: Made | undefined): string[] {
  const { state, nowMs, speed, pace, hedges, symbols, ledgerResiduals, equityUsdt } = view.summary()
  const held = view.holdings()
  const untied = Object.entries(ledgerResiduals).filter(([, residual]) => Number(residual) !== 0)
  const parts = [
    `${instantText(nowMs).slice(0, 16)}${speed === 1 ? '' : ` (${paceText({ speed, pace })})`}`,
    state,
    `equity ${amountText(equityUsdt)} USDT`,
    `funding ${signedSum([closed?.fundingUsdt ?? '0', ...held.map(({ fundingUsdt }) => fundingUsdt)])}`,
    `net ${signedSum([closed?.netUsdt ?? '0', ...held.map(({ netUsdt }) => netUsdt)])}`,
    nextText(held, nowMs),
    `hedges ${counts(hedges)}`,
    `symbols ${counts(symbols)}`,
    untied.length > 0
      ? `LEDGER OFF BY ${untied.map(([coin, residual]) => `${residual} ${coin}`).join(', ')}`
      : '',
  ]
  return parts.filter(part => part !== '')
}

/** For the eye. What is not known of one is not known of all. */
const signedSum = (parts: readonly (string | null)[]): string =>
  parts.includes(null)
    ? '–'
    : amountText(
        parts.reduce((sum, part) => sum + Number(part), 0),
        { sign: true },
      )

type Next = { nextFundingAtMs: number | null; nextFundingUsdt: string | null }

function nextText(held: readonly Next[], nowMs: number): string {
  const atMs = Math.min(...held.map(({ nextFundingAtMs }) => nextFundingAtMs ?? Number.POSITIVE_INFINITY))
  if (!Number.isFinite(atMs)) return ''
  const due = held.filter(({ nextFundingAtMs }) => nextFundingAtMs === atMs)
  return `next ${signedSum(due.map(({ nextFundingUsdt }) => nextFundingUsdt))} in ${lengthText(Math.max(0, atMs - nowMs))}`
}

const counts = (byState: Record<string, number>): string =>
  Object.entries(byState)
    .map(([state, count]) => `${count} ${state}`)
    .join(', ') || 'none'

/** What a start is doing, for a person who waits at the terminal. Elsewhere the log says what matters. */
export type StartSteps = (doing: string) => void

type Started = { version: string; mode: string; out?: Out; isTerminal?: boolean }

/** Says at once that a start has begun; gives how to name what it does now. */
export function startSteps({ version, mode, ...where }: Started): StartSteps {
  const { out = terminalOut(), isTerminal = process.stdout.isTTY === true } = where
  if (!isTerminal) return () => {}
  out(`hedgerow ${version}, mode ${mode}\n`)
  return doing => out(`  ${doing}…\n`)
}
