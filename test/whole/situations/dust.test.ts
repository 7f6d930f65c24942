/** Native orders leave coins too few to sell: hedge after hedge they must not pile up, and the books must tie out all the way. */
import { Decimal } from 'decimal.js'
import { expect, test } from 'vitest'
import type { HedgeContext } from '../../../machines/hedge/context.ts'
import { dustBase } from '../../../src/domain/books/dust.ts'
import { eager } from '../../support/simulation/situation.ts'
import { virtualWorld } from '../../support/simulation/virtual-engine.ts'

const MINUTE_MS = 60_000
const START_AT_MS = Date.UTC(2026, 0, 5, 6, 20)

test('each hedge begins with what the one before left over, so that no more than one rest is ever in the wallet', async () => {
  const world = await virtualWorld(5, START_AT_MS, {
    symbols: ['SOLUSDT'],
    rules: {
      strategy: { ...eager('long-carry').strategy, coolDownMs: 2 * MINUTE_MS },
      execution: { routes: ['spread'] },
    },
  })
  const engine = await world.start()
  const hedge = () => [...engine.runtime.all()].find(({ kind }) => kind === 'hedge')
  const until = async (done: () => boolean) => {
    for (let second = 0; second < 900 && !done(); second++) await world.advance(world.clock.nowMs() + 1_000)
    expect(done()).toBe(true)
  }
  const begun: HedgeContext[] = []
  for (let round = 0; round < 4; round++) {
    await until(() => hedge()?.cell?.state.startsWith('hedged.watching') === true)
    const one = hedge()
    if (!one) throw new Error('expected a hedge')
    begun.push(one.actor.getSnapshot().context as HedgeContext)
    engine.runtime.deliver(one.id, { type: 'hedge.unwind', because: 'a person' })
    await until(() => hedge() === undefined)
    await world.advance(world.clock.nowMs() + MINUTE_MS)
  }
  const plans = begun.map(({ plan }) => plan)
  expect(plans.map(({ expected }) => expected.route)).toEqual(plans.map(() => 'spread'))
  expect(plans[0]?.dust).toBeUndefined()
  for (const { dust } of plans.slice(1)) expect(dust?.length).toBe(1)
  const left = await world.books.dust('SOL')
  expect(left.length).toBe(1)
  const least = new Decimal(plans[0]?.spot.minNotionalUsdt ?? 0).div(left[0]?.priceUsdt ?? 1)
  expect(new Decimal(dustBase(left)).lt(least)).toBe(true)
  expect(Object.values(engine.bookkeeper.residuals()).every(residual => residual === '0')).toBe(true)
  expect(engine.faults).toEqual([])
  engine.runtime.close()
  world.venue.close()
})
