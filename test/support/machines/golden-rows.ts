/** Rows that charts of earlier versions really wrote, taken up by a process of today: on a small exchange that fills every order. */
import { readFileSync } from 'node:fs'
import { Decimal } from 'decimal.js'
import { fromCallback } from 'xstate'
import { deskKind } from '../../../actors/desk.ts'
import { engineKind } from '../../../actors/engine.ts'
import { hedgeKind } from '../../../actors/hedge.ts'
import type { EnginePorts } from '../../../actors/ports.ts'
import type { DurableKind } from '../../../actors/runtime/running.ts'
import { symbolKind } from '../../../actors/symbol.ts'
import type { OrderRequest } from '../../../src/domain/legs/order.ts'
import { emptyMemory, type MemoryStored } from '../../../src/store/journal/memory-journal.ts'
import type { ActorRow, Journal, PendingEffect } from '../../../src/store/schema/records.ts'
import { type Carried, startProcess } from '../actors/one-process.ts'
import { marketOn, RULES, XRP } from '../domain/sample-market.ts'

type Golden = { name: string; row: ActorRow; pending: PendingEffect[] }
/** Of each chart as it was: ids of all nodes, and the events of all timers that could be armed. */
type Chart = { nodes: string[]; timers: string[] }
const FILE = new URL('./golden/version-1.json', import.meta.url)

export const GOLDEN = JSON.parse(readFileSync(FILE, 'utf8')) as {
  charts: Record<'hedge' | 'engine' | 'desk' | 'symbol', Chart>
  rows: Golden[]
}

export function golden(kind: string, name: string): Golden {
  const found = GOLDEN.rows.find(each => each.row.kind === kind && each.name === name)
  if (!found) throw new Error(`expected a golden row of a ${kind}, found none named ${name}`)
  return found
}

/** A database in which one process of before left this. Its steps are not kept: no chart of today can read them. */
function storedAs({ row, pending }: Golden): MemoryStored {
  const { actorId, version } = row
  const stored = emptyMemory()
  stored.actors.set(actorId, { row: JSON.stringify(row), ordinal: 0 })
  const steps = Array.from({ length: row.seq + 1 }, (_, seq) => ({ actorId, seq, version }))
  const untold = { event: { type: 'of.before', atMs: 0 }, from: '', to: '', effects: [], acks: [], atMs: 0 }
  const texts = steps.map(step => ({ text: JSON.stringify({ ...step, ...untold }), commitId: 'before' }))
  stored.transitions.set(actorId, texts)
  for (const effect of pending) stored.effects.set(effect.id, JSON.stringify(effect))
  return stored
}

type Kinds = Readonly<Record<string, DurableKind>>

/** Today's kinds of actors, in a world as small as their effects need. */
const kindsIn = (world: EnginePorts): Kinds => ({
  hedge: hedgeKind(world),
  engine: engineKind(world, () => ({ supervisors: [], children: {} }), {} as Journal),
  desk: deskKind(world),
  symbol: symbolKind(),
})
/** To look at charts and migrations alone: no effect is carried out. */
export const KINDS = kindsIn({} as EnginePorts)

const LISTENERS = ['symbol:XRPUSDT', 'symbol:ADAUSDT', 'desk', 'hedges-1', 'engine', 'hedge:HEDGE00001']
const listener = { plain: () => fromCallback(() => {}) }

/** The row is taken up, and what was left pending is driven again; handlers only note what they are asked. */
export async function takenUp(row: Golden, kinds: Kinds = KINDS) {
  const calls: Carried[] = []
  const noting = ({ machine, migrate, effects }: DurableKind): DurableKind => ({
    machine,
    ...(migrate && { migrate }),
    effects: Object.fromEntries(
      Object.keys(effects).map(type => [
        type,
        async (params, call) => {
          calls.push({ ...call, type, params })
          return await new Promise(() => {})
        },
      ]),
    ),
  })
  const noted = Object.fromEntries(Object.entries(kinds).map(([kind, spec]) => [kind, noting(spec)]))
  const process = startProcess({ kinds: { ...noted, listener }, stored: storedAs(row) })
  for (const id of LISTENERS) if (id !== row.row.actorId) process.runtime.spawn(id, 'listener', '', {})
  await process.boot()
  await process.settle()
  const stored = () => JSON.parse(process.stored.actors.get(row.row.actorId)?.row ?? 'null') as ActorRow
  return { process, calls, stored }
}

/** A hedge goes on with its real effects. `spot` and `perp` are what the exchange holds for it, in the hedge's sense. */
export async function livingOn(row: Golden, held: { spot: string; perp: string }) {
  const account = { spot: new Decimal(held.spot), perp: new Decimal(held.perp) }
  const placed: OrderRequest[] = []
  const asked: string[] = []
  const { actorId } = row.row
  const fill = ({ orderLinkId, market, side, qty }: OrderRequest) => {
    const leg = market === 'spot' ? 'spot' : 'perp'
    const grows = (leg === 'spot') === (side === 'Buy')
    account[leg] = account[leg].plus(grows ? qty : `-${qty}`)
    const base = grows ? qty : `-${qty}`
    process.runtime.deliver(actorId, {
      ...{ type: 'order.closed', orderLinkId, leg },
      ...{ base, cashUsdt: '0', feesUsdt: '0' },
    })
  }
  const world = {
    ...{ pace: 1, rules: RULES, newRiskRefused: () => null, assertOwner: () => {}, bookSoon: () => {} },
    get clock() {
      return process.clock
    },
    board: {
      view() {
        const nowMs = process.clock.nowMs()
        return { ...marketOn(XRP), receivedAtMs: { spotBook: nowMs, perpBook: nowMs, ticker: nowMs } }
      },
    },
    exchange: {
      async placeOrder(order: OrderRequest) {
        placed.push(order)
        queueMicrotask(() => fill(order))
        return { kind: 'accepted' }
      },
      async findOrder(_market: string, _symbol: string, orderLinkId: string) {
        asked.push(orderLinkId)
        return { kind: 'unanswered', cause: 'cut' }
      },
      orderEntryReady: () => true,
      keyRefusal: () => undefined,
      positions: async () => [{ symbol: 'XRPUSDT', side: 'Sell', qty: account.perp.toFixed() }],
      wallet: async () => ({ coins: [{ coin: 'XRP', wallet: account.spot.toFixed() }] }),
    },
    recorder: { order: () => {}, fill: () => {} },
    telemetry: { orderEnded: () => {}, log: { info: () => {}, warn: () => {} } },
    alerts: { raise: () => {} },
    runtime: () => process.runtime,
  } as unknown as EnginePorts
  const kinds = kindsIn(world)
  const process = startProcess({ kinds: { ...kinds, listener }, stored: storedAs(row) })
  process.runtime.spawn('symbol:XRPUSDT', 'listener', '', {})
  await process.boot()
  await process.settle()
  return { process, account, placed, asked, fill, state: () => process.state(actorId) ?? '' }
}
