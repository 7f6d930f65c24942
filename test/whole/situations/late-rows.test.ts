/** The exchange lists rows of its log late now and then: they are found, the books tie out again, and no restart is needed (promise 6). */
import { expect, test } from 'vitest'
import { MINUTE_MS, type Running, running } from '../../support/simulation/running.ts'

const SETTLED_AT_MS = Date.UTC(2026, 0, 5, 8)

const isHedged = (world: Running) => () =>
  world.hedges().some(({ cell }) => cell?.state === 'hedged.watching')
const settlements = ({ books }: Running) => books.rows.filter(({ row }) => row.kind === 'settlement')
const isTied = (world: Running) =>
  Object.values(world.engine().bookkeeper.residuals()).every(residual => residual === '0')

test.each([
  ['25 seconds', 25_000, 1],
  ['an hour', 60 * MINUTE_MS, 3],
])(
  'a settlement that is listed %s late, after a later fill was booked, is booked when it appears',
  async (_, ms, withinMinutes) => {
    const world = await running(
      {},
      {
        startAtMs: SETTLED_AT_MS - 10 * MINUTE_MS,
        wrong: { faults: [{ name: 'late-row', type: 'SETTLEMENT', ms }] },
      },
    )
    expect(await world.until(isHedged(world))).toBe(true)
    await world.advance(SETTLED_AT_MS + 15_000)
    world.order({ category: 'spot', side: 'Buy', qty: '20', orderLinkId: 'by-hand-1' })
    await world.advance(SETTLED_AT_MS + 22_000)
    expect(settlements(world)).toEqual([])
    expect(isTied(world)).toBe(false)
    await world.advance(SETTLED_AT_MS + ms + withinMinutes * MINUTE_MS)
    const [booked] = settlements(world)
    const [hedge] = world.contexts()
    expect(booked).toMatchObject({ row: { atMs: SETTLED_AT_MS }, hedgeId: hedge?.plan.hedgeId })
    expect(hedge).toMatchObject({ settlements: 1, fundingUsdt: booked?.row.funding })
    expect(isTied(world)).toBe(true)
    expect(world.standing().filter(name => name.startsWith('ledger'))).toEqual([])
    world.end()
  },
)
