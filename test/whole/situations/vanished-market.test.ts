/** A market may vanish while the engine is away: off the exchange's list, or off the configuration. Its hedge is not left alone. */
import { expect, test } from 'vitest'
import type { HedgeContext } from '../../../machines/hedge/context.ts'
import { silentTelemetry } from '../../../src/telemetry/telemetry.ts'
import { eager } from '../../support/simulation/situation.ts'
import { virtualWorld } from '../../support/simulation/virtual-engine.ts'

const MINUTE_MS = 60_000
const START_AT_MS = Date.UTC(2026, 0, 5, 6, 20)
type World = Awaited<ReturnType<typeof virtualWorld>>
type Engine = Awaited<ReturnType<World['start']>>

const hedges = ({ runtime }: Engine) => [...runtime.all()].filter(({ kind }) => kind === 'hedge')
const stateOf = (engine: Engine, symbol: string) => {
  const found = hedges(engine).find(
    ({ actor }) => (actor.getSnapshot().context as HedgeContext).plan.symbol === symbol,
  )
  return found?.cell?.state.split(/[. ]/)[0] ?? 'closed'
}

async function until({ advance, clock }: World, done: () => boolean, minutes: number) {
  for (let i = 0; i < minutes * 60 && !done(); i++) await advance(clock.nowMs() + 1_000)
  expect(done()).toBe(true)
}

/** Two hedges, then no engine for as long as `meanwhile` takes. */
async function afterAnAbsence(meanwhile: (world: World) => Promise<void>, configured: readonly string[]) {
  const symbols = ['LINKUSDT', 'SOLUSDT']
  const world = await virtualWorld(3, START_AT_MS, { symbols, rules: eager('long-carry') })
  const before = await world.start()
  await until(world, () => symbols.every(symbol => stateOf(before, symbol) === 'hedged'), 15)
  before.runtime.close()
  await meanwhile(world)
  return { world, engine: await world.start(silentTelemetry(), configured) }
}

/** What the account still holds of a coin and its perpetual. */
function held({ core }: World, coin: string) {
  const ask = (path: string, params: Record<string, string>) =>
    (
      core.request({ via: 'rest', method: 'GET', path, params, uid: 'ours' }).result as {
        list: Record<string, unknown>[]
      }
    ).list
  const [wallet] = ask('/v5/account/wallet-balance', { accountType: 'UNIFIED' })
  const coins = (wallet?.coin ?? []) as Record<string, string>[]
  const row = coins.find(each => each.coin === coin)
  const [position] = ask('/v5/position/list', { category: 'linear', symbol: `${coin}USDT` })
  return { coins: Number(row?.walletBalance ?? 0), contracts: Number(position?.size ?? 0) }
}

test('a perpetual that was delivered and is listed no more leaves no coins behind, though the configuration still names it', async () => {
  const { world, engine } = await afterAnAbsence(
    async ({ core, clock, advance }) => {
      core.schedule({ kind: 'delisting', symbol: 'LINKUSDT', atMs: clock.nowMs() + 10 * MINUTE_MS })
      await advance(clock.nowMs() + 30 * MINUTE_MS)
    },
    ['LINKUSDT', 'SOLUSDT'],
  )
  await until(world, () => stateOf(engine, 'LINKUSDT') === 'closed', 15)
  expect(held(world, 'LINK').coins).toBeLessThan(0.1)
  expect(held(world, 'LINK').contracts).toBe(0)
  expect(stateOf(engine, 'SOLUSDT')).toBe('hedged')
  expect(engine.faults).toEqual([])
  expect(world.books.postings.filter(({ kind }) => kind === 'suspense')).toEqual([])
  engine.runtime.close()
  world.venue.close()
})

test('told to leave a moment after its perpetual was delivered, a hedge sells its coins and calls nobody', async () => {
  const world = await virtualWorld(3, START_AT_MS, { symbols: ['LINKUSDT'], rules: eager('long-carry') })
  const engine = await world.start()
  await until(world, () => stateOf(engine, 'LINKUSDT') === 'hedged', 15)
  const atMs = world.clock.nowMs() + MINUTE_MS
  world.core.schedule({ kind: 'delisting', symbol: 'LINKUSDT', atMs })
  await world.advance(atMs + 100)
  const [hedge] = hedges(engine)
  engine.runtime.deliver(hedge?.id ?? '', { type: 'hedge.unwind', because: 'a person' })
  const seen = new Set<string>()
  await until(
    world,
    () => {
      seen.add(stateOf(engine, 'LINKUSDT'))
      return stateOf(engine, 'LINKUSDT') === 'closed'
    },
    5,
  )
  expect(seen).not.toContain('failed')
  expect(held(world, 'LINK').coins).toBeLessThan(0.3)
  engine.runtime.close()
  world.venue.close()
})

test('a perpetual delivered under a hedge that had no time to leave: its coins follow within seconds, and it is nobody else’s doing', async () => {
  const world = await virtualWorld(3, START_AT_MS, { symbols: ['LINKUSDT'], rules: eager('long-carry') })
  const engine = await world.start()
  await until(world, () => stateOf(engine, 'LINKUSDT') === 'hedged', 15)
  const atMs = world.clock.nowMs() + 2_000
  world.core.schedule({ kind: 'delisting', symbol: 'LINKUSDT', atMs })
  await world.advance(atMs + 20_000)
  expect(stateOf(engine, 'LINKUSDT')).toBe('closed')
  expect(held(world, 'LINK').coins).toBeLessThan(0.3)
  expect(engine.runtime.get('symbol:LINKUSDT')?.cell?.state).not.toBe('failed.quarantined')
  engine.runtime.close()
  world.venue.close()
})

test('a symbol that left the configuration is tracked until its hedge is closed, and not entered again', async () => {
  const { world, engine } = await afterAnAbsence(async () => {}, ['SOLUSDT'])
  await until(world, () => engine.board.view('LINKUSDT')?.ticker !== null, 5)
  expect(stateOf(engine, 'LINKUSDT')).toBe('hedged')
  const [hedge] = hedges(engine).filter(
    ({ actor }) => (actor.getSnapshot().context as HedgeContext).plan.symbol === 'LINKUSDT',
  )
  engine.runtime.deliver(hedge?.id ?? '', { type: 'hedge.unwind', because: 'a person' })
  await until(world, () => stateOf(engine, 'LINKUSDT') === 'closed', 15)
  expect(held(world, 'LINK').contracts).toBe(0)
  await world.advance(world.clock.nowMs() + 5 * MINUTE_MS)
  expect(engine.judgements.entries.get('LINKUSDT')?.because).toBe('run-off')
  expect(stateOf(engine, 'LINKUSDT')).toBe('closed')
  engine.runtime.close()
  world.venue.close()
})
