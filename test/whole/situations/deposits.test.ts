/** Whole engines on accounts of every size: as many hedges as the cash carries, nothing borrowed, nothing refused for it. */
import { Decimal } from 'decimal.js'
import { expect, test } from 'vitest'
import type { HedgeContext } from '../../../machines/hedge/context.ts'
import { virtualWorld } from '../../support/simulation/virtual-engine.ts'

const MINUTE_MS = 60_000
const START_AT_MS = Date.UTC(2026, 0, 5, 6, 20)
const SYMBOLS = ['BTCUSDT', 'ETHUSDT', 'SOLUSDT', 'XRPUSDT', 'DOGEUSDT', 'LINKUSDT', '1000PEPEUSDT']

type Coin = { coin: string; walletBalance: string; equity: string; spotBorrow?: string }

/** Refusals of an order by the exchange, other than one that a price or a book explains. */
const SHORT_OF_MONEY = /insufficient|balance|margin|borrow|afford/i

test.each([
  { deposit: '200', hedges: 1 },
  { deposit: '1000', hedges: 1 },
  { deposit: '3000', hedges: 2 },
  { deposit: '10000', hedges: 4 },
  { deposit: '100000', hedges: 5 },
])(
  '$deposit USDT carry at least $hedges hedges: no USDT is borrowed and no order refused',
  async ({ deposit, hedges }) => {
    const world = await virtualWorld(11, START_AT_MS, {
      symbols: SYMBOLS,
      balances: { USDT: deposit },
      rules: {
        strategy: {
          entryAprMin: -1_000,
          reentryProbability: 1_000,
          settlementGuardMs: 0,
          listingAgeMsMin: 0,
          capitalBuffer: 0.3,
        },
      },
    })
    const refused: string[] = []
    const { request } = world.core
    world.core.request = asked => {
      const answer = request(asked)
      const isOrder = /order\.?\/?create$/.test(asked.path) && asked.uid === 'ours'
      if (isOrder && answer.retCode !== 0 && SHORT_OF_MONEY.test(answer.retMsg))
        refused.push(`${asked.params.symbol}: ${answer.retCode} ${answer.retMsg}`)
      return answer
    }
    const engine = await world.start()
    const held = () =>
      [...engine.runtime.all()]
        .filter(({ kind }) => kind === 'hedge')
        .map(({ actor, cell }) => ({
          state: cell?.state ?? '',
          context: actor.getSnapshot().context as HedgeContext,
        }))
    const usdt = (): Coin => {
      const params = { accountType: 'UNIFIED' }
      const asked = {
        via: 'rest',
        method: 'GET',
        path: '/v5/account/wallet-balance',
        params,
        uid: 'ours',
      } as const
      const { list } = request(asked).result as { list: { coin: Coin[] }[] }
      const row = list[0]?.coin.find(({ coin }) => coin === 'USDT')
      if (!row) throw new Error('wallet: expected USDT, found none')
      return row
    }
    for (let minute = 0; minute < 15; minute++) {
      await world.advance(world.clock.nowMs() + MINUTE_MS)
      const { walletBalance, spotBorrow } = usdt()
      expect(Number(walletBalance)).toBeGreaterThan(0)
      expect(Number(spotBorrow || 0)).toBe(0)
    }
    const open = held()
    expect(open.map(({ state }) => state).filter(state => /^failed/.test(state))).toEqual([])
    expect(open.length).toBeGreaterThanOrEqual(hedges)
    const notional = open.reduce((sum, { context }) => sum.plus(context.plan.notionalUsdt), new Decimal(0))
    const least = notional
      .times(world.rules.strategy.capitalBuffer)
      .plus(world.rules.limits.freeMarginUsdtMin)
    expect(Number(usdt().walletBalance)).toBeGreaterThanOrEqual(least.toNumber())
    expect(refused).toEqual([])
    engine.runtime.close()
    world.venue.close()
  },
  300_000,
)
