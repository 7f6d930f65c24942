/** Arithmetic that Bybit published, held against the simulator's own rows: ledger, executions, margin, liquidation, funding. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { Decimal } from 'decimal.js'
import { beforeAll, describe, expect, test } from 'vitest'
import type { JsonObject } from '../../../src/domain/json.ts'
import { fundingRateText } from '../../../src/exchange/simulator/market/funding.ts'
import { type Desk, HOUR, openDesk, type Row, times } from '../../support/exchange/simulator-core.ts'
import { makeScene } from './keys-scene.ts'

const SHARED = join(import.meta.dirname, '../../../../shared')
const FUNDING = join(SHARED, 'data/funding/bybit_usdt_perp_funding_2025-08_2026-08.csv.gz')
const present = existsSync(FUNDING)
if (!present)
  console.warn('skipped: ../shared is not beside this checkout, published numbers are not compared')

const documented = (name: string): JsonObject =>
  JSON.parse(readFileSync(join(SHARED, 'fixtures/bybit-docs', `${name}.json`), 'utf8')) as JsonObject
const dec = (text: string | undefined) => new Decimal(text || 0)

/** What a ledger row must come to, by its own columns: fees on trades, funding on what is held. */
function wrongRow(row: Row): string | undefined {
  const { type, fee, funding, cashFlow, change, tradePrice, qty, size, feeRate } = row
  if (!dec(cashFlow).plus(dec(funding)).minus(dec(fee)).eq(dec(change))) return 'change'
  const value = dec(tradePrice).times(dec(qty))
  // The rate is printed with the sign of the side; what is held is signed too, here and not in the documentation.
  if (type === 'SETTLEMENT' && !value.times(dec(feeRate)).negated().eq(dec(funding))) return 'funding'
  if (type === 'SETTLEMENT' && !dec(size).abs().eq(dec(qty))) return 'size'
  const trade = type === 'TRADE' && row.category === 'linear'
  return trade && !value.times(dec(feeRate)).minus(dec(fee)).abs().lte('1e-8') ? 'fee' : undefined
}

describe('the ledger', () => {
  let desk: Desk
  beforeAll(() => {
    desk = makeScene().desk
  })

  test.skipIf(!present)('of the documentation adds up by these rules', () => {
    const { list } = documented('account_transaction-log__1').result as unknown as { list: Row[] }
    expect(list.map(row => row.type)).toEqual(['SETTLEMENT', 'TRADE', 'TRADE'])
    for (const row of list) expect(wrongRow(row), JSON.stringify(row)).toBeUndefined()
  })

  test('of a busy account adds up by the same ones, row by row and from balance to balance', () => {
    const rows = desk.log().reverse()
    const kinds = new Set(rows.map(row => row.type))
    for (const kind of ['TRADE', 'SETTLEMENT', 'INTEREST', 'TRANSFER_IN', 'DELIVERY'])
      expect([...kinds]).toContain(kind)
    for (const row of rows) expect(wrongRow(row), JSON.stringify(row)).toBeUndefined()
    for (const currency of ['BTC', 'USDT']) {
      const steps = rows.filter(row => row.currency === currency)
      for (const [at, row] of steps.entries())
        expect(
          dec(row.cashBalance)
            .minus(dec(steps[at - 1]?.cashBalance))
            .toFixed(),
        ).toBe(dec(row.change).toFixed())
    }
  })

  test('has the fee and the value that executions have', () => {
    const examples = present
      ? (documented('websocket_private_execution__2').data as unknown as Row[])
      : ([] as Row[])
    const fills = desk.fills('linear', { execType: 'Trade' })
    expect(fills.length).toBeGreaterThan(1)
    for (const { execPrice, execQty, execValue, feeRate, execFee } of [...examples, ...fills]) {
      expect(dec(execPrice).times(dec(execQty)).toFixed()).toBe(dec(execValue).toFixed())
      expect(dec(execValue).times(dec(feeRate)).minus(dec(execFee)).abs().lte('1e-8')).toBe(true)
    }
  })
})

