/** How much faster than the wall virtual time runs: the simulated exchange alone, and a whole engine on top of it. */
import { createSimulatedBybit } from '../../src/exchange/simulator/create.ts'
import { virtualWorld } from '../support/simulation/virtual-engine.ts'

export type SimulationBenchRow = {
  what: string
  virtualSeconds: number
  wallMs: number
  timesTheWall: number
}

/** What an engine hears. */
const HEARD = /^(orderbook\.50|tickers)\./
const START_AT_MS = Date.UTC(2026, 0, 5, 9, 20)

/** @param wallMs - about how long each row may take */
export async function benchSimulation(wallMs = 8_000): Promise<SimulationBenchRow[]> {
  return [core(wallMs / 2, false), core(wallMs / 2, true), await engine(wallMs)]
}

function core(wallMs: number, isHeard: boolean): SimulationBenchRow {
  const bybit = createSimulatedBybit({ seed: 1, startAtMs: START_AT_MS })
  bybit.want(topic => isHeard && HEARD.test(topic))
  return measure(
    isHeard ? 'simulated exchange, books and tickers of every pair pushed' : 'simulated exchange',
    wallMs,
    atMs => {
      bybit.advance(atMs)
      bybit.takePushes()
    },
  )
}

function measure(what: string, wallMs: number, advance: (atMs: number) => void): SimulationBenchRow {
  const startMs = performance.now()
  let virtualMs = 0
  while (performance.now() - startMs < wallMs) {
    virtualMs += 1_000
    advance(START_AT_MS + virtualMs)
  }
  return row(what, virtualMs, performance.now() - startMs)
}

async function engine(wallMs: number): Promise<SimulationBenchRow> {
  const world = await virtualWorld(1)
  const running = await world.start()
  // Past the start, so that entries and settlements are in it, not the tree's birth.
  await world.advance(world.clock.nowMs() + 30_000)
  const [startMs, startAtMs] = [performance.now(), world.clock.nowMs()]
  while (performance.now() - startMs < wallMs) await world.advance(world.clock.nowMs() + 1_000)
  const found = row(
    `engine of ${running.board.symbols().length} symbols, in memory`,
    world.clock.nowMs() - startAtMs,
    performance.now() - startMs,
  )
  running.runtime.close()
  world.venue.close()
  return found
}

const row = (what: string, virtualMs: number, wallMs: number): SimulationBenchRow => ({
  what,
  virtualSeconds: Math.round(virtualMs / 1000),
  wallMs: Math.round(wallMs),
  timesTheWall: Math.round(virtualMs / wallMs),
})

if (import.meta.main) console.table(await benchSimulation())
