import { Decimal } from 'decimal.js'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fundingReceived } from '../../../../src/exchange/simulator/account/settlement.ts'
import type { ExchangeState } from '../../../../src/exchange/simulator/exchange-state.ts'
import { builtInUniverse } from '../../../../src/exchange/simulator/universe/universe.ts'
import { type Desk, HOUR, openDesk, sum, UID } from '../../../support/exchange/simulator-core.ts'
import { often } from '../../../support/properties.ts'

const trade = (desk: Desk, category: string, symbol: string, side: string, qty: string, more = {}) =>
  desk.create({ category, symbol, side, orderType: 'Market', marketUnit: 'baseCoin', qty, ...more })

describe('fees', () => {
  test('are taken in the coin on spot buys, in quote on spot sells, in USDT on perpetuals', () => {
    const desk = openDesk()
    trade(desk, 'spot', 'SOLUSDT', 'Buy', '40')
    expect(desk.coin('SOL').walletBalance).toBe('39.96')
    for (const fill of desk.fills('spot'))
      expect(fill).toMatchObject({
        feeCurrency: 'SOL',
        execFee: new Decimal(fill.execQty ?? 0).times('0.001').toFixed(),
      })
    trade(desk, 'spot', 'SOLUSDT', 'Sell', '39.96')
    const [sale] = desk.fills('spot')
    expect(sale).toMatchObject({
      feeCurrency: 'USDT',
      execFee: new Decimal(sale?.execValue ?? 0).times('0.001').toFixed(),
    })
    expect(desk.coin('SOL').walletBalance).toBe('0')
    trade(desk, 'linear', 'SOLUSDT', 'Sell', '40')
    const [short] = desk.fills('linear')
    expect(short).toMatchObject({
      feeCurrency: 'USDT',
      execFee: new Decimal(short?.execValue ?? 0).times('0.00055').toFixed(),
    })
  })
})

describe('a perpetual position', () => {
  test('averages its entry and realises exactly what closing brings', () => {
    const desk = openDesk()
    trade(desk, 'linear', 'SOLUSDT', 'Sell', '30')
    desk.core.advance(desk.core.nowMs() + HOUR)
    trade(desk, 'linear', 'SOLUSDT', 'Sell', '20')
    const opened = desk.fills('linear', { execType: 'Trade' })
    const entry = sum(opened.map(fill => fill.execValue)).div(50)
    expect(new Decimal(desk.position('SOLUSDT').avgPrice ?? 0).minus(entry).abs().lt('1e-11')).toBe(true)
    desk.core.advance(desk.core.nowMs() + HOUR)
    trade(desk, 'linear', 'SOLUSDT', 'Buy', '20', { reduceOnly: true })
    trade(desk, 'linear', 'SOLUSDT', 'Buy', '30', { reduceOnly: true })
    const rows = desk.log({ category: 'linear', type: 'TRADE' })
    const all = desk.fills('linear', { execType: 'Trade' })
    const received = sum(all.filter(fill => fill.side === 'Sell').map(fill => fill.execValue))
    const paid = sum(all.filter(fill => fill.side === 'Buy').map(fill => fill.execValue))
    expect(sum(rows.map(row => row.cashFlow)).toFixed()).toBe(received.minus(paid).toFixed())
    expect(desk.position('SOLUSDT')).toMatchObject({ side: '', size: '0.0', unrealisedPnl: '' })
  })

  test('is worth size times the difference of mark and entry until then', () => {
    const desk = openDesk()
    trade(desk, 'linear', 'ETHUSDT', 'Buy', '5')
    desk.core.advance(desk.core.nowMs() + HOUR)
    const { avgPrice = '0', markPrice = '0', unrealisedPnl } = desk.position('ETHUSDT')
    const expected = new Decimal(markPrice).minus(avgPrice).times(5)
    expect(new Decimal(unrealisedPnl ?? 0).minus(expected).abs().lt('1e-7')).toBe(true)
  })
})

