/** Public market data over REST, less klines. */
import type { Json, JsonObject } from '../../../domain/json.ts'
import { lifeOf, riskShareOf, type SimExchange, syntheticBookOf } from '../exchange-state.ts'
import { gridText, textOf } from '../kit/grid.ts'
import {
  type ApiRefusal,
  badRequest,
  instantParam,
  marketParam,
  refusalOf,
  text,
  whole,
} from '../kit/params.ts'
import { linearTicker, recentTrades, spotTicker } from '../market/tickers.ts'
import { priceBand, riskTiers } from '../universe/limits.ts'
import type { Instrument, Listing } from '../universe/universe.ts'
import { type PublicCall, publicGet, type RequestRoute, type RouteAnswer } from './routes.ts'

type Found = { listing: Listing; instrument: Instrument }

/** The instrument a request names, or the refusal Bybit gives. */
export function named({ exchange, params }: PublicCall): Found | ReturnType<typeof refusalOf> {
  const market = marketParam(params)
  if (!market) return badRequest(`category invalid: ${text(params, 'category')}`)
  return exchange.universe.find(market, text(params, 'symbol')) ?? refusalOf(10001, 'Not supported symbols')
}

/** Every instrument of the category, or the one named. */
function selected(call: PublicCall): readonly Found[] | ReturnType<typeof refusalOf> {
  const market = marketParam(call.params)
  if (!market) return badRequest(`category invalid: ${text(call.params, 'category')}`)
  if (text(call.params, 'symbol')) {
    const found = named(call)
    return 'retCode' in found ? found : [found]
  }
  const base = text(call.params, 'baseCoin')
  return call.exchange.universe
    .listed(market)
    .filter(({ instrument }) => !base || instrument.baseCoin === base)
}

function time({ exchange }: PublicCall): RouteAnswer {
  const { nowMs } = exchange.state
  return { result: { timeSecond: String(Math.floor(nowMs / 1000)), timeNano: `${nowMs}000000` } }
}

/** Every instrument that a request asks for, or its refusal. */
export function instrumentRows(call: PublicCall): JsonObject[] | ApiRefusal {
  const found = selected(call)
  if ('retCode' in found) return found
  const status = text(call.params, 'status')
  return found
    .map(one => instrumentRow(call.exchange, one))
    .filter(row => (status ? row.status === status : row.status !== 'Closed' && row.status !== 'PreLaunch'))
}

function instruments(call: PublicCall): RouteAnswer {
  const rows = instrumentRows(call)
  if ('retCode' in rows) return rows
  return { result: { category: text(call.params, 'category'), ...instrumentPage(call, rows) } }
}

/** The published row with what has changed since: interval, status, launch and delivery. */
function instrumentRow(exchange: SimExchange, { instrument, listing }: Found): JsonObject {
  const { status, launchAtMs, deliveryAtMs } = lifeOf(exchange, instrument.market, instrument.symbol)
  const spot = instrument.market === 'spot'
  const lendable = exchange.state.lending[instrument.baseCoin] !== '0'
  return {
    ...instrument.json,
    lotSizeFilter: lotSizes(exchange, instrument),
    ...(status !== 'Trading' && { status }),
    ...(spot && !lendable && { marginTrading: 'none' }),
    ...(!spot && { fundingInterval: exchange.market.funding(listing.index).intervalMs / 60_000 }),
    ...(!spot && launchAtMs !== undefined && { launchTime: String(launchAtMs) }),
    ...(!spot && deliveryAtMs !== undefined && { deliveryTime: String(deliveryAtMs) }),
  }
}

/** As published, with the least order value as it is now. */
function lotSizes({ state }: SimExchange, { market, symbol, json }: Instrument): Json {
  const least = state.minValues[`${market} ${symbol}`]
  const published = json.lotSizeFilter as JsonObject
  if (least === undefined) return published
  return { ...published, [market === 'spot' ? 'minOrderAmt' : 'minNotionalValue']: least }
}

/** Spot is never paged; perpetuals are 500 to a page unless a limit says otherwise. The cursor names the next symbol. */
export function instrumentPage({ params }: PublicCall, list: JsonObject[]): JsonObject {
  if (text(params, 'category') === 'spot') return { list }
  const cursor = decodeCursor(text(params, 'cursor'))
  const from = cursor
    ? Math.max(
        0,
        list.findIndex(row => cursor === `first=${row.symbol}`),
      )
    : 0
  const page = list.slice(from, from + whole(params, 'limit', 500, 1000))
  const next = list[from + page.length]
  return { list: page, nextPageCursor: next ? encodeURIComponent(`first=${next.symbol}`) : '' }
}

/** Clients send a cursor back as it came or encoded once more. */
const decodeCursor = (cursor: string): string => cursor.replace(/%253D|%3D/gi, '=')

function tickers(call: PublicCall): RouteAnswer {
  const found = selected(call)
  if ('retCode' in found) return found
  const category = text(call.params, 'category')
  const list = found
    .map(({ listing }) =>
      category === 'spot' ? spotTicker(call.exchange, listing) : linearTicker(call.exchange, listing),
    )
    .filter((row): row is JsonObject => row !== undefined)
  return { result: { category, list } }
}

