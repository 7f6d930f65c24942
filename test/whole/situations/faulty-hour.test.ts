/** A whole engine through an hour in which nearly everything goes wrong now and then, and what is left when it is over. */
import { Decimal } from 'decimal.js'
import { expect, test } from 'vitest'
import type { FaultPlanInput } from '../../../src/exchange/simulator/faults/plan.ts'
import type { SimulatedBybit } from '../../../src/exchange/simulator/simulated.ts'
import { virtualWorld } from '../../support/simulation/virtual-engine.ts'

const HOUR_MS = 3_600_000
/** Once faults stop, everything comes to rest within this. */
const REST_MS = 15 * 60_000
/** A settlement lies in the middle of it. */
const START_AT_MS = Date.UTC(2026, 0, 5, 7, 20)

/** After the start, so that an engine is there to be harmed. */
const hour = { fromMs: 30_000, untilMs: HOUR_MS }
const FAULTY_HOUR: FaultPlanInput = {
  seed: 5,
  faults: [
    { name: 'lost-ack', rate: 0.15, ...hour },
    { name: 'lost-request', rate: 0.1, ...hour },
    { name: 'fill-before-ack', rate: 0.3, ms: 300, ...hour },
    { name: 'slow-reply', rate: 0.05, ms: 1_500, ...hour },
    { name: 'server-timeout', rate: 0.1, what: 'order.create', ...hour },
    { name: 'server-error', rate: 0.05, ...hour },
    { name: 'duplicate-message', rate: 0.2, ...hour },
    { name: 'reordered-message', rate: 0.2, ...hour },
    { name: 'repeated-message', rate: 0.1, ms: 4_000, ...hour },
    { name: 'silent-private', fromMs: 235_000, untilMs: 265_000 },
    { name: 'stale-rest', ms: 5_000, fromMs: 30_000, untilMs: 600_000 },
  ],
}
const CUTS_AT_MS = [75_000, 900_000]
/** A person lets go of everything so often: most of the hour is entries and exits. */
const UNWIND_EVERY_MS = 240_000
const UNWINDS_UNTIL_MS = 2_700_000

type Row = Record<string, string>
function list(core: SimulatedBybit, path: string, params: Row): Row[] {
  const { result } = core.request({ via: 'rest', method: 'GET', path, params, uid: 'ours' })
  return (result as { list: Row[] }).list
}

/** What the account holds of each coin beyond what its perpetual covers, in lots of the perpetual. */
function unhedgedLots(core: SimulatedBybit): Map<string, number> {
  const [wallet] = list(core, '/v5/account/wallet-balance', { accountType: 'UNIFIED' })
  const all = (wallet?.coin ?? []) as unknown as Row[]
  const coins = all.filter(({ coin }) => coin !== 'USDT')
  const perps = list(core, '/v5/market/instruments-info', { category: 'linear', limit: '1000' })
  // A perpetual may be a thousand coins: 1000PEPEUSDT is of PEPE.
  const perpOf = (coin = '') =>
    perps.find(({ symbol = '' }) => symbol.replace(/^10+(?=[A-Z])/, '') === `${coin}USDT`)
  const timesOf = (symbol = '') => Number(/^10+(?=[A-Z])/.exec(symbol)?.[0] ?? 1)
  const held = new Map(
    coins.flatMap(row => {
      const symbol = perpOf(row.coin)?.symbol
      return symbol ? [[symbol, new Decimal(row.walletBalance ?? '').div(timesOf(symbol))] as const] : []
    }),
  )
  const found = new Map<string, number>()
  const positions = list(core, '/v5/position/list', { category: 'linear', settleCoin: 'USDT' })
  for (const symbol of new Set([...held.keys(), ...positions.map(position => position.symbol ?? '')])) {
    const position = positions.find(each => each.symbol === symbol)
    const short = new Decimal(position?.size || '0').times(position?.side === 'Sell' ? 1 : -1)
    const instrument = perps.find(each => each.symbol === symbol)
    const filter = instrument?.lotSizeFilter as unknown as Row | undefined
    found.set(
      symbol,
      (held.get(symbol) ?? new Decimal(0))
        .minus(short)
        .div(filter?.qtyStep ?? '')
        .toNumber(),
    )
  }
  return found
}

/** A running engine, with what it asked for that reached the exchange. */
async function faultyWorld() {
  const world = await virtualWorld(11, START_AT_MS, { wrong: FAULTY_HOUR })
  const created: string[] = []
  const { request } = world.core
  world.core.request = asked => {
    if (asked.path === 'order.create') created.push(String(asked.params.orderLinkId))
    return request(asked)
  }
  const engine = await world.start()
  const hedges = () => [...engine.runtime.all()].filter(({ kind }) => kind === 'hedge')
  return {
    ...world,
    engine,
    created,
    hedges,
    restless: () =>
      hedges()
        .map(({ id, cell }) => `${id} ${cell?.state}`)
        .filter(state => !/ hedged(\.|$)/.test(state)),
    unwindAll() {
      for (const { id } of hedges())
        engine.runtime.deliver(id, { type: 'hedge.unwind', because: 'a person', atMs: world.clock.nowMs() })
    },
    async cutFor(ms: number) {
      world.venue.cut('cable')
      await world.advance(world.clock.nowMs() + ms)
      world.venue.mend()
    },
  }
}

test('after a faulty hour every hedge is hedged or flat, the ledger ties out and no intent has two orders', async () => {
  const { core, clock, faults, venue, books, engine, ...world } = await faultyWorld()
  for (let atMs = UNWIND_EVERY_MS; atMs < UNWINDS_UNTIL_MS; atMs += UNWIND_EVERY_MS) {
    for (const cutAtMs of CUTS_AT_MS.filter(cut => cut >= atMs - UNWIND_EVERY_MS && cut < atMs)) {
      await world.advance(START_AT_MS + cutAtMs)
      await world.cutFor(20_000)
    }
    await world.advance(START_AT_MS + atMs)
    world.unwindAll()
  }
  await world.advance(START_AT_MS + HOUR_MS)
  const endAtMs = clock.nowMs() + REST_MS
  do await world.advance(clock.nowMs() + 10_000)
  while (world.restless().length > 0 && clock.nowMs() < endAtMs)

  expect(engine.faults).toEqual([])
  // It was a bad hour: everything struck, and much was traded through it.
  expect(faults.report().faults.filter(({ struck }) => struck === 0)).toEqual([])
  expect(world.created.length).toBeGreaterThan(50)
  expect(world.restless()).toEqual([])
  const lots = unhedgedLots(core)
  expect(lots.size).toBeGreaterThan(0)
  expect([...lots].filter(([, count]) => Math.abs(count) >= 1)).toEqual([])
  const residuals = Object.values(engine.bookkeeper.residuals())
  expect(residuals.length).toBeGreaterThan(1)
  expect(residuals.filter(residual => residual !== '0')).toEqual([])
  expect(books.postings.filter(({ kind }) => kind === 'suspense')).toEqual([])
  expect(world.created).toHaveLength(new Set(world.created).size)
  engine.runtime.close()
  venue.close()
}, 900_000)
