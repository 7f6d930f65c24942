/**
 * Every alert there is, by name: how bad it is, how it ends, and the sentence a person reads. RUNBOOK.md has a chapter
 * on each; a test holds the two together.
 */

/** 'page' wakes a person, 'ticket' can wait for the morning. */
export type Severity = 'page' | 'ticket'

/**
 * How an alert ends. `rule`: it is judged every second and ends when it is no longer so. `caller`: whoever raised it
 * clears it. `person`: it tells of something that happened; it ends when a person acknowledges it.
 */
type Ending = 'rule' | 'caller' | 'person'

type Entry = { severity: Severity; ends: Ending; says: string }

export const ALERTS = {
  'hedge.naked-leg': {
    severity: 'page',
    ends: 'rule',
    says: 'A hedge is unbalanced beyond its limit',
  },
  'hedge.failed': { severity: 'page', ends: 'rule', says: 'A hedge has failed and needs a person' },
  'hedge.failed-in-danger': {
    severity: 'page',
    ends: 'person',
    says: 'A failed hedge should be closed: the alert gives the reason and repeats as the time approaches',
  },
  'exchange.refuses': {
    severity: 'page',
    ends: 'person',
    says: 'The exchange rejects orders, and retrying does not help',
  },
  'order.unknown': {
    severity: 'page',
    ends: 'rule',
    says: 'The outcome of an order has been unknown for too long',
  },
  'actor.quarantined': {
    severity: 'page',
    ends: 'rule',
    says: 'An actor kept failing and is no longer restarted',
  },
  'ledger.residual': {
    severity: 'page',
    ends: 'caller',
    says: "The ledger does not tie out with the exchange's wallet",
  },
  'ledger.late': {
    severity: 'page',
    ends: 'caller',
    says: 'The transaction log has not been booked for too long',
  },
  'ledger.suspense': {
    severity: 'ticket',
    ends: 'person',
    says: 'A row of the transaction log is not understood',
  },
  'settlement.missed': {
    severity: 'ticket',
    ends: 'rule',
    says: 'A funding settlement has passed and is not booked',
  },
  'margin.high': {
    severity: 'page',
    ends: 'rule',
    says: "The account's maintenance margin rate is above the limit",
  },
  'feed.silent': { severity: 'ticket', ends: 'rule', says: 'Market data has fallen silent' },
  'account.down': { severity: 'ticket', ends: 'rule', says: 'The private stream of the account is down' },
  'account.key-refused': {
    severity: 'page',
    ends: 'rule',
    says: 'The exchange refuses the API key: nothing can be traded or read',
  },
  'risk.unjudged': {
    severity: 'page',
    ends: 'rule',
    says: "The account's risk has not been checked for too long",
  },
  'account.unaudited': {
    severity: 'page',
    ends: 'rule',
    says: 'The hedges have not been compared with the exchange for too long',
  },
  'account.unfit': {
    severity: 'ticket',
    ends: 'caller',
    says: 'A setting of the account or its key needs attention',
  },
  'order-entry.down': { severity: 'ticket', ends: 'rule', says: 'Order entry is down: no order can be sent' },
  'engine.not-trading': {
    severity: 'ticket',
    ends: 'rule',
    says: 'The engine has not been trading for too long',
  },
  'engine.waiting': {
    severity: 'page',
    ends: 'caller',
    says: 'The engine is waiting to start',
  },
  'account.another-engine': {
    severity: 'page',
    ends: 'person',
    says: 'Another engine trades this account: the engine has halted',
  },
  'clock.off': {
    severity: 'page',
    ends: 'rule',
    says: "The engine's clock differs from the exchange's by more than is allowed",
  },
  'lease.lost': {
    severity: 'page',
    ends: 'rule',
    says: 'This engine no longer holds the lease on the account and must stop',
  },
  'journal.slow': { severity: 'ticket', ends: 'rule', says: 'The journal is slow: no new risk is taken' },
  'disk.low': { severity: 'ticket', ends: 'rule', says: 'The disk of the data folder is nearly full' },
  'database.unreachable': { severity: 'page', ends: 'rule', says: 'The database does not answer' },
  'engine.fatal': {
    severity: 'page',
    ends: 'person',
    says: 'The engine has stopped itself; the service restarts it',
  },
  'venue.took-position': {
    severity: 'page',
    ends: 'person',
    says: 'The exchange closed a position of ours (auto-deleveraging, liquidation or delivery)',
  },
  'reconcile.missing-position': {
    severity: 'page',
    ends: 'caller',
    says: 'The exchange shows less of a perpetual than a hedge holds',
  },
  'reconcile.short-spot': {
    severity: 'page',
    ends: 'caller',
    says: 'The exchange shows less of a coin than a hedge holds',
  },
  'account.foreign-position': {
    severity: 'ticket',
    ends: 'caller',
    says: 'The account has a position that belongs to no hedge',
  },
  'account.foreign-spot': {
    severity: 'ticket',
    ends: 'caller',
    says: 'The account has coins that belong to no hedge',
  },
  'account.foreign-order': {
    severity: 'ticket',
    ends: 'caller',
    says: 'The account has an open order that is not ours',
  },
  'risk.limit-reached': {
    severity: 'ticket',
    ends: 'caller',
    says: 'An account limit is reached: nothing new is opened',
  },
  'solvency.low': {
    severity: 'ticket',
    ends: 'caller',
    says: 'The account would be close to liquidation after a price gap',
  },
  'adl.near': {
    severity: 'ticket',
    ends: 'caller',
    says: 'A position of ours is near the front of the auto-deleveraging queue',
  },
  'collateral.restricted': {
    severity: 'ticket',
    ends: 'caller',
    says: 'The exchange takes no more of a coin as collateral',
  },
  'terms.old': {
    severity: 'ticket',
    ends: 'caller',
    says: 'Collateral ratios have not been read for too long: the last known ones are used',
  },
  'venue.maintenance': {
    severity: 'ticket',
    ends: 'caller',
    says: 'The exchange has announced a maintenance',
  },
  'symbol.delisting': {
    severity: 'page',
    ends: 'person',
    says: 'A market of an open hedge is being delisted: the hedge will be closed',
  },
  'engine.flattened': {
    severity: 'ticket',
    ends: 'person',
    says: 'Everything was unwound, and the exchange shows nothing of ours',
  },
  'engine.flatten-left': {
    severity: 'page',
    ends: 'person',
    says: 'After flattening the exchange still shows something of ours',
  },
  'alert.undelivered': {
    severity: 'ticket',
    ends: 'caller',
    says: 'An alert channel does not deliver',
  },
} as const satisfies Record<string, Entry>

/** What is known of an alert by its name; one that nobody listed ends by a person. */
export function entryOf(name: string): Entry {
  return Object.hasOwn(ALERTS, name)
    ? ALERTS[name as keyof typeof ALERTS]
    : { severity: 'page', ends: 'person', says: `Something needs a person: ${name}` }
}

export type RuleName = {
  [Name in keyof typeof ALERTS]: (typeof ALERTS)[Name]['ends'] extends 'rule' ? Name : never
}[keyof typeof ALERTS]