/** Nobody quotes for retail orders alone: that column of the wider book is always 0. */
const rpiOrderbook = (call: PublicCall): RouteAnswer => orderbook(call, true)

function orderbook(call: PublicCall, withRpi = false): RouteAnswer {
  const found = named(call)
  if ('retCode' in found) return found
  const { exchange, params } = call
  const { instrument, listing } = found
  const limit = whole(params, 'limit', instrument.market === 'spot' ? 1 : 25, withRpi ? 50 : 1000)
  const more = withRpi ? [textOf(instrument.qty, 0)] : []
  const book = syntheticBookOf(exchange, instrument.market, listing)
  const rows = (side: 'bids' | 'asks') =>
    book
      .levels(side, limit)
      .map(([ticks, lots]) => [textOf(instrument.price, ticks), textOf(instrument.qty, lots), ...more])
  const { nowMs, seq } = exchange.state
  const u = Math.floor(nowMs / 100)
  return {
    result: {
      s: instrument.symbol,
      b: rows('bids'),
      a: rows('asks'),
      ts: nowMs,
      u,
      seq,
      cts: exchange.market.nowMs(),
    },
  }
}

function trades(call: PublicCall): RouteAnswer {
  const found = named(call)
  if ('retCode' in found) return found
  const spot = found.instrument.market === 'spot'
  const limit = whole(call.params, 'limit', spot ? 60 : 500, spot ? 60 : 1000)
  const list = recentTrades(call.exchange, found.listing, found.instrument, limit)
  return { result: { category: found.instrument.market, list } }
}

function fundingHistory({ exchange, params }: PublicCall): RouteAnswer {
  const found = exchange.universe.find('linear', text(params, 'symbol'))
  if (text(params, 'category') !== 'linear')
    return badRequest(`category invalid: ${text(params, 'category')}`)
  if (!found) return refusalOf(10001, 'Not supported symbols')
  const [from, to] = [instantParam(params, 'startTime'), instantParam(params, 'endTime')]
  if (from !== undefined && to === undefined) return badRequest('endTime is required with startTime')
  const rows = exchange.market
    .settledRates(found.listing.index)
    .filter(({ atMs }) => atMs >= (from ?? 0) && atMs <= (to ?? exchange.state.nowMs))
    .slice(-whole(params, 'limit', 200, 200))
    .reverse()
  const list = rows.map(({ rate, atMs }) => ({
    symbol: found.listing.perp.symbol,
    fundingRate: rate,
    fundingRateTimestamp: String(atMs),
  }))
  return { result: { category: 'linear', list } }
}

/** Symbols on one page of risk limits. */
const RISK_PAGE = 15
const riskPage = ({ params }: PublicCall): number => (whole(params, 'cursor', 0, 1000) || 0) * RISK_PAGE

function riskLimit(call: PublicCall): RouteAnswer {
  const found = selected({ ...call, params: { ...call.params, category: 'linear' } })
  if ('retCode' in found) return found
  const symbols = call.params.symbol ? found : found.slice(riskPage(call), riskPage(call) + RISK_PAGE)
  const more = !call.params.symbol && riskPage(call) + RISK_PAGE < found.length
  const list = symbols.flatMap(({ listing }) =>
    riskTiers(listing, riskShareOf(call.exchange, listing.perp.symbol)).map(tier => ({
      id: tier.number,
      symbol: listing.perp.symbol,
      riskLimitValue: tier.limit.toFixed(),
      maintenanceMargin: tier.maintenanceRate.toDecimalPlaces(8).toFixed(),
      initialMargin: tier.initialRate.toDecimalPlaces(8).toFixed(),
      isLowestRisk: tier.number === 1 ? 1 : 0,
      maxLeverage: tier.maxLeverage.toFixed(2),
      mmDeduction: tier.number === 1 ? '' : tier.deduction.toDecimalPlaces(8).toFixed(),
    })),
  )
  const nextPageCursor = more ? String(riskPage(call) / RISK_PAGE + 1) : ''
  return { result: { category: 'linear', list, nextPageCursor } }
}

function priceLimit(call: PublicCall): RouteAnswer {
  const category = text(call.params, 'category') || 'linear'
  const found = named({ ...call, params: { ...call.params, category } })
  if ('retCode' in found) return found
  const { instrument, listing } = found
  const band = priceBand(call.exchange, listing, instrument.market)
  return {
    result: {
      symbol: instrument.symbol,
      buyLmt: gridText(instrument.price, band.buyMax),
      sellLmt: gridText(instrument.price, band.sellMin),
      ts: String(call.exchange.state.nowMs),
    },
  }
}

export const marketRoutes: Readonly<Record<string, RequestRoute>> = {
  '/v5/market/time': publicGet(time),
  '/v5/market/instruments-info': publicGet(instruments),
  '/v5/market/tickers': publicGet(tickers),
  '/v5/market/orderbook': publicGet(call => orderbook(call)),
  '/v5/market/rpi_orderbook': publicGet(rpiOrderbook),
  '/v5/market/recent-trade': publicGet(trades),
  '/v5/market/funding/history': publicGet(fundingHistory),
  '/v5/market/risk-limit': publicGet(riskLimit),
  '/v5/market/price-limit': publicGet(priceLimit),
}
