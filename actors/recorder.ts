/**
 * Keeps orders and fills as the exchange reported them, for people and for the books' detail. Written behind, in batches:
 * the journal and the ledger do not rest on these rows, and each can be read from the exchange again.
 */
import type { Fill, OrderReport } from '../src/domain/order.ts'
import { ownersOfFills } from '../src/domain/row-owner.ts'
import type { Telemetry } from '../src/telemetry.ts'

export type Records = {
  keepFills(fills: readonly Fill[]): Promise<void>
  keepOrders(reports: readonly OrderReport[]): Promise<void>
}
export type Recorder = {
  fill(fill: Fill): void
  order(report: OrderReport): void
  /** The hedges of executions heard lately, by `execKey`. */
  ownersOfExecs(): ReadonlyMap<string, string>
}

/** Beyond this the oldest are let go: a database that is away must not fill the memory. */
const WAITING_MAX = 10_000
/** Executions whose owner is remembered: their rows come within seconds, and the store knows the older ones. */
const OWNERS_MAX = 10_000

export function createRecorder(records: Records, telemetry: Telemetry): Recorder {
  let fills: Fill[] = []
  let orders: OrderReport[] = []
  let writing = false
  const owners = new Map<string, string>()

  const rememberOwner = (fill: Fill) => {
    for (const [exec, hedgeId] of ownersOfFills([fill])) owners.set(exec, hedgeId)
    const [oldest] = owners.keys()
    if (owners.size > OWNERS_MAX && oldest !== undefined) owners.delete(oldest)
  }

  const write = async () => {
    if (writing) return
    writing = true
    while (fills.length > 0 || orders.length > 0) {
      const batch = { fills, orders }
      fills = []
      orders = []
      try {
        await records.keepFills(batch.fills)
        await records.keepOrders(batch.orders)
      } catch (error) {
        telemetry.log.warn('records.lost', {
          fills: batch.fills.length,
          orders: batch.orders.length,
          error: error instanceof Error ? error.message : String(error),
        })
      }
    }
    writing = false
  }

  return {
    ownersOfExecs: () => owners,
    fill(fill) {
      rememberOwner(fill)
      fills = [...fills.slice(1 - WAITING_MAX), fill]
      void write()
    },
    order(report) {
      orders = [...orders.slice(1 - WAITING_MAX), report]
      void write()
    },
  }
}
