import { Decimal } from 'decimal.js'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { hedgeResult } from '../../../src/domain/books/hedge-result.ts'
import {
  balances,
  isUnexplained,
  openingPostings,
  type Posting,
  postingsOf,
  residuals,
  rowFault,
} from '../../../src/domain/books/ledger.ts'
import type { TransactionKind, TransactionRow } from '../../../src/domain/books/transaction.ts'
import { amount, price } from '../../../src/domain/units.ts'

const NOBODY = () => undefined
const OURS = () => 'HEDGE00001'

function row(change: Partial<Record<keyof TransactionRow, unknown>>): TransactionRow {
  const blank: TransactionRow = {
    id: 'row-1',
    kind: 'trade',
    venueKind: 'TRADE',
    coin: 'USDT',
    market: 'linear',
    symbol: 'XRPUSDT',
    side: 'Sell',
    orderLinkId: '',
    tradeId: '',
    qty: amount('0'),
    price: amount('0'),
    funding: amount('0'),
    fee: amount('0'),
    cashFlow: amount('0'),
    change: amount('0'),
    balanceAfter: amount('0'),
    atMs: 0,
  }
  const full = { ...blank, ...change } as TransactionRow
  if (change.change !== undefined) return full
  return { ...full, change: amount(Decimal.sum(full.cashFlow, full.funding).minus(full.fee)) }
}

const sum = (postings: readonly Posting[]): string =>
  postings.reduce((total, posting) => total.plus(posting.amount), new Decimal(0)).toFixed()
const sides = (postings: readonly Posting[]) => Object.fromEntries(postings.map(p => [p.account, p.amount]))

const KINDS: TransactionKind[] = [
  'trade',
  'settlement',
  'interest',
  'transfer-in',
  'transfer-out',
  'liquidation',
  'adl',
  'delivery',
  'conversion',
  'bonus',
  'fee-refund',
  'other',
]
const anyAmount = fc
  .tuple(fc.bigInt({ min: -(10n ** 14n), max: 10n ** 14n }), fc.integer({ min: 0, max: 12 }))
  .map(([digits, places]) => amount(new Decimal(digits.toString()).div(new Decimal(10).pow(places))))
const anyRow = fc
  .record({
    id: fc.uuid(),
    kind: fc.constantFrom(...KINDS),
    coin: fc.constantFrom('USDT', 'XRP', 'BTC', 'MNT'),
    funding: anyAmount,
    fee: anyAmount,
    cashFlow: anyAmount,
  })
  .map(row)

describe('the postings of a row', () => {
  test('always sum to 0 in its coin, and its wallet posting is exactly the change', () => {
    fc.assert(
      fc.property(anyRow, fc.option(anyAmount), (made, broken) => {
        const found = broken === null ? made : { ...made, change: broken }
        const postings = postingsOf(found, NOBODY)
        expect(sum(postings)).toBe('0')
        expect(new Set(postings.map(posting => posting.coin))).toEqual(new Set([found.coin]))
        const wallet = postings.filter(posting => posting.kind === 'wallet').map(posting => posting.amount)
        expect(wallet).toEqual([new Decimal(found.change).toFixed()])
      }),
    )
  })

  test('are what the documented settlement row says: a long of 100 at 0.3676 pays 0.003676', () => {
    const settlement = row({
      kind: 'settlement',
      venueKind: 'SETTLEMENT',
      side: 'Buy',
      qty: '100',
      price: '0.3676',
      funding: '-0.003676',
      change: '-0.003676',
    })
    expect(rowFault(settlement)).toBeUndefined()
    expect(sides(postingsOf(settlement, OURS))).toEqual({
      'wallet:USDT': '-0.003676',
      'funding:USDT': '0.003676',
    })
  })

  test('put a transfer against equity and a row of no known kind into suspense', () => {
    const transfer = row({ kind: 'transfer-in', cashFlow: '1000' })
    expect(sides(postingsOf(transfer, NOBODY))).toEqual({ 'wallet:USDT': '1000', 'equity:USDT': '-1000' })
    const other = row({ kind: 'other', venueKind: 'FIXED_STAKING_REFUND', coin: 'MNT', cashFlow: '3' })
    expect(sides(postingsOf(other, NOBODY))).toEqual({ 'wallet:MNT': '3', 'suspense:MNT': '-3' })
  })

  test('take a conversion for trading, a bonus for a gift, and a refunded fee off the fees', () => {
    const side = (kind: TransactionKind, cashFlow: string) =>
      Object.keys(sides(postingsOf(row({ kind, cashFlow }), NOBODY)))[1]
    expect(side('conversion', '-5')).toBe('trading:USDT')
    expect(side('bonus', '5')).toBe('equity:USDT')
    expect(sides(postingsOf(row({ kind: 'fee-refund', cashFlow: '0.5' }), NOBODY))).toEqual({
      'wallet:USDT': '0.5',
      'fees:USDT': '-0.5',
    })
  })

  test('take the fee of a liquidation for a fee, and explain every kind but the unknown one', () => {
    const liquidation = row({ kind: 'liquidation', cashFlow: '-40', fee: '0.6' })
    expect(sides(postingsOf(liquidation, OURS))).toEqual({
      'wallet:USDT': '-40.6',
      'fees:USDT': '0.6',
      'trading:USDT': '40',
    })
    for (const kind of KINDS) expect(isUnexplained(row({ kind, cashFlow: '1' }))).toBe(kind === 'other')
    expect(isUnexplained(row({ cashFlow: '10', fee: '1', change: '9.5' }))).toBe(true)
  })

  test('show in suspense what a row that does not add up leaves unexplained', () => {
    const broken = row({ cashFlow: '10', fee: '1', change: '9.5' })
    expect(rowFault(broken)).toBe('transaction row-1: expected a change of 9 USDT, found 9.5')
    expect(sides(postingsOf(broken, NOBODY))).toEqual({
      'wallet:USDT': '9.5',
      'fees:USDT': '1',
      'trading:USDT': '-10',
      'suspense:USDT': '-0.5',
    })
  })
})

