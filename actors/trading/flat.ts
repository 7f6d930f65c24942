/** Reads whether anything of ours is left on the exchange: what `flatten` is worth is what this finds. */

import { Decimal } from 'decimal.js'
import { namesClaimed } from '../../src/domain/books/reconcile.ts'
import { ownerOfOrder } from '../../src/domain/legs/order.ts'
import { readVenue, type Venue } from '../account/reconciler.ts'
import type { Ports } from '../ports.ts'
import type { Answer, EffectHandler } from '../runtime/outbox.ts'
import { pause } from '../service.ts'

type VerifyFlatPorts = Ports<'clock' | 'pace' | 'exchange' | 'board' | 'telemetry' | 'alerts' | 'assertOwner'>

/** Lists trail what happened: what is left is believed when it was seen this often in a row. */
const LOOKS_MAX = 5
const LOOK_AGAIN_MS = 2_000

/** Answers with all that is left, hedges that are still held first; cancels orders of ours that nobody works on. */
export const verifyFlat =
  (ports: VerifyFlatPorts): EffectHandler =>
  async ({ hedgeIds }): Promise<Answer> => {
    try {
      const held = (hedgeIds as string[]).map(id => `hedge ${id} is not closed`)
      const left = [...held, ...(await whatIsLeft(ports, held.length > 0))]
      tell(ports, left)
      return { type: 'flat.verified', left }
    } catch (error) {
      return { type: 'flat.unread', because: error instanceof Error ? error.message : String(error) }
    }
  }

async function whatIsLeft(
  ports: Ports<'clock' | 'pace' | 'exchange' | 'board' | 'assertOwner'>,
  isHeld: boolean,
): Promise<string[]> {
  for (let look = 1; ; look++) {
    // Hedges that ended have no claims any more: whatever is tracked must be readable.
    const tracked = ports.board.pairs().map(({ baseCoin, symbol }) => ({ baseCoin, perpSymbol: symbol }))
    const venue = await readVenue(ports, namesClaimed(tracked))
    const left = [...positionsLeft(ports, venue), ...ordersLeft(venue), ...debtsLeft(ports, venue)]
    if (left.length === 0 || look === LOOKS_MAX) return left
    // Nothing works on these any more: they could only fill.
    if (!isHeld) await cancelOwn(ports, venue)
    await pause(ports.clock, LOOK_AGAIN_MS * ports.pace, NEVER)
  }
}

const NEVER = new AbortController().signal

/** In tracked perpetuals: a position there is ours, or stands where ours stood, and a person must know of it. */
function positionsLeft({ board }: Ports<'board'>, { positions }: Venue): string[] {
  const tracked = new Set(board.symbols())
  return positions
    .filter(({ symbol, side }) => side !== 'flat' && tracked.has(symbol))
    .map(({ symbol, qty, side }) => `${symbol}: ${qty} contracts ${side === 'Sell' ? 'short' : 'long'}`)
}

const ours = ({ openOrders }: Venue) => openOrders.filter(({ orderLinkId }) => ownerOfOrder(orderLinkId))

const ordersLeft = (venue: Venue): string[] =>
  ours(venue).map(({ orderLinkId, symbol }) => `${symbol}: order ${orderLinkId} is open`)

function debtsLeft({ board }: Ports<'board'>, { coins }: Venue): string[] {
  const tracked = new Set(board.pairs().map(({ baseCoin }) => baseCoin))
  return coins
    .filter(({ coin, spotBorrowed }) => tracked.has(coin) && new Decimal(spotBorrowed || 0).gt(0))
    .map(({ coin, spotBorrowed }) => `${coin}: ${spotBorrowed} owed`)
}

async function cancelOwn(ports: Ports<'exchange' | 'assertOwner'>, venue: Venue): Promise<void> {
  for (const { market, symbol, orderLinkId } of ours(venue)) {
    ports.assertOwner()
    await ports.exchange.cancelOrder(market, symbol, orderLinkId)
  }
}

function tell({ alerts, telemetry }: Ports<'telemetry' | 'alerts'>, left: readonly string[]): void {
  telemetry.log.info('engine.flattened', { left: left.length })
  if (left.length === 0) {
    alerts.clear('engine.flatten-left')
    alerts.raise('ticket', 'engine.flattened', {})
  } else alerts.raise('page', 'engine.flatten-left', { left: left.join('; ') })
}
