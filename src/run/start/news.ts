/** What happened to hedges between two looks, in a sentence each: opened, paid, closed. */
import { Decimal } from 'decimal.js'
import type { Holding } from '../../api/rows/rows.ts'
import { amountText, lengthText, percentText } from '../../wording/figures.ts'
import { facing } from '../../wording/hedges.ts'
import { plainText } from '../../wording/plain-text.ts'
import { spokenReason } from '../../wording/reasons.ts'
import { topState } from '../../wording/stories.ts'

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
      `opened ${now.symbol}: ${amountText(now.heldUsdt)} USDT, ${facing(now.direction).name}${shareText(now)}${nextText(now)}`,
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

const nextText = ({ nextFundingUsdt }: Held): string =>
  nextFundingUsdt === null ? '' : `; ${amountText(nextFundingUsdt, { sign: true })} at the next settlement`

function endedNews(ended: Ended): string {
  const { symbol, sinceMs, hedgedAtMs, unwindBecause, netUsdt, fundingUsdt, feesUsdt } = ended
  const because = unwindBecause === null ? '' : `, because ${spokenReason(unwindBecause)}`
  if (hedgedAtMs === 0) return `dropped ${symbol} before it was hedged${because}`
  const made = `net ${amountText(netUsdt, { sign: true })} USDT (funding ${amountText(fundingUsdt, { sign: true })}, fees ${amountText(feesUsdt, { sign: true })})`
  return `closed ${symbol} after ${lengthText(Math.max(0, sinceMs - hedgedAtMs))}: ${made}${because}`
}
