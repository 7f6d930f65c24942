/** A deploy, a crash, an endpoint that is away: what was held before is held afterwards. Promise 12: unknown is not zero. */
import { expect, test } from 'vitest'
import { MINUTE_MS, type Running, refusal, running } from '../../support/simulation/running.ts'

const FIVE = ['LINKUSDT', 'XRPUSDT', 'ADAUSDT', 'DOGEUSDT', 'LTCUSDT']
const hedgedCount = (world: Running) =>
  world.hedges().filter(({ cell }) => cell?.state === 'hedged.watching').length

/** A small deposit, all of it held in hedges: what is left over is little beside them. */
async function fullyHedged() {
  const world = await running({}, { symbols: FIVE, balances: { USDT: '10000' } })
  expect(await world.until(() => hedgedCount(world) >= 4, 40), 'most of the deposit is hedged').toBe(true)
  await world.advance(world.clock.nowMs() + MINUTE_MS)
  return world
}
const isCollateral = ({ path }: { path: string }) =>
  /spot-margin-trade\/collateral|collateral-info/.test(path)

test('after a restart nothing is unwound, and no verdict is formed before ratios and tiers were read', async () => {
  const world = await fullyHedged()
  const before = world.hedges().map(({ id }) => id)
  const ordersBefore = world.orders.length
  const verdicts: (string | undefined)[] = []
  // Nothing of before is remembered: a new database on another machine.
  world.books.lastTerms = async () => []
  world.answering(call => (isCollateral(call) ? refusal(10016, 'Server error') : undefined))
  await world.again()
  await world.until(() => {
    verdicts.push(world.engine().ports.risk()?.solvency.verdict)
    return false
  }, 2)
  expect(new Set(verdicts.filter(each => each !== undefined))).toEqual(new Set(['unknown']))
  expect(world.stateOf('engine'), 'nothing new is opened on it').toBe('reducing')
  world.answering(() => undefined)
  expect(await world.until(() => world.stateOf('engine') === 'trading', 15)).toBe(true)
  await world.advance(world.clock.nowMs() + 5 * MINUTE_MS)
  expect(world.engine().ports.risk()?.solvency.verdict).not.toBe('unknown')
  expect(world.hedges().map(({ id }) => id)).toEqual(expect.arrayContaining(before))
  const reduced = world.orders
    .slice(ordersBefore)
    .filter(({ params }) => /-[SPC][XR]/.test(String(params.orderLinkId)))
  expect(reduced).toEqual([])
  world.end()
}, 120_000)

test('while collateral cannot be read for an hour the last known ratios serve, also after a restart, and a person hears of it', async () => {
  const world = await fullyHedged()
  const before = world.hedges().map(({ id }) => id)
  world.answering(call => (isCollateral(call) ? refusal(10016, 'Server error') : undefined))
  await world.advance(world.clock.nowMs() + 30 * MINUTE_MS)
  await world.again()
  expect(await world.until(() => world.stateOf('engine') === 'trading', 3)).toBe(true)
  expect(world.engine().ports.risk()?.solvency.verdict).not.toBe('unknown')
  await world.advance(world.clock.nowMs() + 30 * MINUTE_MS)
  expect(world.standing()).toContain('terms.old')
  expect(world.hedges().map(({ id }) => id)).toEqual(expect.arrayContaining(before))
  world.answering(() => undefined)
  await world.advance(world.clock.nowMs() + 12 * MINUTE_MS)
  expect(world.standing()).not.toContain('terms.old')
  world.end()
}, 120_000)
