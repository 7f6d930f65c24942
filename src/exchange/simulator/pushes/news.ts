/** Public topics about the market as a whole or its edges: price limits, liquidations, insurance pools, deleveraging alerts. */
import type { JsonObject } from '../../../domain/json.ts'
import { ADL_BEGINS_AT, ADL_ENDS_AT, poolOf } from '../account/wallet.ts'
import { liquidationsSince } from '../events/liquidation.ts'
import { systemStatusRows } from '../events/maintenance.ts'
import type { PoolState, SimExchange } from '../exchange-state.ts'
import { gridText } from '../kit/grid.ts'
import { priceBand } from '../universe/limits.ts'
import type { Instrument, Listing } from '../universe/universe.ts'
import type { Speaker } from './topics.ts'

/** Said when a limit has moved. */
function priceLimit(exchange: SimExchange, listing: Listing, instrument: Instrument): Speaker {
  const topic = `priceLimit.${instrument.symbol}`
  let said = ''
  const frame = (): JsonObject => {
    const band = priceBand(exchange, listing, instrument.market)
    const [buyLmt, sellLmt] = [band.buyMax, band.sellMin].map(limit => gridText(instrument.price, limit))
    const data = { symbol: instrument.symbol, buyLmt: buyLmt ?? '', sellLmt: sellLmt ?? '' }
    return { topic, data, ts: exchange.state.nowMs }
  }
  const next = (): JsonObject[] => {
    const message = frame()
    const text = JSON.stringify(message.data)
    if (text === said) return []
    said = text
    return [message]
  }
  const channel = instrument.market === 'spot' ? 'public-spot' : 'public-linear'
  return { channel, topic, first: () => [frame()], next }
}

/** 'Buy' is a long that was liquidated. */
function allLiquidation(exchange: SimExchange, { symbol, qty }: Instrument): Speaker {
  const topic = `allLiquidation.${symbol}`
  let saidUpToMs = exchange.state.nowMs
  return {
    channel: 'public-linear',
    topic,
    first() {
      saidUpToMs = exchange.state.nowMs
      return []
    },
    next() {
      const data = liquidationsSince(exchange, symbol, saidUpToMs).map(
        (one): JsonObject => ({
          T: one.atMs,
          s: symbol,
          S: one.side,
          v: gridText(qty, one.qty),
          p: one.price.toFixed(),
        }),
      )
      saidUpToMs = exchange.state.nowMs
      return data.length > 0 ? [{ topic, type: 'snapshot', ts: exchange.state.nowMs, data }] : []
    },
  }
}

type PoolRow = (coin: string, symbol: string, pool: PoolState) => JsonObject

/** All pools of a coin at first, then those that have changed. */
function pools(exchange: SimExchange, coin: string, name: 'insurance' | 'adlAlert', row: PoolRow): Speaker {
  const topic = `${name}.${coin}`
  const symbols = exchange.universe
    .listed('linear')
    .filter(({ instrument }) => instrument.quoteCoin === coin)
    .map(({ instrument }) => instrument.symbol)
  const said = new Map<string, PoolState>()
  const frame = (type: string, wanted: readonly string[]): JsonObject[] => {
    for (const symbol of wanted) said.set(symbol, poolOf(exchange, symbol))
    const data = wanted.map(symbol => row(coin, symbol, poolOf(exchange, symbol)))
    return data.length > 0 ? [{ topic, type, ts: exchange.state.nowMs, data }] : []
  }
  const changed = (symbol: string) => {
    const before = said.get(symbol)
    const { balance, pnlRatio } = poolOf(exchange, symbol)
    return before?.balance !== balance || before.pnlRatio !== pnlRatio
  }
  const type = name === 'insurance' ? 'delta' : 'snapshot'
  return {
    channel: 'public-linear',
    topic,
    first: () => frame('snapshot', symbols),
    next: () => frame(type, symbols.filter(changed)),
  }
}

const insuranceRow =
  (exchange: SimExchange): PoolRow =>
  (coin, symbols, { balance }) => ({ coin, symbols, balance, updateTime: String(exchange.state.nowMs) })

const alertRow: PoolRow = (c, s, { balance, maxBalance, pnlRatio }) => ({
  c,
  s,
  b: Number(balance),
  mb: Number(maxBalance),
  i_pr: Number(ADL_BEGINS_AT),
  pr: Number(pnlRatio),
  adl_tt: 10_000,
  adl_sr: Number(ADL_ENDS_AT),
})

/** `/v5/public/misc/status`: what is to come or under way at first, then every row whose state has changed. */
function systemStatus(exchange: SimExchange): Speaker {
  const topic = 'system.status'
  const said = new Map<string, string>()
  const frame = (fits: (row: JsonObject) => boolean): JsonObject[] => {
    const data = systemStatusRows(exchange).filter(fits)
    for (const { id, state } of data) said.set(String(id), String(state))
    return data.length > 0 ? [{ topic, ts: exchange.state.nowMs, data }] : []
  }
  return {
    channel: 'public-status',
    topic,
    first: () => frame(({ state }) => state !== 'completed'),
    next: () => frame(({ id, state }) => (said.get(String(id)) ?? 'completed') !== state),
  }
}

/** The topics of what the exchange tells everybody. */
export function newsSpeakers(exchange: SimExchange): Speaker[] {
  const perps = exchange.universe.listed('linear')
  const monies = [...new Set(perps.map(({ instrument }) => instrument.quoteCoin))]
  return [
    systemStatus(exchange),
    ...[...perps, ...exchange.universe.listed('spot')].map(({ listing, instrument }) =>
      priceLimit(exchange, listing, instrument),
    ),
    ...perps.map(({ instrument }) => allLiquidation(exchange, instrument)),
    ...monies.flatMap(coin => [
      pools(exchange, coin, 'insurance', insuranceRow(exchange)),
      pools(exchange, coin, 'adlAlert', alertRow),
    ]),
  ]
}
