/**
 * What a V5 retCode means to us. The one that matters most is *unknown*: codes with which Bybit says that it does not know
 * itself whether the order exists. Source: Bybit's error pages; https://bybit-exchange.github.io/docs/v5/error
 */
import type { OrderMarket, Placement, RejectReason } from '../../../domain/legs/order.ts'
import { ExchangeFailure } from '../../exchange.ts'
import { type Envelope, WireFailure } from '../wire/wire.ts'

/** Bybit timed out, restarted or was overloaded while it held the request: the order may be live. */
const UNKNOWN: ReadonlySet<number> = new Set([
  429, 10000, 10014, 10016, 10019, 20006, 110079, 170001, 170007, 170032, 170146, 170147, 170234, 170310,
])

/** The link id exists already: an earlier send of the same intent arrived. To be asked about, neither success nor failure. */
const DUPLICATE: ReadonlySet<number> = new Set([110072, 170141])

/** Cancelling what is filled, cancelled or not there: the order is gone. */
const GONE: ReadonlySet<number> = new Set([110001, 110008, 110010, 170139, 170142, 170143, 170190, 170213])

/** The setting is as it was asked for already: leverage, position mode, margin mode, margin. */
const UNCHANGED: ReadonlySet<number> = new Set([110025, 110026, 110027, 110043, 34040])

/** Bybit has no spreads for this account: no permission, another margin mode, an older account, copy trading, hedge mode. */
export const NO_SPREADS: ReadonlySet<number> = new Set([10005, 110110, 110111, 110112, 110113])

/** What each code refuses for. Sources: v5/error of Bybit's documentation, as of 2026-07-24; in brackets its own chapters. */
const REASONS: readonly (readonly [RejectReason, readonly number[]])[] = [
  // (Common) keys, signatures, addresses, regions, bans; (Derivatives, Spot) an expired key, a cooling-off period.
  ['permission', [10003, 10004, 10005, 10007, 10008, 10009, 10010, 10024, 10027, 33004, -2015]],
  ['permission', [110069, 110124, 170219, 170348]],
  // (Common) accounts of the older kind; (Derivatives) terms, position and margin mode; (Spot margin) margin not switched on.
  ['account-setting', [10028, 110028, 110029, 110067, 110068, 110077, 110088, 110123, 110125, 170036]],
  ['account-setting', [170224, 170241, 170346, 176002, 176008, 176009, 176037, 176038, 176039, 182021]],
  ['insufficient-balance', [30256, 110004, 110006, 110007, 110011, 110012, 110014, 110039, 110040, 110044]],
  ['insufficient-balance', [110045, 110046, 110051, 110052, 110053, 110131, 170033, 170034, 170131, 170207]],
  ['insufficient-balance', [176015, 176133, 182104]],
  ['price-out-of-band', [30208, 30209, 110003, 110116, 110120, 110121, 170132, 170133, 170192, 170193]],
  ['price-out-of-band', [170194, 170195, 170196, 170218, 170371, 170372]],
  ['below-minimum', [110094, 170136, 170140]],
  // Position limits by risk tier and open interest, and orders too large or too many.
  ['above-maximum', [110009, 110013, 110020, 110021, 110022, 110085, 110086, 110089, 110090, 170124]],
  ['above-maximum', [170197, 170198, 170228, 170229, 170341, 170381, 170382, 170810]],
  ['reduce-only', [110017, 110034]],
  // 110110 to 110113 and 170360: this account or market has no spreads.
  ['not-trading', [110110, 110111, 110112, 110113, 170360]],
  ['not-trading', [10029, 30133, 30228, 110023, 110042, 110063, 110066, 110074, 110095, 110103, 110118]],
  ['not-trading', [110132, 110137, 170031, 170037, 170121, 170151, 170157, 170209, 170217, 170344, 170709]],
  ['rate-limited', [10006, 10018, 10403, 10429, 110114, 170005, 170222]],
  ['clock', [10002]],
  ['bad-request', [10001, 10017, 10404, 110049, 110050, 110092, 110093, 110119, 170105, 170115, 170116]],
  ['bad-request', [170117, 170130, 170134, 170137, 170148, 170355]],
]
const REASON_OF = new Map(REASONS.flatMap(([reason, codes]) => codes.map(code => [code, reason] as const)))

/** 10001 is said of many things: these are known by their words. */
const WORDS: readonly (readonly [RegExp, RejectReason])[] = [
  [/position idx not match position mode/i, 'account-setting'],
  [/not supported symbols|symbol (is )?invalid|invalid symbol/i, 'not-trading'],
]

/** A short text for logs and failures: the code and Bybit's words. The carrier has taken secrets out of them. */
export const said = (reply: Envelope): string => `${reply.retCode} ${reply.retMsg}`.trim()

/**
 * What an order.create reply says. Bybit: an ack with another code than 0 means that nothing exists; see the two sets above.
 * An account that may not trade spreads is told so with codes that elsewhere concern the whole account.
 */
export function placementOf(reply: Envelope, market: OrderMarket): Placement {
  if (reply.retCode === 0) {
    const orderId = (reply.result as { orderId?: unknown } | null)?.orderId
    return typeof orderId === 'string' && orderId !== ''
      ? { kind: 'accepted', orderId }
      : { kind: 'unknown', cause: 'accepted without an orderId' }
  }
  if (DUPLICATE.has(reply.retCode)) return { kind: 'unknown', cause: 'duplicate' }
  if (isUnknown(reply)) return { kind: 'unknown', cause: said(reply) }
  const reason = market === 'spread' && NO_SPREADS.has(reply.retCode) ? 'not-trading' : rejectReasonOf(reply)
  return { kind: 'rejected', reason, detail: said(reply) }
}

/** Does Bybit not know itself what became of the request? */
export const isUnknown = ({ retCode }: Envelope): boolean => UNKNOWN.has(retCode)

/** Why a reply with a code other than 0 refuses; 'other' for a code that nobody listed. */
export function rejectReasonOf({ retCode, retMsg }: Pick<Envelope, 'retCode' | 'retMsg'>): RejectReason {
  const said = retCode === 10001 ? WORDS.find(([words]) => words.test(retMsg)) : undefined
  return said?.[1] ?? REASON_OF.get(retCode) ?? 'other'
}

/** Is the setting now as it was asked for, by the reply to the request that sets it? */
export const isSet = ({ retCode }: Envelope): boolean => retCode === 0 || UNCHANGED.has(retCode)

/** What a throw out of the wire means for an order: not sent is the only certain case. */
export function placementOfThrow(error: unknown): Placement {
  if (error instanceof WireFailure && !error.sent)
    return { kind: 'rejected', reason: 'not-sent', detail: `not sent: ${error.message}` }
  return { kind: 'unknown', cause: error instanceof Error ? error.message : 'failed in an unknown way' }
}

/** Is the order gone or going, by the reply to order.cancel? */
export const cancelled = (reply: Envelope): boolean => reply.retCode === 0 || GONE.has(reply.retCode)

/** A read's failure in the port's words. */
export function failureOf(error: unknown, what: string): ExchangeFailure {
  if (error instanceof ExchangeFailure) {
    const message = error.message.startsWith(what) ? error.message : `${what}: ${error.message}`
    return new ExchangeFailure(error.kind, message, error.refusal)
  }
  if (error instanceof WireFailure)
    return new ExchangeFailure(error.cut ? 'unreachable' : 'garbled', `${what}: ${error.message}`)
  return new ExchangeFailure('garbled', `${what}: ${error instanceof Error ? error.message : 'failed'}`)
}
