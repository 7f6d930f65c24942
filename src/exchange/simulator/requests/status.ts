/**
 * The state of the exchange and of small settings (maintenance, leverage, what was traded), and what it tells everybody:
 * announcements, insurance pools, alerts of auto-deleveraging.
 */
import type { Decimal } from 'decimal.js'
import type { Json } from '../../../domain/json.ts'
import { leverageOf } from '../account/accounts.ts'
import { ADL_BEGINS_AT, ADL_ENDS_AT, poolOf } from '../account/wallet.ts'
import { systemStatusRows } from '../events/maintenance.ts'
import { dec, type SimExchange, ZERO } from '../exchange-state.ts'
import { badRequest, instantParam, refusalOf, text, whole } from '../kit/params.ts'
import { instrumentPage, instrumentRows } from './market.ts'
import {
  type PublicCall,
  publicGet,
  type RequestRoute,
  type RouteAnswer,
  type SignedCall,
  signedGet,
  signedPost,
} from './routes.ts'

/** Newest first. */
function systemStatus({ exchange, params }: PublicCall): RouteAnswer {
  const [id, state] = [text(params, 'id'), text(params, 'state')]
  const list = systemStatusRows(exchange).filter(
    row => (!id || row.id === id) && (!state || row.state === state),
  )
  return { result: { list } }
}

/** The market's rows, with what the account may do there: nobody here quotes for retail price improvement. */
function accountInstruments(call: SignedCall): RouteAnswer {
  const rows = instrumentRows(call)
  if ('retCode' in rows) return rows
  const list = rows.map(row => ({ ...row, isPublicRpi: false, myRpiPermission: false }))
  const category = text(call.params, 'category')
  const limit = whole(call.params, 'limit', 200, 200)
  return { result: { category, ...instrumentPage({ ...call, params: { ...call.params, limit } }, list) } }
}

function leverages({ exchange, account, params }: SignedCall): RouteAnswer {
  const category = text(params, 'category')
  if (category !== 'linear') return badRequest(`category invalid: ${category}`)
  const symbol = text(params, 'symbol')
  if (symbol && !exchange.universe.find('linear', symbol)) return refusalOf(10001, 'Not supported symbols')
  const list = exchange.universe
    .listed('linear')
    .filter(({ instrument }) => !symbol || instrument.symbol === symbol)
    .map(
      ({ instrument }): Json => ({
        symbol: instrument.symbol,
        leverage: leverageOf(account, instrument.symbol),
        side: '',
        positionIdx: 0,
      }),
    )
  return { result: { category, list } }
}

/** Sums over the account's spot trades in a symbol. Fees are sums in whatever coin they were taken. */
function tradeSums({ exchange, account, params }: SignedCall): RouteAnswer {
  const found = exchange.universe.find('spot', text(params, 'symbol'))
  if (!found) return refusalOf(10001, 'Not supported symbols')
  const { symbol, baseCoin, quoteCoin } = found.instrument
  const [fromMs, toMs] = [
    instantParam(params, 'startTime') ?? 0,
    instantParam(params, 'endTime') ?? exchange.state.nowMs,
  ]
  const rows = account.executions.filter(
    ({ market, atMs, json }) => market === 'spot' && json.symbol === symbol && atMs >= fromMs && atMs <= toMs,
  )
  const sum = (field: string, side?: string): Decimal =>
    rows.reduce(
      (total, { json }) => (side && json.side !== side ? total : total.plus(String(json[field]))),
      ZERO,
    )
  const [bought, sold] = [sum('execQty', 'Buy'), sum('execQty', 'Sell')]
  const [paid, earned] = [sum('execValue', 'Buy'), sum('execValue', 'Sell')]
  const average = (value: Decimal, qty: Decimal) => (qty.isZero() ? ZERO : value.div(qty).toDecimalPlaces(8))
  const closed = bought.lt(sold) ? bought : sold
  const profit = average(earned, sold).minus(average(paid, bought)).times(closed)
  return {
    result: {
      symbolRnl: profit.toFixed(),
      sumBuyExecValue: paid.toFixed(),
      sumBuyExecQty: bought.toFixed(),
      sumSellExecFee: sum('execFee', 'Sell').toFixed(),
      netExecQty: bought.minus(sold).toFixed(),
      sumExecQty: bought.plus(sold).toFixed(),
      settleCoin: quoteCoin,
      sumExecValue: paid.plus(earned).toFixed(),
      sumSellExecValue: earned.toFixed(),
      sumBuyOrderQty: orderedQty(rows, 'Buy').toFixed(),
      sumSellOrderQty: orderedQty(rows, 'Sell').toFixed(),
      maxMarginVersion: 0,
      avgSellExecPrice: average(earned, sold).toFixed(),
      avgBuyExecPrice: average(paid, bought).toFixed(),
      sumBuyExecFee: sum('execFee', 'Buy').toFixed(),
      sumSellExecQty: sold.toFixed(),
      baseCoin,
    },
  }
}

