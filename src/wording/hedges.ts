/** How a hedge faces and how it is worked, and its orders, in words. */
import { priceText, qtyText } from './figures.ts'

type Facing = {
  name: string
  does: string
  /** Of a leg: as a title, and after a quantity. */
  spot: string
  perp: string
  spotHeld: string
  perpHeld: string
  /** Before a quantity: − is owed or short. */
  spotSign: string
  perpSign: string
}

const LONG: Facing = {
  name: 'long carry',
  does: 'coins bought, the same quantity of the perpetual sold short',
  spot: 'Spot, long',
  perp: 'Perpetual, short',
  spotHeld: 'held',
  perpHeld: 'short',
  spotSign: '',
  perpSign: '−',
}
const REVERSE: Facing = {
  name: 'reverse carry',
  does: 'coins borrowed and sold, the same quantity of the perpetual bought',
  spot: 'Spot, borrowed',
  perp: 'Perpetual, long',
  spotHeld: 'borrowed and sold',
  perpHeld: 'long',
  spotSign: '−',
  perpSign: '',
}

/** How a hedge of this direction is spoken of. */
export const facing = (direction: string): Facing => (direction === 'reverse-carry' ? REVERSE : LONG)

const ROUTES: Readonly<Record<string, { name: string; does: string }>> = {
  spread: { name: 'spread order', does: 'one order of the exchange opens both legs, or none' },
  'maker-spot': {
    name: 'spot rests',
    does: 'a spot order rests in the order book, the perpetual follows each fill',
  },
  'maker-perp': {
    name: 'perp rests',
    does: 'an order for the perpetual rests in the order book, spot follows each fill',
  },
  parallel: { name: 'parallel', does: 'both legs cross at the same time' },
  'spot-first': { name: 'spot first', does: 'spot crosses, then the perpetual' },
  'perp-first': { name: 'perp first', does: 'the perpetual crosses, then spot' },
}

/** A route in a word or two, and in a sentence. */
export const routeWords = (route: string): { name: string; does: string } =>
  ROUTES[route] ?? { name: route.replaceAll('-', ' '), does: route }

/** What an order works on, as the API and the journal name it. */
export const LEGS: Readonly<Record<string, string>> = {
  spot: 'spot',
  perp: 'perpetual',
  both: 'both legs',
  spreadOrder: 'both legs',
}

type Order = {
  side: string
  qty: string
  limitPrice: string
  filledQty: string
  rests: boolean
  cancelRequested: boolean
}

/** `sell 1,554 at 0.3216, rests in the order book, 300 filled`; the price of an order of both legs is between them. */
export function orderText({ side, qty, limitPrice, rests, cancelRequested, filledQty }: Order): string {
  const how = cancelRequested ? 'is being cancelled' : rests ? 'rests in the order book' : 'crosses'
  const filled = Number(filledQty) > 0 ? `, ${qtyText(filledQty)} filled` : ''
  return `${side.toLowerCase()} ${qtyText(qty)} at ${priceText(limitPrice)}, ${how}${filled}`
}

/** The order that works a leg: its own, or the one of both. */
export const orderOf = <Each extends { leg: string }>(
  orders: readonly Each[],
  leg: 'spot' | 'perp',
): Each | undefined => orders.find(order => order.leg === leg || order.leg === 'both')

/** Why a part of a hedge in this state cannot be closed. */
export function partOutOfSeason(state: string): string {
  const [phase = ''] = state.split('.')
  const does: Readonly<Record<string, string>> = {
    idle: 'is not open yet',
    entering: 'is still being opened',
    unwinding: 'is already being closed whole',
    failed: 'has failed: say first what becomes of all of it',
    closed: 'is closed',
  }
  return `the hedge ${does[phase] ?? `is in state ${state}`}; a part can be closed only of one that is hedged`
}

/** What follows for its symbol when a person closes a hedge. */
export const STAYS_CLOSED = 'its symbol stays closed after this until it is released (symbol.release)'
export const MAY_REOPEN = 'its symbol may be opened again after the cool-down'

/** What people call an actor: a hedge by its symbol and id, a symbol by its own name, the others as the engine does. */
export function actorName(id: string, symbol?: string | null): string {
  const [, kind, rest = ''] = /^(hedge|symbol):(.+)$/.exec(id) ?? []
  if (kind === 'symbol') return rest
  return kind === 'hedge' && symbol ? `${symbol} ${rest}` : id
}
