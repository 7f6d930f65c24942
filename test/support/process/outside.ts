/**
 * The account as the exchange itself shows it, read with requests signed here: none of the engine's code is between.
 * Bybit V5: order/history, position/list, account/wallet-balance.
 */
import { createHmac } from 'node:crypto'
import { Decimal } from 'decimal.js'
import { SIMULATOR_KEY, SIMULATOR_SECRET } from '../../../src/exchange/simulator/server/accounts.ts'

type Row = Record<string, string>
const WINDOW_MS = 5000

const signedGet = (url: string, path: string, params: Record<string, string>): Promise<unknown> =>
  signed(url, 'GET', path, params)

async function signed(url: string, method: 'GET' | 'POST', path: string, params: Record<string, string>) {
  const time = (await (await fetch(`${url}/v5/market/time`)).json()) as { time: number }
  const said = method === 'GET' ? new URLSearchParams(params).toString() : JSON.stringify(params)
  const text = `${time.time}${SIMULATOR_KEY}${WINDOW_MS}${said}`
  const answer = await fetch(method === 'GET' ? `${url}${path}?${said}` : url + path, {
    method,
    headers: {
      'content-type': 'application/json',
      'X-BAPI-API-KEY': SIMULATOR_KEY,
      'X-BAPI-TIMESTAMP': String(time.time),
      'X-BAPI-RECV-WINDOW': String(WINDOW_MS),
      'X-BAPI-SIGN': createHmac('sha256', SIMULATOR_SECRET).update(text).digest('hex'),
    },
    ...(method === 'POST' && { body: said }),
  })
  const { retCode, retMsg, result } = (await answer.json()) as {
    retCode: number
    retMsg: string
    result: unknown
  }
  if (retCode !== 0) throw new Error(`${path}: ${retCode} ${retMsg}`)
  return result
}

/** Rests a small buying order of BTC far below the market under this id. */
export async function restOrder(url: string, orderLinkId: string): Promise<void> {
  const order = {
    category: 'linear',
    symbol: 'BTCUSDT',
    side: 'Buy',
    orderType: 'Limit',
    timeInForce: 'PostOnly',
  }
  const ticker = await fetch(`${url}/v5/market/tickers?category=linear&symbol=BTCUSDT`)
  const { result } = (await ticker.json()) as { result: { list: { markPrice: string }[] } }
  const price = String(Math.floor(Number(result.list[0]?.markPrice) * 0.9))
  await signed(url, 'POST', '/v5/order/create', { ...order, qty: '0.01', price, orderLinkId })
}

/** Ids of the orders that rest now. */
export async function restingOrders(url: string): Promise<string[]> {
  const params = { category: 'linear', settleCoin: 'USDT', limit: '50' }
  const { list } = (await signedGet(url, '/v5/order/realtime', params)) as { list: Row[] }
  return list
    .filter(({ orderStatus }) => orderStatus === 'New' || orderStatus === 'PartiallyFilled')
    .map(({ orderLinkId = '' }) => orderLinkId)
}

export type OutsideOrder = { orderLinkId: string; orderId: string; category: string; status: string }

const ORDER_LISTS = [
  { category: 'spot', path: '/v5/order', params: { category: 'spot' } },
  { category: 'linear', path: '/v5/order', params: { category: 'linear', settleCoin: 'USDT' } },
  { category: 'spread', path: '/v5/spread/order', params: {} },
]

/** Orders that are not in `known` yet, open and closed: reads pages, newest first, until one holds nothing new. */
export async function ordersBeyond(url: string, known: ReadonlySet<string>): Promise<OutsideOrder[]> {
  const found = new Map<string, OutsideOrder>()
  for (const { category, path, params } of ORDER_LISTS) {
    for (const list of ['realtime', 'history']) {
      let cursor = ''
      do {
        const asked = { ...params, limit: '50', ...(cursor && { cursor }) }
        const page = (await signedGet(url, `${path}/${list}`, asked)) as {
          list: Row[]
          nextPageCursor: string
        }
        const fresh = page.list.filter(row => !known.has(row.orderId ?? '') && !isPartOfSpread(row))
        for (const { orderId = '', orderLinkId = '', orderStatus = '' } of fresh)
          found.set(orderId, { orderId, orderLinkId, category, status: orderStatus })
        cursor = page.list.some(row => !known.has(row.orderId ?? '')) ? page.nextPageCursor : ''
      } while (cursor)
    }
  }
  return [...found.values()]
}

/** The exchange makes an order for each leg of a native spread order: what was asked for is the one of both. */
const isPartOfSpread = ({ createType }: Row) => createType === 'CreateByFutureSpread'

/** Contracts per perpetual, short is negative. */
export async function positions(url: string): Promise<Record<string, string>> {
  const params = { category: 'linear', settleCoin: 'USDT', limit: '200' }
  const { list } = (await signedGet(url, '/v5/position/list', params)) as { list: Row[] }
  const held = list.filter(({ size }) => Number(size) !== 0)
  return Object.fromEntries(
    held.map(({ symbol = '', side, size = '0' }) => {
      const qty = new Decimal(size)
      return [symbol, (side === 'Sell' ? qty.neg() : qty).toFixed()]
    }),
  )
}

/** Wallet balance per coin. */
export async function wallet(url: string): Promise<Record<string, string>> {
  const answer = await signedGet(url, '/v5/account/wallet-balance', { accountType: 'UNIFIED' })
  const [account] = (answer as { list: { coin: Row[] }[] }).list
  return Object.fromEntries(
    (account?.coin ?? []).map(({ coin = '', walletBalance = '0' }) => [coin, walletBalance]),
  )
}
