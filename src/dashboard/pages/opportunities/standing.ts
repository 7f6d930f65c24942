/** What the engine makes of a symbol, and why: the same words wherever it is shown. */
import type { Opportunity } from '../../../api/rows/books.ts'
import { reasonText, spokenReason } from '../../../wording/reasons.ts'
import { topState } from '../../../wording/stories.ts'

const HELD: Readonly<Record<string, string>> = {
  entering: 'its hedge is being opened',
  hedged: 'its hedge is open',
  unwinding: 'its hedge is being closed',
}

/** What the engine makes of it, in one word and one sentence. */
export function standing({ verdict, because, found, limit, market }: Opportunity): {
  word: string
  tone: string
  why: string
} {
  const top = topState(market.state)
  const held = HELD[top]
  if (held) return { word: 'taken', tone: 'good', why: held }
  if (top === 'stale' || top === 'delisted')
    return { word: top, tone: 'warn', why: spokenReason(market.stateBecause) }
  if (top === 'failed')
    return {
      word: market.state.split('.')[1] ?? 'failed',
      tone: 'bad',
      why: spokenReason(market.stateBecause),
    }
  const why = reasonText({ because, found, limit })
  if (verdict === 'blind') return { word: 'blind', tone: 'bad', why }
  if (verdict === 'quiet') return { word: 'not worth it', tone: '', why }
  if (market.engineRefuses) return { word: 'held back', tone: 'warn', why: market.engineRefuses }
  if (market.state === 'idle.refused')
    return { word: 'refused', tone: 'warn', why: spokenReason(market.stateBecause) }
  if (market.state === 'idle.cooling')
    return { word: 'cooling', tone: 'warn', why: 'its last hedge closed a moment ago' }
  return { word: 'tempting', tone: 'accent', why }
}
