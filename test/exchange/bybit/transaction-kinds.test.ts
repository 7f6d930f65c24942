/** The types of the transaction log that Bybit documents (enum type(uta-translog)), and what the books take each for. */
import { expect, test } from 'vitest'
import { isUnexplained } from '../../../src/domain/books/ledger.ts'
import { transaction } from '../../../src/exchange/bybit/translate/account.ts'

const row = (type: string) => ({
  id: '592324_XRPUSDT_161440249321',
  type,
  currency: 'USDT',
  category: '',
  symbol: '',
  side: 'None',
  qty: '',
  tradePrice: '',
  funding: '',
  fee: '',
  cashFlow: '-5',
  change: '-5',
  cashBalance: '95',
  transactionTime: '1672128000000',
})

const KNOWN: Readonly<Record<string, string>> = {
  TRADE: 'trade',
  SETTLEMENT: 'settlement',
  INTEREST: 'interest',
  TRANSFER_IN: 'transfer-in',
  TRANSFER_OUT: 'transfer-out',
  LIQUIDATION: 'liquidation',
  ADL: 'adl',
  DELIVERY: 'delivery',
  CURRENCY_BUY: 'conversion',
  CURRENCY_SELL: 'conversion',
  SPOT_REPAYMENT_BUY: 'conversion',
  SPOT_REPAYMENT_SELL: 'conversion',
  AIRDROP: 'bonus',
  BONUS: 'bonus',
  BONUS_RECOLLECT: 'bonus',
  FEE_REFUND: 'fee-refund',
}

test.each(Object.entries(KNOWN))('%s is booked as %s and leaves nothing in suspense', (type, kind) => {
  const read = transaction(row(type))
  expect(read).toMatchObject({ kind, venueKind: type, change: '-5', tradeId: '' })
  expect(isUnexplained(read)).toBe(false)
})

test.each(['AUTO_DEDUCTION', 'BORROWED_AMOUNT_INS_LOAN', 'FIXED_STAKING_SUBSCRIPTION', 'SOMETHING_NEW'])(
  '%s, for which there is no rule, is kept by its name and stays in suspense',
  type => {
    const read = transaction(row(type))
    expect(read).toMatchObject({ kind: 'other', venueKind: type })
    expect(isUnexplained(read)).toBe(true)
  },
)
