/**
 * What an error of the database means for the one who asked. The three classes call for three answers:
 * ask again, find out what happened and ask again, or give up on this request.
 */

type DatabaseFault =
  /** Nothing was done, and the same may well work later (no connection, no room, a deadlock). */
  | 'not-done'
  /** The answer was lost: the request may have been carried out. */
  | 'unknown'
  /** The database understood and refused. */
  | 'refused'

const NOT_DONE = new Set([
  'ECONNREFUSED',
  'ENOENT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EACCES',
])
const UNKNOWN = new Set(['ECONNRESET', 'EPIPE', 'ETIMEDOUT'])
/** Rolled back by the server: serialization and deadlock, lock not available, cancelled, read-only standby. */
const ROLLED_BACK = new Set(['40001', '40P01', '55P03', '57014', '25006', '25P03'])

/** pg reports its own faults by message only. */
const NEVER_CONNECTED = /timeout exceeded when trying to connect|connection timeout|cannot use a pool after/i
const CUT =
  /connection terminated|connection error|not queryable|query read timeout|client was closed|socket/i

/**
 * Whether a statement that failed did anything: `not-done` may be sent again, `unknown` must be looked up, `refused` is final.
 */
export function classifyFault(error: unknown): DatabaseFault {
  const { code, message } = error as { code?: unknown; message?: unknown }
  if (typeof code === 'string') {
    if (NOT_DONE.has(code) || ROLLED_BACK.has(code)) return 'not-done'
    if (UNKNOWN.has(code)) return 'unknown'
    // 53: no room (disk, memory, connections).
    if (code.startsWith('53')) return 'not-done'
    // 08: connection; 57P: the server goes down or comes up; 58: its files fail. A commit may have come through.
    if (code.startsWith('08') || code.startsWith('57P') || code.startsWith('58')) return 'unknown'
    if (/^[0-9A-Z]{5}$/.test(code)) return 'refused'
  }
  if (typeof message === 'string') {
    if (NEVER_CONNECTED.test(message)) return 'not-done'
    if (CUT.test(message)) return 'unknown'
  }
  return 'refused'
}
