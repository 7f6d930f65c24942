/** What a V5 path is to the simulator: who may call it and what answers. */
import type { Json, JsonObject } from '../../../domain/json.ts'
import type { AccountState, SimExchange } from '../exchange-state.ts'
import type { ApiRefusal } from '../kit/params.ts'
import type { CoreRequest } from '../simulated.ts'

export type RouteAnswer = { result: JsonObject; retExtInfo?: Json } | ApiRefusal
export type PublicCall = { exchange: SimExchange; params: JsonObject }
export type SignedCall = {
  exchange: SimExchange
  params: JsonObject
  account: AccountState
  caller: Pick<CoreRequest, 'key' | 'address'>
}
export type RequestRoute =
  | { signed: false; method: 'GET'; answer(call: PublicCall): RouteAnswer }
  | { signed: true; method: 'GET' | 'POST'; answer(call: SignedCall): RouteAnswer }

/** A route that anybody may ask. */
export const publicGet = (answer: (call: PublicCall) => RouteAnswer): RequestRoute => ({
  signed: false,
  method: 'GET',
  answer,
})
/** A route that reads an account. */
export const signedGet = (answer: (call: SignedCall) => RouteAnswer): RequestRoute => ({
  signed: true,
  method: 'GET',
  answer,
})
/** A route that changes an account. */
export const signedPost = (answer: (call: SignedCall) => RouteAnswer): RequestRoute => ({
  signed: true,
  method: 'POST',
  answer,
})

/**
 * One page of a list, newest first. The cursor names the last row given, so rows that come meanwhile do not shift pages.
 *
 * @param rows - oldest first, numbered upward
 */
export function page<Row extends { number: number }>(
  rows: readonly Row[],
  cursor: string,
  limit: number,
): { rows: Row[]; nextPageCursor: string } {
  const before = cursorNumber(cursor)
  const found: Row[] = []
  let more = false
  for (let at = rows.length - 1; at >= 0; at--) {
    const row = rows[at]
    if (!row || row.number >= before) continue
    if (found.length === limit) {
      more = true
      break
    }
    found.push(row)
  }
  const last = found.at(-1)
  return {
    rows: found,
    nextPageCursor: more && last ? encodeURIComponent(`${last.number}:1,${last.number}:1`) : '',
  }
}

/** Clients send the cursor back decoded or not; both name the same row. */
function cursorNumber(cursor: string): number {
  const match = /^(\d+)(?::|%3A)/i.exec(cursor)
  return match ? Number(match[1]) : Number.POSITIVE_INFINITY
}
