/** How a hedge faces and how it is worked, and its orders, in a person's words. */
import type { OrderAtWork } from '../../api/rows/rows.ts'
import { priceText, qtyText } from './figures.ts'

type Facing = { name: string; does: string; spot: string; perp: string; spotSign: string; perpSign: string }

const LONG: Facing = {
  name: 'long carry',
  does: 'coins bought, the same quantity of the perpetual sold short',
  spot: 'Spot, long',
  perp: 'Perpetual, short',
  spotSign: '',
  perpSign: '−',
}
const REVERSE: Facing = {
  name: 'reverse carry',
  does: 'coins borrowed and sold, the same quantity of the perpetual bought',
  spot: 'Spot, borrowed',
  perp: 'Perpetual, long',
  spotSign: '−',
  perpSign: '',
}

export const facing = (direction: string): Facing => (direction === 'reverse-carry' ? REVERSE : LONG)

const ROUTES: Readonly<Record<string, { name: string; does: string }>> = {
  spread: { name: 'spread order', does: 'one order of the exchange opens both legs, or none' },
  'maker-spot': {
    name: 'spot rests',
    does: 'a spot order waits in the book, the perpetual follows each fill',
  },
  'maker-perp': {
    name: 'perp rests',
    does: 'an order for the perpetual waits in the book, spot follows each fill',
  },
  parallel: { name: 'both at once', does: 'both legs take from their books at the same time' },
  'spot-first': { name: 'spot first', does: 'spot takes from its book, then the perpetual' },
  'perp-first': { name: 'perp first', does: 'the perpetual takes from its book, then spot' },
}

/** A route in a word or two, and in a sentence. */
export const routeWords = (route: string): { name: string; does: string } =>
  ROUTES[route] ?? { name: route.replaceAll('-', ' '), does: route }

/** `Sell 1,554 at 0.3216, rests in the book, 300 filled` */
export function orderText({ side, qty, limitPrice, rests, cancelRequested, filledQty }: OrderAtWork): string {
  const how = cancelRequested ? 'is taken off the book' : rests ? 'rests in the book' : 'takes from the book'
  const filled = Number(filledQty) > 0 ? `, ${qtyText(filledQty)} filled` : ''
  return `${side} ${qtyText(qty)} at ${priceText(limitPrice)}, ${how}${filled}`
}

/** The order that works a leg: its own, or the one for both. */
export const orderOf = (orders: readonly OrderAtWork[], leg: 'spot' | 'perp'): OrderAtWork | undefined =>
  orders.find(order => order.leg === leg || order.leg === 'both')
