import { STAYS_CLOSED } from '../../../wording/hedges.ts'

/** Events that cost money or change what the engine may do: asked about by name before they are sent. */
const DANGEROUS: ReadonlySet<string> = new Set([
  'engine.flatten',
  'engine.halt',
  'engine.stop',
  'hedge.unwind',
  'hedge.unwind-part',
  'hedge.adopt',
  'symbol.unwind',
  'symbol.quarantine',
])

export const isDangerous = (type: string): boolean => DANGEROUS.has(type)

/** What sending it means, in words. */
export const MEANINGS: Readonly<Record<string, string>> = {
  'engine.flatten':
    'The engine halts and every open hedge is unwound at the market. Fees and spread are paid now.',
  'engine.halt':
    'No new hedge is opened until somebody resumes. Open hedges stay; reducing risk is still allowed.',
  'engine.resume': 'The engine reconciles with the exchange and, when that agrees, trades again.',
  'hedge.unwind': `Both legs are closed at the market. Fees and spread are paid now; this cannot be undone, and ${STAYS_CLOSED}.`,
  'hedge.unwind-part':
    'A part of both legs is closed at the market, and the rest stays hedged. Fees and spread of the part are paid now.',
  'hedge.rebalance': 'The legs are compared again, and brought level if they are apart.',
  'hedge.retry': 'The hedge goes on with what it was doing when it failed.',
  'hedge.adopt': 'The position and coins at the exchange replace what the engine recorded for this hedge.',
  'symbol.unwind': `The hedge of this symbol is unwound at the market, and ${STAYS_CLOSED}.`,
  'symbol.quarantine': 'This symbol opens no hedge until it is released.',
  'symbol.release': 'The symbol may be hedged again.',
  'child.release': 'The quarantined child is restarted and its failure count reset.',
}