describe('margin', () => {
  const open = (side: string, qty: string) => {
    const desk = openDesk()
    const at = { category: 'linear', symbol: 'BTCUSDT' }
    const leverage = { ...at, buyLeverage: '20', sellLeverage: '20' }
    desk.request('POST', '/v5/position/set-leverage', leverage)
    const { ask, bid } = desk.touch('linear', 'BTCUSDT')
    const price = side === 'Buy' ? times(ask, 1.004, 1) : times(bid, 0.996, 1)
    desk.create({ ...at, side, orderType: 'Limit', timeInForce: 'IOC', qty, price })
    return desk
  }
  /** Risk limits as anybody reads them. */
  const tierOf = (desk: Desk, riskId: string): { rate: Decimal; deduction: Decimal } => {
    const tiers = desk.list('/v5/market/risk-limit', { category: 'linear', symbol: 'BTCUSDT' })
    const tier = tiers.find(one => String(one.id) === riskId)
    return { rate: dec(tier?.maintenanceMargin), deduction: dec(tier?.mmDeduction) }
  }
  const TAKER = '0.00055'

  test.each([
    ['Buy', '2'],
    ['Sell', '8'],
    ['Sell', '16'],
  ])(
    'of a position is value / leverage, and value × rate − deduction, each with the fee of closing (%s %s)',
    (side, qty) => {
      const desk = open(side, qty)
      const position = desk.position('BTCUSDT')
      const value = dec(position.size).times(dec(position.markPrice))
      const closing = value.times(TAKER)
      const { rate, deduction } = tierOf(desk, String(position.riskId))
      expect(dec(position.positionValue).minus(value).abs().lte('1e-8')).toBe(true)
      expect(value.div(20).plus(closing).minus(dec(position.positionIM)).abs().lte('1e-8')).toBe(true)
      const maintenance = value.times(rate).minus(deduction).plus(closing)
      expect(maintenance.minus(dec(position.positionMM)).abs().lte('1e-8')).toBe(true)
    },
  )

  test.each([
    ['Buy', '8'],
    ['Sell', '8'],
  ])('equals maintenance margin at the liquidation price, nothing else having moved (%s)', (side, qty) => {
    const desk = open(side, qty)
    const position = desk.position('BTCUSDT')
    const wallet = desk.wallet()
    const size = side === 'Buy' ? dec(position.size) : dec(position.size).negated()
    const away = dec(position.liqPrice).minus(dec(position.markPrice))
    expect(away.isNegative()).toBe(side === 'Buy')
    const { rate } = tierOf(desk, String(position.riskId))
    const margin = dec(wallet.totalMarginBalance).plus(size.times(away))
    const maintenance = dec(wallet.totalMaintenanceMargin).plus(
      size.abs().times(away).times(rate.plus(TAKER)),
    )
    // One tick of the price, over the size, is how exactly a printed price can say it.
    expect(margin.minus(maintenance).abs().lte(size.abs().times('0.1'))).toBe(true)
  })

  test('has no liquidation price where none is in the contract’s range, nor without a position', () => {
    expect(open('Buy', '0.01').position('BTCUSDT').liqPrice).toBe('')
    expect(openDesk().position('BTCUSDT').liqPrice).toBe('')
  })
})

describe.skipIf(!present)('a year of real funding', () => {
  type Print = { symbol: string; rate: string; hours: number }
  let prints: Print[]
  beforeAll(() => {
    const [head = '', ...lines] = gunzipSync(readFileSync(FUNDING)).toString('utf8').trim().split('\n')
    const at = (name: string) => head.trim().split(',').indexOf(name)
    const [symbol, rate, hours] = [at('symbol'), at('fundingRate'), at('observedIntervalHours')]
    prints = lines.map(line => {
      const columns = line.trim().split(',')
      return {
        symbol: columns[symbol] ?? '',
        rate: new Decimal(columns[rate] ?? Number.NaN).toFixed(),
        hours: Number(columns[hours]),
      }
    })
  })

  test.each([
    [8, '0.0001'],
    [4, '0.00005'],
  ])('has its plateau every %s hours where the formula has it without a premium', (hours, plateau) => {
    const rates = prints.filter(one => one.hours === hours && one.symbol.endsWith('USDT'))
    const [[modal] = []] = [...Map.groupBy(rates, one => one.rate)].sort((a, b) => b[1].length - a[1].length)
    expect(modal).toBe(plateau)
    expect(fundingRateText(0, hours * HOUR, 0.005)).toBe(plateau)
  })

  test('never paid shorts more than the plateau in bitcoin and ether, as the formula within 0.05 % of it', () => {
    const rates = prints.filter(one => one.symbol === 'BTCUSDT' || one.symbol === 'ETHUSDT')
    expect(rates.length).toBeGreaterThan(2000)
    expect(Decimal.max(...rates.map(one => one.rate)).toFixed()).toBe(
      fundingRateText(0.0006, 8 * HOUR, 0.005),
    )
  })
})