describe('settlement', () => {
  test('pays size times mark times rate: longs pay a positive rate', () => {
    expect(fundingReceived(new Decimal(100), new Decimal('0.3676'), new Decimal('0.0001')).toFixed()).toBe(
      '-0.003676',
    )
    expect(fundingReceived(new Decimal(-100), new Decimal('0.3676'), new Decimal('0.0001')).toFixed()).toBe(
      '0.003676',
    )
  })

  test.each(['Buy', 'Sell'])('writes one row and one execution of opposite signs for a %s position', side => {
    const desk = openDesk()
    trade(desk, 'linear', 'INJUSDT', side, '100')
    desk.core.takePushes()
    desk.core.advance(Math.ceil(desk.core.nowMs() / HOUR) * HOUR)
    const [row, ...others] = desk.log({ type: 'SETTLEMENT' })
    const [paid] = desk.fills('linear', { execType: 'Funding' })
    const [settled] = desk.list('/v5/market/funding/history', {
      category: 'linear',
      symbol: 'INJUSDT',
      limit: '1',
    })
    expect(others).toHaveLength(0)
    const rate = new Decimal(settled?.fundingRate ?? 0)
    const signed = side === 'Buy' ? new Decimal(-100) : new Decimal(100)
    const funding = signed.times(row?.tradePrice ?? 0).times(rate)
    expect(row).toMatchObject({
      side,
      qty: '100',
      size: side === 'Buy' ? '100' : '-100',
      funding: funding.toFixed(),
      change: funding.toFixed(),
      cashFlow: '0',
      fee: '0',
      feeRate: side === 'Buy' ? rate.toFixed() : rate.negated().toFixed(),
      transactionTime: settled?.fundingRateTimestamp,
      tradeId: paid?.execId,
    })
    expect(paid).toMatchObject({
      orderType: 'UNKNOWN',
      execFee: funding.negated().toFixed(),
      execPrice: row?.tradePrice,
    })
    const topics = desk.core.takePushes().map(push => push.topic)
    expect(topics).toEqual(expect.arrayContaining(['execution', 'position', 'wallet']))
  })

  test('does not concern a position closed before it', () => {
    const desk = openDesk()
    trade(desk, 'linear', 'INJUSDT', 'Sell', '100')
    trade(desk, 'linear', 'INJUSDT', 'Buy', '100', { reduceOnly: true })
    desk.core.advance(desk.core.nowMs() + 2 * HOUR)
    expect(desk.log({ type: 'SETTLEMENT' })).toHaveLength(0)
  })
})

/** The whole of one coin over all accounts and the house, less debts: what was paid in. */
function totals(desk: Desk): Record<string, string> {
  const { accounts, house } = desk.core.save().state as unknown as ExchangeState
  const coins = new Set([
    ...Object.keys(house),
    ...Object.values(accounts).flatMap(account => Object.keys(account.coins)),
  ])
  return Object.fromEntries(
    [...coins].map(coin => [
      coin,
      sum([...Object.values(accounts).map(account => account.coins[coin]?.wallet), house[coin]]).toFixed(),
    ]),
  )
}

const step = fc.record({
  category: fc.constantFrom('spot', 'linear'),
  symbol: fc.constantFrom('SOLUSDT', 'INJUSDT', 'WIFUSDT'),
  side: fc.constantFrom('Buy', 'Sell'),
  qty: fc.integer({ min: 1, max: 400 }).map(String),
  isLeverage: fc.constantFrom('0', '1'),
  waitMs: fc.integer({ min: 0, max: HOUR }),
})

