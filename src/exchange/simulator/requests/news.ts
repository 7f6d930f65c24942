/** What the exchange tells everybody: announcements, insurance pools, alerts of auto-deleveraging. */
import type { Json } from '../../../domain/json.ts'
import { ADL_BEGINS_AT, ADL_ENDS_AT, poolOf } from '../account/insurance.ts'
import type { SimExchange } from '../exchange-state.ts'
import { refuse, text, whole } from '../kit/params.ts'
import { type Answer, type PublicCall, publicGet, type Route } from './routes.ts'

function announcements({ exchange, params }: PublicCall): Answer {
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

function adlAlert({ exchange, params }: PublicCall): Answer {
  const symbol = text(params, 'symbol')
  if (symbol && !exchange.universe.find('linear', symbol)) return refuse(10001, 'Not supported symbols')
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

function insurance({ exchange, params }: PublicCall): Answer {
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

export const newsRoutes: Readonly<Record<string, Route>> = {
  '/v5/announcements/index': publicGet(announcements),
  '/v5/market/adlAlert': publicGet(adlAlert),
  '/v5/market/insurance': publicGet(insurance),
}
