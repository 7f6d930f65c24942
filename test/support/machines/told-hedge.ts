/** A hedge's chart behind the durable wrapper, told one thing after the other, and how far a story usually begins. */
import { createActor } from 'xstate'
import { type DurableStep, durable, unborn } from '../../../actors/runtime/durable.ts'
import type { Answer } from '../../../actors/runtime/outbox.ts'
import type { HedgeContext, HedgeInput } from '../../../machines/hedge/context.ts'
import { hedgeMachine } from '../../../machines/hedge/hedge.ts'
import type { LegName } from '../../../src/domain/instrument.ts'
import type { JsonObject } from '../../../src/domain/json.ts'
import type { OrderPurpose } from '../../../src/domain/legs/order.ts'
import { NOW_MS, RULES } from '../domain/sample-market.ts'
import { sampleHedge, sampleOrder, sampleOutcome } from './sample-hedge.ts'

const { orderDeadlineMs, recvWindowMs, askEveryMs, asksMin } = RULES.execution
/** From here on the exchange can no longer accept a request decided at NOW_MS. */
export const WINDOW_OVER_MS = NOW_MS + orderDeadlineMs + recvWindowMs + askEveryMs + 1

/** A hedge that is told things; `nowMs` stands still unless told. */
export function bornHedge(hedge: HedgeInput = sampleHedge()) {
  const cell = unborn('hedge:HEDGE00001', '')
  const steps: DurableStep[] = []
  let thrown: unknown
  const logic = durable(hedgeMachine, cell, { decided: step => steps.push(step), ignored: () => {} })
  const input = { input: hedge as unknown as JsonObject, atMs: NOW_MS }
  const actor = createActor(logic, { id: 'hedge', input } as never)
  actor.subscribe({ error: error => (thrown = error) })
  actor.start()
  const tell = (event: Answer, atMs = NOW_MS) => {
    actor.send({ ...event, atMs })
    if (thrown) throw thrown
  }
  const context = () => actor.getSnapshot().context as HedgeContext
  return {
    tell,
    context,
    steps,
    state: () => cell.state,
    timers: () => cell.timers,
    /** The timer of this delay, if it is armed, comes. */
    wait(delay: string) {
      const timer = cell.timers.find(({ event }) => String(event.type).includes(delay))
      if (!timer) throw new Error(`expected a timer ${delay}, found none in ${cell.state}`)
      tell(timer.event as Answer, timer.dueAtMs)
    },
    /** Names and order ids of the effects called for so far, of one kind. */
    asked: (type: string): string[] =>
      steps.flatMap(({ effects }) =>
        effects
          .filter(effect => effect.type === type)
          .map(({ params }) => (params.order as { orderLinkId?: string } | undefined)?.orderLinkId ?? ''),
      ),
    order: () => context().spot.order?.orderLinkId ?? context().perp.order?.orderLinkId ?? '',
  }
}
export type Hedge = ReturnType<typeof bornHedge>

export const orderStep = (leg: LegName, purpose: OrderPurpose = 'enter', grows = true): Answer => ({
  type: 'step.order',
  order: sampleOrder(leg, grows) as unknown as JsonObject,
  purpose,
  because: 'next slice',
})
export const closed = (
  hedge: Hedge,
  leg: LegName,
  base: '10' | '-10' | '0' | '4',
  orderLinkId = hedge.order(),
): Answer => ({
  type: 'order.closed',
  orderLinkId,
  ...sampleOutcome(leg, base),
})

/** The decision that the phase is at its end, on the legs as they are. */
export const done = (hedge: Hedge): Answer => {
  const { spot, perp } = hedge.context()
  return { type: 'step.done', spotNetBase: spot.base, perpBase: perp.base }
}

/** Confirmed, and with an order of this leg under way. */
export function ordering(leg: LegName = 'spot'): Hedge {
  const hedge = bornHedge()
  hedge.tell({ type: 'plan.confirmed' })
  hedge.tell(orderStep(leg))
  return hedge
}
export function unknownOrder(): Hedge {
  const hedge = ordering()
  hedge.tell({ type: 'order.unknown', orderLinkId: hedge.order(), cause: 'timeout' })
  return hedge
}
export const absent = (hedge: Hedge, serverAtMs: number) => {
  hedge.tell({ type: 'order.absent', orderLinkId: hedge.order(), serverAtMs })
  if (hedge.order()) hedge.wait('ASK_AGAIN')
}
export function absentOrder(): Hedge {
  const hedge = unknownOrder()
  for (let nth = 0; nth < asksMin; nth++) absent(hedge, WINDOW_OVER_MS)
  return hedge
}
export function hedgedHedge(): Hedge {
  const hedge = ordering()
  hedge.tell(closed(hedge, 'spot', '10'))
  hedge.tell(orderStep('perp'))
  hedge.tell(closed(hedge, 'perp', '10'))
  hedge.tell(done(hedge))
  hedge.tell({ ...done(hedge), type: 'legs.verified' })
  return hedge
}