test('nothing is made or lost: rows explain every balance and house and accounts hold what was paid in', () => {
  fc.assert(
    fc.property(
      fc.array(step, { minLength: 1, maxLength: 10 }),
      fc.integer({ min: 1, max: 1000 }),
      (steps, seed) => {
        const desk = openDesk({ seed, universe: builtInUniverse(['SOLUSDT', 'INJUSDT', 'WIFUSDT']) })
        desk.core.deposit('2002', 'USDT', '500')
        for (const { waitMs, category, symbol, side, qty, isLeverage } of steps) {
          desk.core.advance(desk.core.nowMs() + waitMs)
          trade(desk, category, symbol, side, qty, { isLeverage })
        }
        desk.core.advance(desk.core.nowMs() + HOUR)
        for (const [coin, total] of Object.entries(totals(desk)))
          expect(total, coin).toBe(coin === 'USDT' ? '100500' : '0')
        const rows = desk.log({ startTime: String(desk.core.nowMs() - 6 * 24 * HOUR) })
        for (const row of rows)
          expect(row.change).toBe(
            new Decimal(row.cashFlow ?? 0)
              .plus(row.funding || 0)
              .minus(row.fee ?? 0)
              .toFixed(),
          )
        for (const coin of new Set(rows.map(row => row.currency ?? ''))) {
          const { walletBalance, spotBorrow } = desk.coin(coin)
          const changes = sum(rows.filter(row => row.currency === coin).map(row => row.change))
          expect(changes.toFixed(), coin).toBe(
            new Decimal(walletBalance ?? 0).minus(spotBorrow ?? 0).toFixed(),
          )
        }
      },
    ),
    often(25),
  )
})

describe('debt', () => {
  test('a margin sale borrows the coin, interest falls due at five past, buying back repays', () => {
    const desk = openDesk()
    expect(trade(desk, 'spot', 'SOLUSDT', 'Sell', '10', { isLeverage: '1' })).toMatchObject({ retCode: 0 })
    expect(desk.coin('SOL')).toMatchObject({ walletBalance: '0', spotBorrow: '10', equity: '-10' })
    desk.core.advance(desk.core.nowMs() + HOUR)
    const [interest] = desk.log({ type: 'INTEREST' })
    expect(interest).toMatchObject({ currency: 'SOL', change: '-0.000035' })
    expect(desk.coin('SOL').spotBorrow).toBe('10.000035')
    trade(desk, 'spot', 'SOLUSDT', 'Buy', '10.02')
    expect(desk.coin('SOL').spotBorrow).toBe('0')
    expect(Number(desk.coin('SOL').walletBalance)).toBeGreaterThan(0)
  })

  test('an account that cannot carry its position any longer is taken over', () => {
    const universe = builtInUniverse(['WIFUSDT'])
    const desk = openDesk({ universe, accounts: [{ uid: UID, balances: { USDT: '1000' } }] })
    desk.request('POST', '/v5/position/set-leverage', {
      category: 'linear',
      symbol: 'WIFUSDT',
      buyLeverage: '50',
      sellLeverage: '50',
    })
    expect(trade(desk, 'linear', 'WIFUSDT', 'Buy', '120000')).toMatchObject({ retCode: 0 })
    // A premium that the long pays for ends it soon.
    const nowMs = desk.core.nowMs()
    const untilMs = nowMs + 48 * HOUR
    desk.core.schedule({ kind: 'premium', symbol: 'WIFUSDT', atMs: nowMs + 1000, premium: 0.03, untilMs })
    for (let hours = 0; hours < 48 && desk.position('WIFUSDT').side !== ''; hours++)
      desk.core.advance(desk.core.nowMs() + HOUR)
    const [bust] = desk.fills('linear', { execType: 'BustTrade' })
    expect(bust).toMatchObject({ createType: 'CreateByTakeOver_PassThrough', side: 'Sell' })
  })
})

test('the account numbers are those of its parts', () => {
  const desk = openDesk()
  trade(desk, 'spot', 'BTCUSDT', 'Buy', '0.5')
  trade(desk, 'linear', 'BTCUSDT', 'Sell', '0.5')
  const wallet = desk.wallet()
  const coins = wallet.coin as unknown as Record<string, string>[]
  expect(
    sum(coins.map(coin => coin.usdValue))
      .minus(wallet.totalEquity ?? 0)
      .abs()
      .lt('1e-6'),
  ).toBe(true)
  const { positionIM = '0' } = desk.position('BTCUSDT')
  expect(wallet.totalInitialMargin).toBe(positionIM)
  const rate = new Decimal(positionIM).div(wallet.totalMarginBalance ?? 1)
  expect(new Decimal(wallet.accountIMRate ?? 0).minus(rate).abs().lte('0.00005')).toBe(true)
  expect(wallet.totalAvailableBalance).toBe(
    new Decimal(wallet.totalMarginBalance ?? 0).minus(positionIM).toFixed(),
  )
})
