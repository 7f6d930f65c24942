/** What a reverse hedge earned; a long one's result is with the ledger it is read from. */
import { Decimal } from 'decimal.js'
import { describe, expect, test } from 'vitest'
import { hedgeResult } from '../../../src/domain/books/hedge-result.ts'
import { type Posting, postingsOf } from '../../../src/domain/books/ledger.ts'
import type { TransactionRow } from '../../../src/domain/books/transaction.ts'
import { type Amount, amount, price } from '../../../src/domain/units.ts'

type Moved = Partial<Record<'cashFlow' | 'fee' | 'funding' | 'price', string>>

/** The postings of one row of the log; spot rows carry the pair's symbol, interest rows none. */
function posted(
  id: string,
  kind: TransactionRow['kind'],
  coin: string,
  symbol: string,
  of: Moved,
  feeCoinPrice?: Amount,
): Posting[] {
  const [cashFlow, fee, funding] = [of.cashFlow ?? '0', of.fee ?? '0', of.funding ?? '0']
  const row: TransactionRow = {
    id,
    kind,
    venueKind: kind.toUpperCase(),
    coin,
    market: 'spot',
    symbol,
    side: 'none',
    orderLinkId: '',
    tradeId: '',
    qty: amount('0'),
    price: amount(of.price ?? '0'),
    funding: amount(funding),
    fee: amount(fee),
    cashFlow: amount(cashFlow),
    change: amount(Decimal.sum(cashFlow, funding).minus(fee)),
    balanceAfter: amount('0'),
    atMs: 0,
  }
  return postingsOf(row, () => 'HEDGE00001', feeCoinPrice)
}

// 100 XRP borrowed and sold at 2.50, the perpetual bought at 2.49; 0.2 XRP of interest; all bought back and sold at 2.40.
const OPEN = [
  ...posted('1', 'trade', 'XRP', 'XRPUSDT', { cashFlow: '-100', price: '2.5' }),
  ...posted('2', 'trade', 'USDT', 'XRPUSDT', { cashFlow: '250', fee: '0.25', price: '2.5' }),
  ...posted('3', 'trade', 'USDT', 'XRPUSDT', { fee: '0.137', price: '2.49' }),
  ...posted('4', 'settlement', 'USDT', 'XRPUSDT', { funding: '0.5', price: '2.45' }),
  ...posted('5', 'interest', 'XRP', '', { cashFlow: '-0.2' }),
]
const CLOSED = [
  ...OPEN,
  ...posted('6', 'trade', 'XRP', 'XRPUSDT', { cashFlow: '100.31', fee: '0.10031', price: '2.4' }),
  ...posted('7', 'trade', 'USDT', 'XRPUSDT', { cashFlow: '-240.744', price: '2.4' }),
  ...posted('8', 'trade', 'USDT', 'XRPUSDT', { cashFlow: '-9', fee: '0.132', price: '2.4' }),
]

describe('the result of a reverse hedge', () => {
  test('splits funding, fees, interest and basis, and adds up to the wallets with what was left over', () => {
    expect(hedgeResult(CLOSED, { XRP: price('2.4') })).toEqual({
      fundingUsdt: '0.5',
      // 0.2 XRP at 2.50, where they were last sold; that they cost only 2.40 to buy back is trading.
      interestUsdt: '-0.5',
      feesUsdt: new Decimal('0.25').plus('0.137').plus('0.132').plus('0.240744').toFixed(),
      // One cent of basis on 100 coins, ten cents on the interest.
      tradingUsdt: '1.02',
      netUsdt: '0.260256',
      inventory: [{ coin: 'XRP', qty: '0.00969' }],
      unvalued: [],
    })
  })

  test('shows what is owed while it is open, valued at today’s price: it costs more when the coin is dearer', () => {
    const now = (xrp: string) => hedgeResult(OPEN, { XRP: price(xrp) })
    expect(now('2.5').inventory).toEqual([{ coin: 'XRP', qty: '-100.2' }])
    expect(new Decimal(now('2.5').netUsdt).minus(now('2.6').netUsdt).toFixed()).toBe('10.02')
  })

  test('keeps the interest it paid when the price moves afterwards, or is not known', () => {
    for (const prices of [{ XRP: price('9') }, {}])
      expect(hedgeResult(CLOSED, prices).interestUsdt).toBe('-0.5')
  })
})

test('a fee in a third coin costs what that coin was worth then, whatever it is worth now, and is no coin left over', () => {
  const fee = posted('9', 'trade', 'MNT', 'XRPUSDT', { fee: '0.5', price: '2.4' }, amount('0.8'))
  const prices = { XRP: price('2.4'), MNT: price('77') }
  const without = hedgeResult(CLOSED, prices)
  const paid = hedgeResult([...CLOSED, ...fee], prices)
  expect(new Decimal(paid.feesUsdt).minus(without.feesUsdt).toFixed()).toBe('0.4')
  expect(new Decimal(without.netUsdt).minus(paid.netUsdt).toFixed()).toBe('0.4')
  expect(paid.tradingUsdt).toBe(without.tradingUsdt)
  expect(paid.inventory).toEqual(without.inventory)
  const unknown = posted('9', 'trade', 'MNT', 'XRPUSDT', { fee: '0.5', price: '2.4' })
  expect(
    hedgeResult([...CLOSED, ...unknown], { XRP: price('2.4') }).unvalued,
    'never at the price of the trade',
  ).toEqual(['MNT'])
})
