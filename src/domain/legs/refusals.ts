/**
 * Refusals of an order that trying again does not mend: whom they concern, and what has to be changed first. What is not named
 * here may go away by itself (a price out of its band, a market that pauses, a limit of requests).
 */
import { type RefusalKind, type RejectReason, refusalKindOf } from './order.ts'

/** `account`: no order can pass. `symbol`: none of this kind in this symbol. `money`: there is not enough of it now. */
export type RefusalScope = 'account' | 'symbol' | 'money'

const SCOPES: Partial<Record<RefusalKind, RefusalScope>> = {
  permission: 'account',
  'account-setting': 'account',
  'risk-limit': 'symbol',
  balance: 'money',
}

/** Null: it may go away by itself. An order that the exchange does not understand is refused again as often as it is sent. */
export const refusalScope = (reason: RejectReason): RefusalScope | null =>
  reason === 'bad-request' ? 'symbol' : (SCOPES[refusalKindOf(reason)] ?? null)

const REMEDIES: Partial<Record<RejectReason, string>> = {
  permission:
    'give the API key the right to trade spot and contracts, and this address the right to use it, or set another key; then resume',
  'account-setting':
    'set the account to unified trading, cross margin and one-way positions, and check what its region allows; then resume',
  'above-maximum':
    'lower the leverage, raise the risk limit of this symbol, or make hedges smaller; then release the symbol',
  'bad-request': 'the exchange does not understand the order: look at its words, then release the symbol',
}

/** In words, for the person who has to change something. @param detail - the exchange's own code and words */
export const refusalText = (reason: RejectReason, detail: string): string =>
  `the exchange refuses orders (${detail})${REMEDIES[reason] ? `: ${REMEDIES[reason]}` : ''}`
