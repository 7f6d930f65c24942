/**
 * Why nothing was opened, and what was found: each judgement of each symbol that led to no hedge, counted by its reason with
 * the range of the figures found; refusals of the desk; and of each symbol the best carry that was ever seen.
 */
import type { CarryEstimate } from '../../domain/carry/carry.ts'
import type { EntryJudgement } from '../../domain/entry/opportunity.ts'
import type { Engine } from '../../run/engine.ts'

/** One reason: how often, between which figures, when first and last. */
export type NotTaken = {
  symbol: string
  direction: string
  because: string
  times: number
  /** The least and the greatest figure found, where it begins with a number; with its unit, if any. */
  foundMin: string
  foundMax: string
  limit: string
  firstAtMs: number
  lastAtMs: number
}
type BestSeen = { symbol: string; atMs: number; carry: CarryEstimate }
export type DecisionLog = {
  judgements: number
  notTaken: NotTaken[]
  best: BestSeen[]
}

type Found = {
  symbol: string
  direction: string
  because: string
  found: string
  limit: string
  atMs: number
}

/** Watches an engine: `look` takes in what was judged since the last look. */
export function createDecisionLog({ judgements, runtime, ports }: Engine): {
  look(): void
  found(): DecisionLog
} {
  const reasons = new Map<string, NotTaken>()
  const best = new Map<string, BestSeen>()
  const seenAtMs = new Map<string, number>()
  let count = 0
  const add = (found: Found) => {
    const key = `${found.symbol} ${found.direction} ${found.because}`
    reasons.set(key, widened(reasons.get(key), found))
  }
  runtime.onMove(actorId => {
    if (!actorId.startsWith('symbol:')) return
    const self = runtime.get(actorId)
    if (self?.cell?.state !== 'idle.refused') return
    const { because } = self.actor.getSnapshot().context as { because: string }
    const [, name = because, found = '', limit = ''] =
      /^([a-z-]+): found (.*), limit (.*)$/s.exec(because) ?? []
    const atMs = ports.clock.nowMs()
    const symbol = actorId.slice('symbol:'.length)
    add({ symbol, direction: '', because: `the desk: ${name}`, found, limit, atMs })
  })
  const take = (judged: EntryJudgement) => {
    const { symbol, judgedAtMs: atMs } = judged
    for (const each of [judged, judged.other]) {
      if (!each) continue
      const { direction = '', verdict, because, found, limit, carry } = each
      if (verdict !== 'tempting') add({ symbol, direction, because, found, limit, atMs })
      const known = best.get(symbol)
      if (carry && (!known || carry.aprOnCapital > known.carry.aprOnCapital))
        best.set(symbol, { symbol, atMs, carry })
    }
  }
  return {
    look() {
      for (const judged of judgements.entries.values()) {
        if (seenAtMs.get(judged.symbol) === judged.judgedAtMs) continue
        seenAtMs.set(judged.symbol, judged.judgedAtMs)
        count++
        // A symbol with a hedge is judged too: that it may not have a second one is no refusal.
        if (isIdle(runtime, judged.symbol)) take(judged)
      }
    },
    found: () => ({
      judgements: count,
      notTaken: [...reasons.values()].sort((a, b) =>
        a.symbol < b.symbol ? -1 : a.symbol > b.symbol ? 1 : b.times - a.times,
      ),
      best: [...best.values()],
    }),
  }
}

const isIdle = (runtime: Engine['runtime'], symbol: string) =>
  (runtime.get(`symbol:${symbol}`)?.cell?.state ?? '').startsWith('idle')

function widened(known: NotTaken | undefined, { found, limit, atMs, ...what }: Found): NotTaken {
  if (!known)
    return { ...what, times: 1, foundMin: found, foundMax: found, limit, firstAtMs: atMs, lastAtMs: atMs }
  return {
    ...known,
    times: known.times + 1,
    foundMin: numberOf(found) < numberOf(known.foundMin) ? found : known.foundMin,
    foundMax: numberOf(found) > numberOf(known.foundMax) ? found : known.foundMax,
    limit,
    lastAtMs: atMs,
  }
}

/** The figure a text begins with; a text that begins with none is neither less nor greater than any. */
const numberOf = (text: string): number => Number.parseFloat(text)
