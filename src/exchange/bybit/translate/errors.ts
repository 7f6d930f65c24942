/**
 * What a V5 retCode means to us. The one that matters most is *unknown*: codes with which Bybit says that it does not know
 * itself whether the order exists. Source: Bybit's error pages; https://bybit-exchange.github.io/docs/v5/error
 */
import type { Placement, RejectReason } from '../../../domain/legs/order.ts'
import { ExchangeFailure } from '../../exchange.ts'
import { type Envelope, WireFailure } from '../wire/wire.ts'

const codes = (reason: RejectReason, ...list: number[]) => list.map(code => [code, reason] as const)

/** Bybit timed out, restarted or was overloaded while it held the request: the order may be live. */
const UNKNOWN = new Set([
  429, 10000, 10014, 10016, 10019, 20006, 110079, 170007, 170032, 170146, 170147, 170310,
])

/** The link id exists already: an earlier send of the same intent arrived. To be asked about, neither success nor failure. */
const DUPLICATE = new Set([110072, 170141])

const REJECTED = new Map<number, RejectReason>([
  ...codes('insufficient-balance', 110004, 110006, 110007, 110011, 110012, 110040, 110044, 110045, 110051),
  ...codes('insufficient-balance', 110052, 110053, 170033, 170131, 170207, 176015),
  ...codes('price-out-of-band', 110003, 110120, 110121, 170132, 170133, 170193, 170194, 170371, 170372),
  ...codes('below-minimum', 110094, 170136, 170140),
  ...codes('above-maximum', 110013, 110020, 110021, 110022, 110090, 170124, 170381, 170382, 170810),
  ...codes('reduce-only', 110017),
  // 110110 to 110113 and 170360: this account or market has no spreads.
  ...codes('not-trading', 110110, 110111, 110112, 110113, 170360),
  ...codes('not-trading', 30228, 110023, 110042, 110063, 110066, 110074, 110103, 110118, 170217),
  ...codes('rate-limited', 110114, 10006, 10018, 10403, 10429, 170222),
  ...codes('clock', 10002),
  ...codes(
    'credentials',
    10003,
    10004,
    10005,
    10007,
    10008,
    10009,
    10010,
    10024,
    10027,
    10028,
    10029,
    33004,
    -2015,
  ),
  ...codes(
    'bad-request',
    10001,
    10017,
    10404,
    110049,
    110092,
    110093,
    110119,
    170130,
    170134,
    170137,
    170148,
  ),
  ...codes('bad-request', 170218, 170344, 170355),
])

/** Bybit has no spreads for this account: no permission, another margin mode, an older account, copy trading, hedge mode. */
export const NO_SPREADS: ReadonlySet<number> = new Set([10005, 110110, 110111, 110112, 110113])

/** Cancelling what is filled, cancelled or not there: the order is gone. */
const GONE = new Set([110001, 110008, 110010, 170139, 170142, 170143, 170190, 170213])

/** A short text for logs and failures: the code and Bybit's words. The carrier has taken secrets out of them. */
export const said = (reply: Envelope): string => `${reply.retCode} ${reply.retMsg}`.trim()

/** What an order.create reply says. Bybit: an ack with another code than 0 means that nothing exists; see the two sets above. */
export function placementOf(reply: Envelope): Placement {
  if (reply.retCode === 0) {
    const orderId = (reply.result as { orderId?: unknown } | null)?.orderId
    return typeof orderId === 'string' && orderId !== ''
      ? { kind: 'accepted', orderId }
      : { kind: 'unknown', cause: 'accepted without an orderId' }
  }
  if (DUPLICATE.has(reply.retCode)) return { kind: 'unknown', cause: 'duplicate' }
  if (isUnknown(reply)) return { kind: 'unknown', cause: said(reply) }
  return { kind: 'rejected', reason: rejectReasonOf(reply), detail: said(reply) }
}

/** Does Bybit not know itself what became of the request? */
export const isUnknown = ({ retCode }: Envelope): boolean => UNKNOWN.has(retCode)

export const rejectReasonOf = ({ retCode }: Envelope): RejectReason => REJECTED.get(retCode) ?? 'other'

/** What a throw out of the wire means for an order: not sent is the only certain case. */
export function placementOfThrow(error: unknown): Placement {
  if (error instanceof WireFailure && !error.sent)
    return { kind: 'rejected', reason: 'other', detail: `not sent: ${error.message}` }
  return { kind: 'unknown', cause: error instanceof Error ? error.message : 'failed in an unknown way' }
}

/** Is the order gone or going, by the reply to order.cancel? */
export const cancelled = (reply: Envelope): boolean => reply.retCode === 0 || GONE.has(reply.retCode)

/** A read's failure in the port's words. */
export function failureOf(error: unknown, what: string): ExchangeFailure {
  if (error instanceof ExchangeFailure) {
    const message = error.message.startsWith(what) ? error.message : `${what}: ${error.message}`
    return new ExchangeFailure(error.kind, message, error.code)
  }
  if (error instanceof WireFailure)
    return new ExchangeFailure(error.cut ? 'unreachable' : 'garbled', `${what}: ${error.message}`)
  return new ExchangeFailure('garbled', `${what}: ${error instanceof Error ? error.message : 'failed'}`)
}
