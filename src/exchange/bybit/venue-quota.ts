/** Counts what leaves over a wire, and keeps what the answers say of the limits. What a call does is what it did. */
import type { Clock } from '../../clock/clock.ts'
import { ADDRESS, endpointOf, type Quota } from '../../domain/risk/quota.ts'
import { type Envelope, type Params, type Wire, WireFailure } from './wire/wire.ts'

/** Bybit: too many visits of this account to one endpoint. */
const TOO_MANY_VISITS = 10006

const marketOf = (params: Params): string => String(params.category ?? '')

/** @param quota - is told of each request, of each answer's headers, and of each refusal for asking too often */
export function countedWire(wire: Wire, quota: Quota, clock: Pick<Clock, 'nowMs'>): Wire {
  async function counted(endpoints: readonly string[], ask: () => Promise<Envelope>): Promise<Envelope> {
    for (const endpoint of endpoints) quota.sent(endpoint, clock.nowMs())
    try {
      const reply = await ask()
      const readAtMs = clock.nowMs()
      const [own] = endpoints
      if (own !== undefined && own !== ADDRESS) {
        if (reply.limit) quota.heard({ endpoint: own, ...reply.limit, readAtMs })
        if (reply.retCode === TOO_MANY_VISITS) quota.refused(own, readAtMs)
      }
      return reply
    } catch (error) {
      if (error instanceof WireFailure && error.message === 'HTTP 403') quota.blocked(clock.nowMs())
      throw error
    }
  }
  return {
    ...wire,
    // Market data is limited by address alone.
    get: (path, params, signed) =>
      counted(signed ? [endpointOf(path, marketOf(params)), ADDRESS] : [ADDRESS], () =>
        wire.get(path, params, signed),
      ),
    post: (path, body) => counted([endpointOf(path, marketOf(body)), ADDRESS], () => wire.post(path, body)),
    trade: (op, args, deadlineMs) =>
      counted([endpointOf(`/v5/${op.replace('.', '/')}`, marketOf(args))], () =>
        wire.trade(op, args, deadlineMs),
      ),
  }
}
