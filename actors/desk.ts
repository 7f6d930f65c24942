/** Plans what a symbol wishes for: reads the market and the wallet, sizes the hedge. The chart judges the plan. */
import { deskMachine, type Wish } from '../machines/desk.ts'
import type { JsonObject } from '../src/domain/json.ts'
import { judgeEntry } from '../src/domain/opportunity.ts'
import { isRefusal } from '../src/domain/refusal.ts'
import { sizeHedge } from '../src/domain/sizing.ts'
import { NO_USDT } from '../src/domain/units.ts'
import type { Answer } from './outbox.ts'
import type { DurableKind } from './runtime.ts'
import type { World } from './world.ts'

export const deskKind = (world: World): DurableKind => ({
  machine: deskMachine,
  effects: { planHedge: async params => planHedge(world, params as unknown as Wish) },
})

async function planHedge(world: World, wish: Wish): Promise<Answer> {
  const { symbol, symbolActor, hedgeId } = wish
  const no = (because: string): Answer => ({ type: 'hedge.unplanned', symbol, symbolActor, because })
  const refused = world.newRiskRefused()
  if (refused) return no(refused)
  const view = world.board.view(symbol)
  if (!view) return no(`${symbol} is not tracked`)
  const nowMs = world.clock.nowMs()
  const judged = judgeEntry(view, world.rules, nowMs)
  if (judged.verdict !== 'tempting')
    return no(`${judged.because}: found ${judged.found}, limit ${judged.limit}`)
  const wallet = await world.exchange.wallet()
  const funds = { availableUsdt: wallet.availableUsdt, maintenanceMarginRate: wallet.maintenanceMarginRate }
  const exposure = { hedges: wish.hedges, ...funds, reservedUsdt: NO_USDT, halted: false }
  const plan = sizeHedge(hedgeId, view, exposure, world.rules, nowMs)
  if (isRefusal(plan)) return no(`${plan.refused}: found ${plan.found}, limit ${plan.limit}`)
  return { type: 'hedge.planned', symbolActor, funds, plan: plan as unknown as JsonObject }
}
