/** A small desk on the simulated Bybit for tests: one account, verbs by name, and the books of account read back. */
import { Decimal } from 'decimal.js'
import { expect } from 'vitest'
import type { JsonObject } from '../../../src/domain/json.ts'
import { createSimulatedBybit, type SimulatedBybitOptions } from '../../../src/exchange/simulator/create.ts'
import type { CoreReply, Push } from '../../../src/exchange/simulator/simulated.ts'

export const UID = '1001'
export const START_MS = Date.UTC(2026, 0, 5, 8, 20)
export const HOUR = 3_600_000

export type Row = Record<string, string>

export function openDesk(options: Partial<SimulatedBybitOptions> = {}) {
  const core = createSimulatedBybit({
    seed: 7,
    startAtMs: START_MS,
    accounts: [{ uid: UID, balances: { USDT: '100000' } }],
    ...options,
  })
  const request = (method: 'GET' | 'POST', path: string, params: JsonObject = {}, uid = UID): CoreReply =>
    core.request({ via: 'rest', method, path, params, uid })
  const get = (path: string, params: JsonObject = {}) => {
    const reply = request('GET', path, params)
    expect(reply, path).toMatchObject({ retCode: 0 })
    return reply.result as JsonObject
  }
  const list = (path: string, params: JsonObject = {}) => get(path, params).list as unknown as Row[]
  const one = (path: string, params: JsonObject = {}): Row => {
    const [row] = list(path, params)
    if (!row) throw new Error(`${path}: expected a row, found none`)
    return row
  }
  const create = (params: JsonObject) => request('POST', '/v5/order/create', params)
  const placed = (params: JsonObject): Row => {
    const reply = create(params)
    expect(reply).toMatchObject({ retCode: 0 })
    return orderOf(String(params.category), String((reply.result as JsonObject).orderId))
  }
  const orderOf = (category: string, orderId: string): Row => one('/v5/order/realtime', { category, orderId })
  const touch = (category: string, symbol: string) => {
    const book = get('/v5/market/orderbook', { category, symbol, limit: '200' })
    const [bids, asks] = [book.b, book.a] as unknown as [string, string][][]
    const [bid, ask] = [bids?.[0], asks?.[0]]
    if (!bid || !ask || !bids || !asks) throw new Error(`${symbol}: expected a book, found none`)
    return { bid: bid[0], ask: ask[0], bids, asks }
  }
  const position = (symbol: string) => one('/v5/position/list', { category: 'linear', symbol })
  const wallet = () => one('/v5/account/wallet-balance', { accountType: 'UNIFIED' })
  const coin = (name: string): Row => {
    const coins = wallet().coin as unknown as Row[]
    return coins.find(row => row.coin === name) ?? { walletBalance: '0', locked: '0', spotBorrow: '0' }
  }
  const log = (params: JsonObject = {}) => allPages('/v5/account/transaction-log', { limit: '50', ...params })
  const fills = (category: string, params: JsonObject = {}) =>
    list('/v5/execution/list', { category, limit: '100', ...params })

  /** Every row of a paged list, newest first. */
  function allPages(path: string, params: JsonObject): Row[] {
    const rows: Row[] = []
    for (let cursor = ''; ; ) {
      const result = get(path, { ...params, ...(cursor && { cursor }) })
      rows.push(...(result.list as unknown as Row[]))
      cursor = String(result.nextPageCursor)
      if (!cursor) return rows
    }
  }

  const pushes = (topic: string): Row[] =>
    core
      .takePushes()
      .filter((push: Push) => push.topic === topic)
      .flatMap(push => push.message.data as unknown as Row[])

  return {
    core,
    request,
    get,
    list,
    one,
    create,
    placed,
    orderOf,
    touch,
    position,
    wallet,
    coin,
    log,
    fills,
    pushes,
  }
}

export type Desk = ReturnType<typeof openDesk>
export const sum = (values: readonly (string | undefined)[]): Decimal =>
  values.reduce<Decimal>((total, value) => total.plus(value || '0'), new Decimal(0))
export const times = (price: string, factor: number, decimals: number): string =>
  new Decimal(price).times(factor).toFixed(decimals)

/** Limit IOC through the whole band on either market. */
export const ioc = (
  category: string,
  symbol: string,
  side: string,
  qty: string,
  price: string,
  more: JsonObject = {},
) => ({
  category,
  symbol,
  side,
  orderType: 'Limit',
  qty,
  price,
  timeInForce: 'IOC',
  ...more,
})
