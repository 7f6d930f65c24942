/** The rules of mode sim on its own market: what a newcomer sees within two minutes at sixty times the speed. */
import { expect, test } from 'vitest'
import type { HedgeContext } from '../../../machines/hedge/context.ts'
import { loadConfig } from '../../../src/config/config.ts'
import { LIVELY } from '../../../src/config/strategy.ts'
import { virtualWorld } from '../../support/simulation/virtual-engine.ts'

const MINUTE_MS = 60_000
/** As the simulator begins: half an hour before a full hour. */
const START_AT_MS = Date.UTC(2026, 0, 5, 9, 30)

test('within two hours of a lively market a hedge is opened and paid', async () => {
  const { strategy } = loadConfig({ cwd: '/', env: { HEDGEROW_MODE: 'sim' } }).rules
  const lively = Object.fromEntries(
    Object.keys(LIVELY).map(key => [key, strategy[key as keyof typeof strategy]]),
  )
  const world = await virtualWorld(1, START_AT_MS, { rules: { strategy: lively } })
  const engine = await world.start(undefined, strategy.symbols)
  const paid = () =>
    [...engine.runtime.all()].some(
      ({ kind, actor }) => kind === 'hedge' && (actor.getSnapshot().context as HedgeContext).settlements > 0,
    )
  for (let minute = 0; minute < 120 && !paid(); minute++) await world.advance(world.clock.nowMs() + MINUTE_MS)
  expect(paid()).toBe(true)
  expect(engine.faults).toEqual([])
  engine.runtime.close()
  world.venue.close()
}, 300_000)