/** Each order once, however many executions it had. */
function orderedQty(rows: SignedCall['account']['executions'], side: string): Decimal {
  const orders = new Map(
    rows.filter(({ json }) => json.side === side).map(({ json }) => [json.orderId, String(json.orderQty)]),
  )
  return [...orders.values()].reduce((total, qty) => total.plus(dec(qty)), ZERO)
}

/** A cut of the risk limits holds at once: what it leaves to confirm is whether the position is within them. */
function confirmRisk({ exchange, params }: SignedCall): RouteAnswer {
  const found = exchange.universe.find('linear', text(params, 'symbol'))
  return found ? { result: {} } : refusalOf(10001, 'Not supported symbols')
}

/** Spot hedging belongs to portfolio margin, which is not simulated: it is off and stays so. */
function setHedging({ params }: SignedCall): RouteAnswer {
  const mode = text(params, 'setHedgingMode')
  if (mode !== 'ON' && mode !== 'OFF') return badRequest(`setHedgingMode invalid: ${mode}`)
  return mode === 'OFF' ? { result: {} } : refusalOf(10001, 'Spot hedging needs portfolio margin')
}

export const statusRoutes: Readonly<Record<string, RequestRoute>> = {
  '/v5/system/status': publicGet(systemStatus),
  '/v5/account/instruments-info': signedGet(accountInstruments),
  '/v5/account/smp-group': signedGet(() => ({ result: { smpGroup: 0 } })),
  '/v5/account/trade-info-for-analysis': signedGet(tradeSums),
  '/v5/account/set-hedging-mode': signedPost(setHedging),
  '/v5/position/symbol-info': signedGet(leverages),
  '/v5/position/confirm-pending-mmr': signedPost(confirmRisk),
}

/** What the exchange tells everybody: announcements, insurance pools, alerts of auto-deleveraging. */
function announcements({ exchange, params }: PublicCall): RouteAnswer {
  const type = text(params, 'type')
  const tag = text(params, 'tag')
  const rows = exchange.state.announcements
    .filter(one => (!type || one.key === type) && (!tag || one.tags.includes(tag)))
    .reverse()
  const limit = whole(params, 'limit', 20, 100)
  const from = (whole(params, 'page', 1, 1_000_000) - 1) * limit
  const list = rows.slice(from, from + limit).map(
    ({ title, description, key, tags, atMs }): Json => ({
      title,
      description,
      type: { title: key === 'delistings' ? 'Delistings' : 'New Listings', key },
      tags,
      url: `/en-US/article/${key}-${atMs}/`,
      dateTimestamp: atMs,
      startDateTimestamp: atMs,
      endDateTimestamp: atMs,
    }),
  )
  return { result: { total: rows.length, list } }
}

const updatedTime = (exchange: SimExchange) => String(Math.floor(exchange.state.nowMs / 60_000) * 60_000)

/** One row per symbol, as the stream and REST tell it; the stream says numbers where REST says text. */
const adlRow = (exchange: SimExchange, coin: string, symbol: string) => ({
  coin,
  symbol,
  ...poolOf(exchange, symbol),
  insurancePnlRatio: ADL_BEGINS_AT,
  adlTriggerThreshold: '10000',
  adlStopRatio: ADL_ENDS_AT,
})

function adlAlert({ exchange, params }: PublicCall): RouteAnswer {
  const symbol = text(params, 'symbol')
  if (symbol && !exchange.universe.find('linear', symbol)) return refusalOf(10001, 'Not supported symbols')
  const list = exchange.universe
    .listed('linear')
    .filter(({ instrument }) => !symbol || instrument.symbol === symbol)
    .map(({ instrument }): Json => {
      const { balance, maxBalance, insurancePnlRatio, pnlRatio, ...rest } = adlRow(
        exchange,
        instrument.quoteCoin,
        instrument.symbol,
      )
      const { coin, adlTriggerThreshold, adlStopRatio } = rest
      return {
        coin,
        symbol: instrument.symbol,
        balance,
        maxBalance,
        insurancePnlRatio,
        pnlRatio,
        adlTriggerThreshold,
        adlStopRatio,
      }
    })
  return { result: { updatedTime: updatedTime(exchange), list } }
}

function insurance({ exchange, params }: PublicCall): RouteAnswer {
  const wanted = text(params, 'coin')
  const list = exchange.universe
    .listed('linear')
    .filter(({ instrument }) => !wanted || instrument.quoteCoin === wanted)
    .map(({ instrument }): Json => {
      const { balance } = poolOf(exchange, instrument.symbol)
      return { coin: instrument.quoteCoin, symbols: instrument.symbol, balance, value: balance }
    })
  return { result: { updatedTime: updatedTime(exchange), list } }
}

export const newsRoutes: Readonly<Record<string, RequestRoute>> = {
  '/v5/announcements/index': publicGet(announcements),
  '/v5/market/adlAlert': publicGet(adlAlert),
  '/v5/market/insurance': publicGet(insurance),
}
