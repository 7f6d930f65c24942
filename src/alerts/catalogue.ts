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
    says: 'One leg of a hedge stands alone beyond its bound',
  },
  'hedge.failed': { severity: 'page', ends: 'rule', says: 'A hedge has failed and waits for a person' },
  'hedge.failed-in-danger': {
    severity: 'page',
    ends: 'person',
    says: 'A failed hedge should be left: the reason is in the alert, and it comes again as the time nears',
  },
  'exchange.refuses': {
    severity: 'page',
    ends: 'person',
    says: 'The exchange refuses orders, and trying again does not mend it',
  },
  'order.unknown': { severity: 'page', ends: 'rule', says: 'The outcome of an order is not known for long' },
  'actor.quarantined': {
    severity: 'page',
    ends: 'rule',
    says: 'An actor failed again and again and was given up',
  },
  'ledger.residual': {
    severity: 'page',
    ends: 'caller',
    says: "The ledger does not tie out with the exchange's wallet",
  },
  'ledger.late': {
    severity: 'page',
    ends: 'caller',
    says: 'The transaction log could not be booked for long',
  },
  'ledger.suspense': {
    severity: 'ticket',
    ends: 'person',
    says: 'A row of the transaction log has no rule that explains it',
  },
  'settlement.missed': {
    severity: 'ticket',
    ends: 'rule',
    says: 'A funding settlement has passed and no row of it is booked',
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
    says: "The account's risk could not be judged for long",
  },
  'account.unaudited': {
    severity: 'page',
    ends: 'rule',
    says: 'What the hedges hold could not be compared with the exchange for long',
  },
  'account.unfit': {
    severity: 'ticket',
    ends: 'caller',
    says: 'Something about the account or its key stands in the way, or soon will',
  },
  'order-entry.down': { severity: 'ticket', ends: 'rule', says: 'No order can leave: order entry is down' },
  'engine.not-trading': {
    severity: 'ticket',
    ends: 'rule',
    says: 'The engine has not come to trade for long',
  },
  'engine.waiting': {
    severity: 'page',
    ends: 'caller',
    says: 'The engine cannot start yet: it waits for what it needs',
  },
  'account.another-engine': {
    severity: 'page',
    ends: 'person',
    says: 'Another engine trades this account: the engine has halted',
  },
  'clock.off': {
    severity: 'page',
    ends: 'rule',
    says: "This machine's clock is off from the exchange's by more than is allowed",
  },
  'lease.lost': {
    severity: 'page',
    ends: 'rule',
    says: 'This engine no longer owns the account and must end',
  },
  'journal.slow': { severity: 'ticket', ends: 'rule', says: 'The journal is slow: no new risk is taken' },
  'disk.low': { severity: 'ticket', ends: 'rule', says: 'The disk of the data folder is nearly full' },
  'database.unreachable': { severity: 'page', ends: 'rule', says: 'The database does not answer' },
  'engine.fatal': {
    severity: 'page',
    ends: 'person',
    says: 'The engine has ended itself; the service starts it again',
  },
  'venue.took-position': {
    severity: 'page',
    ends: 'person',
    says: 'The exchange closed a position of ours (ADL or liquidation)',
  },
  'reconcile.missing-position': {
    severity: 'page',
    ends: 'person',
    says: 'The exchange shows less of a perpetual than a hedge holds',
  },
  'reconcile.short-spot': {
    severity: 'page',
    ends: 'person',
    says: 'The exchange shows less of a coin than a hedge holds',
  },
  'account.foreign-position': {
    severity: 'ticket',
    ends: 'caller',
    says: 'A position stands on the account that no hedge claims',
  },
  'account.foreign-spot': {
    severity: 'ticket',
    ends: 'caller',
    says: 'Coins lie on the account that no hedge claims',
  },
  'account.foreign-order': {
    severity: 'ticket',
    ends: 'caller',
    says: 'An order stands on the account that is not ours',
  },
  'risk.limit-reached': {
    severity: 'ticket',
    ends: 'caller',
    says: 'A limit of the account is reached: nothing new is opened',
  },
  'solvency.low': {
    severity: 'ticket',
    ends: 'caller',
    says: 'The account would come near liquidation after a gap of prices',
  },
  'adl.near': {
    severity: 'ticket',
    ends: 'caller',
    says: 'A position of ours stands near the front of the queue to be deleveraged',
  },
  'collateral.restricted': {
    severity: 'ticket',
    ends: 'caller',
    says: 'The exchange takes no more of a coin as collateral',
  },
  'terms.old': {
    severity: 'ticket',
    ends: 'caller',
    says: "The exchange's collateral ratios could not be read for long: the last known ones serve",
  },
  'venue.maintenance': {
    severity: 'ticket',
    ends: 'caller',
    says: 'The exchange has announced a maintenance',
  },
  'symbol.delisting': {
    severity: 'page',
    ends: 'person',
    says: 'A market with a hedge of ours is to be delisted: the hedge is run off',
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
    says: 'Alerts do not reach people on one of the configured ways',
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
