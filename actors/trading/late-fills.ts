/**
 * Asks again, now and then, about orders that were counted as absent: lists that lag by half a minute can agree three times
 * that an order never was, while it fills. What is found reopens the case (carry.md d.6).
 */
import type { HedgeContext } from '../../machines/hedge/context.ts'
import { ownerOfOrder } from '../../src/domain/legs/order.ts'
import { orderNews } from '../hedge.ts'
import type { Ports } from '../ports.ts'
import type { PlainKind, Running } from '../runtime/running.ts'
import { pause, service } from '../service.ts'
import { MARKET } from './hedge-legs.ts'

type LateFillsPorts = Ports<'clock' | 'pace' | 'exchange' | 'telemetry' | 'runtime' | 'assertOwner'>

type AskSafelyPorts = Ports<'exchange' | 'telemetry' | 'runtime' | 'assertOwner'>

const EVERY_MS = 20_000

/** Asks about each hedge's absent orders in turn; a fault with one hedge is logged and does not keep it from the next. */
export const lateFills = (ports: LateFillsPorts): PlainKind =>
  service(async signal => {
    while (await pause(ports.clock, EVERY_MS * ports.pace, signal)) {
      for (const self of [...ports.runtime().all()]) {
        if (self.kind === 'hedge' && !signal.aborted) await askSafely(ports, self)
      }
    }
  })

async function askSafely(ports: AskSafelyPorts, self: Running): Promise<void> {
  try {
    await askAgain(ports, self)
  } catch (error) {
    const because = error instanceof Error ? error.message : String(error)
    ports.telemetry.inputRefused('reading', `orders of ${self.id} counted as absent: ${because}`)
  }
}

async function askAgain(ports: AskSafelyPorts, { id, actor }: Running): Promise<void> {
  const { absentOrders, plan } = actor.getSnapshot().context as HedgeContext
  for (const orderLinkId of absentOrders) {
    const leg = ownerOfOrder(orderLinkId)?.leg
    if (!leg) continue
    const symbol = leg === 'spreadOrder' ? (plan.spread?.symbol ?? '') : plan[leg].symbol
    const looked = await ports.exchange.findOrder(MARKET[leg], symbol, orderLinkId)
    if (looked.kind !== 'found') continue
    const news = orderNews(leg, looked.report, looked.fills, plan)
    if (news?.type === 'order.open') {
      // It waits in the book after all: nobody hedges what it fills, so it must not fill more.
      ports.assertOwner()
      await ports.exchange.cancelOrder(MARKET[leg], symbol, orderLinkId)
    }
    if (news?.type !== 'order.closed') continue
    ports.telemetry.log.warn('order.late', { actorId: id, orderLinkId, filledQty: looked.report.filledQty })
    ports.runtime().deliver(id, news)
  }
}
