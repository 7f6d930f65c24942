/** An orderly end: nothing waits in the book while nobody watches it, and no fill of it stays without its other leg. */
import type { HedgeContext } from '../../machines/hedge/context.ts'
import { ordersOf, restingOf } from '../../machines/hedge/orders.ts'
import type { Ports } from '../ports.ts'
import { pause } from '../service.ts'

/** Of the wall: what does not end by then is found again by the next start. */
const WAIT_MS_MAX = 5_000
const LOOK_EVERY_MS = 50

/**
 * Cancels every order that waits in a book, and resolves when no order is under way and the legs of each hedge are level; or
 * after a few seconds. Failed hedges are a person's, and are not waited for.
 */
export async function restingEnds(ports: Ports<'clock' | 'speed' | 'telemetry' | 'runtime'>): Promise<void> {
  const { clock, speed, telemetry } = ports
  const untilMs = clock.nowMs() + WAIT_MS_MAX * speed
  const never = new AbortController().signal
  for (let restless = restlessHedges(ports); restless.length > 0; restless = restlessHedges(ports)) {
    if (clock.nowMs() >= untilMs) {
      telemetry.log.warn('engine.stopped-restless', { hedges: restless.map(({ id }) => id).join(',') })
      return
    }
    for (const { id, context } of restless) {
      if (restingOf(context)?.cancelRequested === false)
        ports.runtime().deliver(id, { type: 'hedge.cancel-resting' })
    }
    await pause(clock, LOOK_EVERY_MS * speed, never)
  }
}

function restlessHedges(ports: Ports<'runtime'>): { id: string; context: HedgeContext }[] {
  return [...ports.runtime().all()]
    .filter(({ kind, cell }) => kind === 'hedge' && !cell?.state.startsWith('failed'))
    .map(({ id, actor }) => ({ id, context: actor.getSnapshot().context as HedgeContext }))
    .filter(({ context }) => ordersOf(context).length > 0 || context.unbalancedSinceMs > 0)
}