describe('the whole ledger', () => {
  test('leaves a residual of 0 for every coin when wallet and rows agree, and exactly the gap when they do not', () => {
    const gap = fc.constantFrom('0', '0.000000000000000001', '-5')
    fc.assert(
      fc.property(fc.array(anyRow, { maxLength: 30 }), anyAmount, gap, (rows, opening, missing) => {
        const start = [{ coin: 'USDT', wallet: opening }]
        const postings = [...openingPostings(start, 0), ...rows.flatMap(each => postingsOf(each, NOBODY))]
        const wallets = new Map([['USDT', new Decimal(opening)]])
        for (const { coin, change } of rows)
          wallets.set(coin, (wallets.get(coin) ?? new Decimal(0)).plus(change))
        wallets.set('USDT', (wallets.get('USDT') ?? new Decimal(0)).plus(missing))
        const coins = [...wallets].map(([coin, wallet]) => ({ coin, wallet: amount(wallet) }))
        for (const [coin, residual] of Object.entries(residuals(coins, balances(postings))))
          expect(residual).toBe(coin === 'USDT' ? missing : '0')
      }),
    )
  })

  test('misses a coin that only the wallet or only the ledger knows', () => {
    const postings = postingsOf(row({ coin: 'XRP', cashFlow: '5' }), NOBODY)
    expect(residuals([{ coin: 'BTC', wallet: amount('1') }], balances(postings))).toEqual({
      BTC: '1',
      XRP: '-5',
    })
  })
})

describe('the result of a hedge', () => {
  // 100 XRP bought at 2.50, 0.1 of them taken as fee; 99.9 sold at 2.60. The perpetual was sold at 2.51 and bought at 2.60.
  const rows = [
    row({
      id: '1',
      market: 'spot',
      side: 'Buy',
      coin: 'XRP',
      cashFlow: '100',
      fee: '0.1',
      price: '2.5',
      qty: '100',
    }),
    row({ id: '2', market: 'spot', side: 'Buy', coin: 'USDT', cashFlow: '-250', price: '2.5', qty: '100' }),
    row({ id: '3', fee: '0.1379', price: '2.51', qty: '99.9' }),
    row({ id: '4', kind: 'settlement', funding: '0.5', price: '2.55', qty: '99.9' }),
    row({ id: '5', side: 'Buy', cashFlow: '-8.991', fee: '0.1429', price: '2.6', qty: '99.9' }),
    row({ id: '6', market: 'spot', side: 'Sell', coin: 'XRP', cashFlow: '-99.9', price: '2.6', qty: '99.9' }),
    row({
      id: '7',
      market: 'spot',
      side: 'Sell',
      coin: 'USDT',
      cashFlow: '259.74',
      fee: '0.25974',
      price: '2.6',
    }),
  ]
  const postings = rows.flatMap(each => postingsOf(each, OURS))

  test('splits funding, fees and trading, with the fee in coins valued at its fill’s price', () => {
    const result = hedgeResult(postings, {})
    expect(result).toMatchObject({ fundingUsdt: '0.5', inventory: [], unvalued: [] })
    expect(result.feesUsdt).toBe(
      new Decimal('0.1').times('2.5').plus('0.1379').plus('0.1429').plus('0.25974').toFixed(),
    )
    // 99.9 coins: spot from 2.50 to 2.60, the short from 2.51 to 2.60: one cent a coin is the basis.
    expect(result.tradingUsdt).toBe('0.999')
    expect(result.netUsdt).toBe(new Decimal('0.5').plus('0.999').minus(result.feesUsdt).toFixed())
  })

  test('is the change of the wallets when flat, to the last digit', () => {
    const cash = rows.filter(each => each.coin === 'USDT').map(each => each.change)
    expect(hedgeResult(postings, {}).netUsdt).toBe(Decimal.sum(...cash).toFixed())
  })

  test('values dust at the price given and names what it could not value', () => {
    const dust = row({ id: '8', market: 'spot', side: 'Buy', coin: 'XRP', cashFlow: '2', price: '2.6' })
    const withDust = [...postings, ...postingsOf(dust, OURS)]
    const valued = hedgeResult(withDust, { XRP: price('3') })
    expect(valued.inventory).toEqual([{ coin: 'XRP', qty: '2' }])
    expect(valued.netUsdt).toBe(new Decimal(hedgeResult(postings, {}).netUsdt).plus(6).toFixed())
    expect(hedgeResult(withDust, {}).unvalued).toEqual(['XRP'])
  })

  test('has parts that add up to its net, whatever the rows', () => {
    fc.assert(
      fc.property(fc.array(anyRow, { maxLength: 20 }), many => {
        const prices = { XRP: price('2.5'), BTC: price('90000'), MNT: price('1.1') }
        const all = many.flatMap(each => postingsOf(each, OURS))
        const { fundingUsdt, feesUsdt, tradingUsdt, interestUsdt, netUsdt } = hedgeResult(all, prices)
        const parts = Decimal.sum(fundingUsdt, tradingUsdt, interestUsdt).minus(feesUsdt)
        expect(parts.minus(netUsdt).abs().lte('1e-17')).toBe(true)
      }),
    )
  })
})
