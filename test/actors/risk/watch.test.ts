/** What the watch over the account tells the engine and the desk, and what it makes of a reading that fails. */
import { expect, test } from 'vitest'
import { createMarketBoard } from '../../../actors/market/board.ts'
import type { EnginePorts } from '../../../actors/ports.ts'
import { createRiskWatch } from '../../../actors/risk/watch.ts'
import { memoryRiskHistory } from '../../../src/backtest/memory-books.ts'
import { VirtualClock } from '../../../src/clock/virtual-clock.ts'
import { amount, orderQty, price, usdt } from '../../../src/domain/units.ts'
import type { CoinBalance, Position, Wallet } from '../../../src/exchange/exchange.ts'
import { silentTelemetry } from '../../../src/telemetry/telemetry.ts'
import { marketOn, NOW_MS, RULES, VIP0, XRP } from '../../support/domain/sample-market.ts'

const { pair } = marketOn(XRP)

const coin = (name: string, owned: string, usdValue: string): CoinBalance => ({
  coin: name,
  wallet: amount(owned),
  borrowed: amount('0'),
  spotBorrowed: amount('0'),
  accruedInterest: amount('0'),
  equity: amount(owned),
  usdValue: usdt(usdValue),
  collateral: { taken: true, switchedOn: true, limit: 'free' },
})

const short = (qty: string): Position => ({
  symbol: pair.symbol,
  qty: orderQty(qty),
  side: 'Sell',
  entryPrice: price('2.5'),
  markPrice: price('2.5'),
  unrealisedPnl: usdt('0'),
  adlRank: 2,
  status: 'normal',
  reduceOnly: true,
  liquidationPrice: null,
  leverage: null,
  readAtMs: NOW_MS,
})

const hedge = (hedgeId: string, base: string) => ({
  plan: {
    hedgeId,
    symbol: pair.symbol,
    baseCoin: 'XRP',
    direction: 'long-carry',
    perp: pair.perp,
  },
  spot: { base, feesUsdt: '0', order: null },
  perp: { base, feesUsdt: '0', order: null },
})

const actorOf = (context: object, state: string, id = 'HEDGE00001') => ({
  id: `hedge:${id}`,
  kind: 'hedge',
  cell: { state },
  actor: { getSnapshot: () => ({ context }) },
})

/** An account of one hedge of XRP, and everything that it makes the watch say. */
function watched() {
  const clock = new VirtualClock(NOW_MS)
  let board = createMarketBoard(clock, [pair], VIP0)
  // Read, and XRP is not taken as collateral.
  board.setCollateral({}, NOW_MS)
  board.setParts(pair.symbol, {
    riskTiers: [{ upToUsdt: null, maintenanceRate: String(RULES.strategy.maintenanceRate) }],
  })
  const said: { to: string; type: string; because?: unknown; hedgeIds?: unknown }[] = []
  const account = {
    cash: '1000',
    equity: '1000',
    positions: [short('100')],
    fails: false,
    rate: '0.1' as string | null,
  }
  const engine = { lossSinceMs: 0, halt: null, risk: null as unknown }
  const states = { HEDGE00001: 'hedged.watching', HEDGE00002: 'entering.work.deciding' }
  const desk = { hedges: { HEDGE00001: {}, HEDGE00002: {} }, relieving: [] as string[] }
  const wallet = (): Wallet => ({
    coins: [coin('USDT', account.cash, account.cash), coin('XRP', '100', '250')],
    equityUsdt: usdt(account.equity),
    availableUsdt: usdt('500'),
    initialMarginRate: '0',
    maintenanceMarginRate: '0.1',
    readAtMs: NOW_MS,
  })
  const world = {
    clock,
    pace: 1,
    get board() {
      return board
    },
    rules: RULES,
    telemetry: silentTelemetry(),
    alerts: { raise: () => {}, clear: () => {} },
    exchange: {
      positions: async () => {
        if (account.fails) throw new Error('no answer')
        return account.positions
      },
      wallet: async () => wallet(),
    },
    runtime: () => ({
      get: (id: string) => (id === 'engine' ? actorOf(engine, 'trading') : actorOf(desk, 'open')),
      all: () => [
        actorOf(hedge('HEDGE00001', '40'), states.HEDGE00001, 'HEDGE00001'),
        actorOf(hedge('HEDGE00002', '60'), states.HEDGE00002, 'HEDGE00002'),
      ],
      deliver: (to: string, event: { type: string }) => said.push({ to, ...event }),
    }),
  } as unknown as EnginePorts
  const books = memoryRiskHistory([])
  /** As a process begins that has read nothing yet. */
  const forget = () => {
    board = createMarketBoard(clock, [pair], VIP0)
  }
  const watch = createRiskWatch(() => world, books)
  return { watch, said, account, engine, desk, states, books, board, clock, forget }
}

