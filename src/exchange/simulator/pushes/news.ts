/** Public topics about the market as a whole or its edges: price limits, liquidations, insurance pools, deleveraging alerts. */
import type { JsonObject } from '../../../domain/json.ts'
import { ADL_BEGINS_AT, ADL_ENDS_AT, poolOf } from '../account/insurance.ts'
import { liquidationsSince } from '../events/liquidation-news.ts'
import { systemStatusRows } from '../events/maintenance.ts'
import { gridText } from '../kit/grid.ts'
import { priceBand } from '../universe/price-limits.ts'
import type { Instrument, Listing } from '../universe/universe.ts'
import type { PoolState, World } from '../world.ts'
import type { Speaker } from './public.ts'

/** Said when a limit has moved. */
function priceLimit(world: World, listing: Listing, instrument: Instrument): Speaker {
  const topic = `priceLimit.${instrument.symbol}`
  let said = ''
  const frame = (): JsonObject => {
    const band = priceBand(world, listing, instrument.market)
    const [buyLmt, sellLmt] = [band.buyMax, band.sellMin].map(limit => gridText(instrument.price, limit))
    const data = { symbol: instrument.symbol, buyLmt: buyLmt ?? '', sellLmt: sellLmt ?? '' }
    return { topic, data, ts: world.state.nowMs }
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
function allLiquidation(world: World, { symbol, qty }: Instrument): Speaker {
  const topic = `allLiquidation.${symbol}`
  let saidUpToMs = world.state.nowMs
  return {
    channel: 'public-linear',
    topic,
    first() {
      saidUpToMs = world.state.nowMs
      return []
    },
    next() {
      const data = liquidationsSince(world, symbol, saidUpToMs).map(
        (one): JsonObject => ({
          T: one.atMs,
          s: symbol,
          S: one.side,
          v: gridText(qty, one.qty),
          p: one.price.toFixed(),
        }),
      )
      saidUpToMs = world.state.nowMs
      return data.length > 0 ? [{ topic, type: 'snapshot', ts: world.state.nowMs, data }] : []
    },
  }
}

type PoolRow = (coin: string, symbol: string, pool: PoolState) => JsonObject

/** All pools of a coin at first, then those that have changed. */
function pools(world: World, coin: string, name: 'insurance' | 'adlAlert', row: PoolRow): Speaker {
  const topic = `${name}.${coin}`
  const symbols = world.universe
    .listed('linear')
    .filter(({ instrument }) => instrument.quoteCoin === coin)
    .map(({ instrument }) => instrument.symbol)
  const said = new Map<string, PoolState>()
  const frame = (type: string, wanted: readonly string[]): JsonObject[] => {
    for (const symbol of wanted) said.set(symbol, poolOf(world, symbol))
    const data = wanted.map(symbol => row(coin, symbol, poolOf(world, symbol)))
    return data.length > 0 ? [{ topic, type, ts: world.state.nowMs, data }] : []
  }
  const changed = (symbol: string) => {
    const before = said.get(symbol)
    const { balance, pnlRatio } = poolOf(world, symbol)
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
  (world: World): PoolRow =>
  (coin, symbols, { balance }) => ({ coin, symbols, balance, updateTime: String(world.state.nowMs) })

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
function systemStatus(world: World): Speaker {
  const topic = 'system.status'
  const said = new Map<string, string>()
  const frame = (fits: (row: JsonObject) => boolean): JsonObject[] => {
    const data = systemStatusRows(world).filter(fits)
    for (const { id, state } of data) said.set(String(id), String(state))
    return data.length > 0 ? [{ topic, ts: world.state.nowMs, data }] : []
  }
  return {
    channel: 'public-status',
    topic,
    first: () => frame(({ state }) => state !== 'completed'),
    next: () => frame(({ id, state }) => (said.get(String(id)) ?? 'completed') !== state),
  }
}

export function newsSpeakers(world: World): Speaker[] {
  const perps = world.universe.listed('linear')
  const monies = [...new Set(perps.map(({ instrument }) => instrument.quoteCoin))]
  return [
    systemStatus(world),
    ...[...perps, ...world.universe.listed('spot')].map(({ listing, instrument }) =>
      priceLimit(world, listing, instrument),
    ),
    ...perps.map(({ instrument }) => allLiquidation(world, instrument)),
    ...monies.flatMap(coin => [
      pools(world, coin, 'insurance', insuranceRow(world)),
      pools(world, coin, 'adlAlert', alertRow),
    ]),
  ]
}
