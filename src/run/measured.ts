/** The ports of a run with a stopwatch on them: what a call does is what it did, and its length is counted. */
import type { DurableKind, Kind } from '../../actors/runtime/running.ts'
import { type Envelope, type Wire, WireFailure } from '../exchange/bybit/wire/wire.ts'
import type { Journal } from '../store/schema/records.ts'
import type { Telemetry } from '../telemetry/telemetry.ts'

/** Times each record from being queued to being durable. */
export const measuredJournal = (journal: Journal, telemetry: Telemetry): Journal => ({
  ...journal,
  async append(record) {
    const committed = telemetry.journalTimer()
    await journal.append(record)
    committed()
  },
})

/** Times each request to the exchange by its endpoint. Paths hold no ids: their number is that of the API's endpoints. */
export function measuredWire(wire: Wire, telemetry: Telemetry): Wire {
  const timed = async (endpoint: string, ask: () => Promise<Envelope>): Promise<Envelope> => {
    const end = telemetry.exchangeTimer(endpoint)
    try {
      const reply = await ask()
      end(reply.retCode === 0 ? 'ok' : 'refused')
      return reply
    } catch (error) {
      end(outcomeOf(error))
      throw error
    }
  }
  return {
    ...wire,
    get: (path, params, signed) => timed(path, () => wire.get(path, params, signed)),
    post: (path, body) => timed(path, () => wire.post(path, body)),
    trade: (op, args, deadlineMs) => timed(op, () => wire.trade(op, args, deadlineMs)),
  }
}

const outcomeOf = (error: unknown): string => {
  if (!(error instanceof WireFailure)) return 'failed'
  if (!error.sent) return 'not-sent'
  return error.cut ? 'cut' : 'garbled'
}

/** Counts how each effect ends, by its type. */
export const measuredKinds = (
  kinds: Readonly<Record<string, Kind>>,
  telemetry: Telemetry,
): Record<string, Kind> =>
  Object.fromEntries(
    Object.entries(kinds).map(([name, kind]) => [
      name,
      'machine' in kind ? { ...kind, effects: measuredEffects(kind.effects, telemetry) } : kind,
    ]),
  )

const measuredEffects = (effects: DurableKind['effects'], telemetry: Telemetry): DurableKind['effects'] =>
  Object.fromEntries(
    Object.entries(effects).map(([type, handle]) => [
      type,
      async (...given: Parameters<typeof handle>) => {
        try {
          const answer = await handle(...given)
          telemetry.effectEnded(type, 'done')
          return answer
        } catch (error) {
          telemetry.effectEnded(type, 'failed')
          throw error
        }
      },
    ]),
  )
