/**
 * Judges every tracked symbol at its own pace and tells a symbol only what changes its mind. Judgements themselves are kept
 * as plain values for people to read: what was found, and why it was or was not enough.
 */
import type { HedgeContext } from '../machines/hedge-context.ts'
import type { SymbolContext } from '../machines/symbol.ts'
import { entryBasisBps } from '../src/domain/entry-basis.ts'
import { type ExitJudgement, judgeExit } from '../src/domain/exit.ts'
import { type EntryJudgement, judgeEntry } from '../src/domain/opportunity.ts'
import type { PlainKind } from './runtime.ts'
import { pause, service } from './service.ts'
import type { World } from './world.ts'

export type Judgements = {
  entries: Map<string, EntryJudgement>
  exits: Map<string, ExitJudgement>
}
export const noJudgements = (): Judgements => ({ entries: new Map(), exits: new Map() })

/** A symbol blind for this long is no longer tradable, and says so. */
const BLIND_GRACE_MS = 60_000

export const scanner = (world: World, judgements: Judgements): PlainKind =>
  service(async signal => {
    const blindSinceMs = new Map<string, number>()
    do {
      for (const symbol of world.board.symbols()) scan(world, judgements, blindSinceMs, symbol)
    } while (await pause(world.clock, world.rules.strategy.judgeEveryMs, signal))
  })

function scan(world: World, judgements: Judgements, blindSinceMs: Map<string, number>, symbol: string) {
  const view = world.board.view(symbol)
  const actor = world.runtime().get(`symbol:${symbol}`)
  if (!view || !actor) return
  const nowMs = world.clock.nowMs()
  const entry = judgeEntry(view, world.rules, nowMs)
  judgements.entries.set(symbol, entry)
  const state = actor.cell?.state ?? ''
  const tell = (event: { type: string; because: string }) => world.runtime().deliver(actor.id, event)
  const because = `${entry.because}: found ${entry.found}, limit ${entry.limit}`

  if (entry.verdict !== 'blind') {
    blindSinceMs.delete(symbol)
    if (state === 'failed.stale') tell({ type: 'data.fresh', because })
  } else {
    const sinceMs = blindSinceMs.get(symbol) ?? nowMs
    blindSinceMs.set(symbol, sinceMs)
    if (state.startsWith('idle') && nowMs - sinceMs > BLIND_GRACE_MS) tell({ type: 'data.stale', because })
  }
  if (state.startsWith('idle') && entry.because === 'delisting-announced') {
    tell({ type: 'symbol.delisted', because })
  }
  if (state === 'idle.quiet' && entry.verdict === 'tempting' && !world.newRiskRefused()) {
    tell({ type: 'carry.tempting', because })
  }
  if (state === 'hedged')
    scanExit(world, judgements, actor.actor.getSnapshot().context as SymbolContext, nowMs)
  else judgements.exits.delete(symbol)
}

function scanExit(world: World, { exits }: Judgements, { symbol, hedgeId }: SymbolContext, nowMs: number) {
  const hedge = world.runtime().get(`hedge:${hedgeId}`)
  const view = world.board.view(symbol)
  if (!hedge || !view) return
  const context = hedge.actor.getSnapshot().context as HedgeContext
  const held = {
    entryBasisBps: entryBasisBps(context.spot, context.perp),
    hedgedAtMs: context.hedgedAtMs,
    maintenanceMarginRate: world.funds()?.maintenanceMarginRate ?? '0',
  }
  const exit = judgeExit(held, view, world.rules, exits.get(symbol)?.judgementsInARow ?? 0, nowMs)
  exits.set(symbol, exit)
  if (exit.verdict !== 'leave') return
  const because = `${exit.because}: found ${exit.found}, limit ${exit.limit}`
  world.runtime().deliver(`symbol:${symbol}`, { type: 'exit.wanted', because })
}