test('a verdict is told once: figures that move inside it are no news', async () => {
  const { watch, said, engine, account } = watched()
  await watch.judge()
  expect(said).toMatchObject([{ to: 'engine', type: 'risk.judged', state: 'trading' }])
  engine.risk = watch.current()?.judged
  account.cash = '1001'
  await watch.judge()
  expect(said).toHaveLength(1)
})

test('a loss is told again until the engine has halted, and never counted from before a resumption', async () => {
  const { watch, said, engine, account, books } = watched()
  await books.appendEquity({ atMs: NOW_MS - 1_000, equityUsdt: usdt('1300') })
  account.equity = '1000'
  await watch.judge()
  expect(said.at(-1)).toMatchObject({
    type: 'risk.judged',
    state: 'halted',
    because: 'daily-loss',
    lossSinceMs: 0,
  })
  engine.risk = watch.current()?.judged
  await watch.judge()
  expect(said).toHaveLength(2)
  engine.lossSinceMs = NOW_MS
  await watch.judge()
  expect(watch.current()?.judged.state).toBe('trading')
})

test('the desk is told which hedge goes, and of another only when that one is over or waits for a person', async () => {
  const { watch, said, account, desk, states } = watched()
  // A fifth up leaves 8 of the 58 USDT, and 6 of them must be kept.
  account.cash = '58'
  await watch.judge()
  expect(said.at(-1)).toMatchObject({ to: 'desk', type: 'desk.relieve', hedgeIds: ['HEDGE00002'] })
  desk.relieving.push('HEDGE00002')
  const count = said.length
  await watch.judge()
  expect(said.slice(count).filter(({ to }) => to === 'desk')).toEqual([])
  states.HEDGE00002 = 'failed'
  await watch.judge()
  expect(said.at(-1)).toMatchObject({ type: 'desk.relieve', hedgeIds: ['HEDGE00001'] })
})

test('one that is on its way out for long holds up no other: its market may be shut', async () => {
  const { watch, said, account, desk, states, clock } = watched()
  account.cash = '58'
  await watch.judge()
  desk.relieving.push('HEDGE00002')
  states.HEDGE00002 = 'unwinding.work.pausing'
  await watch.judge()
  clock.advanceTo(NOW_MS + 200_000)
  await watch.judge()
  expect(said.at(-1)).toMatchObject({ type: 'desk.relieve', hedgeIds: ['HEDGE00001'] })
})

test('before ratios and tiers were read the verdict is unknown: nothing new is opened, and no hedge goes', async () => {
  const { watch, said, account, forget } = watched()
  forget()
  account.cash = '58'
  await watch.judge()
  expect(watch.current()?.solvency).toMatchObject({
    verdict: 'unknown',
    found: 'collateral ratio of XRP, risk tiers of XRP not read yet',
  })
  expect(said).toMatchObject([{ to: 'engine', state: 'reducing', because: 'solvency' }])
})

test('what cannot be read is thrown at who asks, and leaves the last judgement as old as it is', async () => {
  const { watch, account } = watched()
  await watch.judge()
  account.fails = true
  await expect(watch.judge()).rejects.toThrow('no answer')
  expect(watch.current()?.judgedAtMs).toBe(NOW_MS)
})

test('positions that may only shrink, and their place in the queue, are known at once', async () => {
  const { watch, board, account } = watched()
  await watch.judge()
  expect([...(watch.current()?.reduceOnly ?? [])]).toEqual([pair.symbol])
  expect(board.view(pair.symbol)?.adl?.rank).toBe(2)
  watch.hear({ kind: 'position', position: { ...short('100'), adlRank: 5 } })
  expect(board.view(pair.symbol)?.adl?.rank).toBe(5)
  account.positions = []
  await watch.judge()
  expect(board.view(pair.symbol)?.adl?.rank).toBe(0)
})

test('a liquidation halts the engine: a person looks first', () => {
  const { watch, said } = watched()
  const fill = { cause: 'liquidation', symbol: pair.symbol } as never
  watch.hear({ kind: 'fill', fill })
  expect(said).toMatchObject([
    { to: 'engine', type: 'engine.halt', because: `the exchange liquidated a position in ${pair.symbol}` },
  ])
})
