/**
 * Reads a universe from files in Bybit's own `instruments-info` format: a reply, its result, or a list of rows; json or
 * json.gz. Rows say nothing of prices, depth or volatility: the built-in table knows some coins, the rest is derived from the
 * filters, which Bybit sets by what a coin costs and trades, and is plausible, not true.
 */
import '../../../domain/units.ts'
import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { Decimal } from 'decimal.js'
import type { Json, JsonObject } from '../../../domain/json.ts'
import { usdtOf } from '../kit/grid.ts'
import {
  type Cross,
  type Instrument,
  InstrumentFault,
  type Listing,
  perpFilters,
  rowText,
  spotFilters,
  type Universe,
  unlisted,
} from './listing.ts'
import { builtInFacts, universeOf } from './universe.ts'

/**
 * A universe from rows of `instruments-info`. Rows say nothing of prices, depth or volatility: the built-in table knows some
 * coins, the rest is derived from the filters, which Bybit sets by what a coin costs and trades, and is plausible, not true.
 */
type InstrumentRows = { linear: readonly JsonObject[]; spot: readonly JsonObject[] }

/** '1000PEPE' is a thousand PEPE, 'SHIB1000' a thousand SHIB. A coin may really begin with a digit: '1INCH', '0G'. */
export function unitOf(perpBase: string): { coin: string; multiplier: number } {
  const [, before, after] = /^(10{3,})([A-Z].*)$/.exec(perpBase) ?? []
  if (before && after) return { coin: after, multiplier: Number(before) }
  const [, coin, count] = /^([A-Z]+)(10{3,})$/.exec(perpBase) ?? []
  return coin && count ? { coin, multiplier: Number(count) } : { coin: perpBase, multiplier: 1 }
}

type Pair = { coin: string; quote: string; multiplier: number; perp?: Instrument; spot?: Instrument }

/** Perpetuals and spot markets of the same coin and money belong together. Dated futures are left out. */
function pairsOf(rows: InstrumentRows): Pair[] {
  const pairs = new Map<string, Pair>()
  for (const row of rows.linear) {
    if (row.contractType !== 'LinearPerpetual') continue
    const perp = perpFilters(row)
    const { coin, multiplier } = unitOf(perp.baseCoin)
    const key = `${coin} ${perp.quoteCoin}`
    pairs.set(pairs.has(key) ? `${perp.symbol} ${key}` : key, {
      coin,
      quote: perp.quoteCoin,
      multiplier,
      perp,
    })
  }
  for (const row of rows.spot) {
    const spot = spotFilters(row)
    const key = `${spot.baseCoin} ${spot.quoteCoin}`
    const pair = pairs.get(key) ?? { coin: spot.baseCoin, quote: spot.quoteCoin, multiplier: 1 }
    pairs.set(key, { ...pair, spot })
  }
  return [...pairs.values()]
}

const clamp = (value: number, low: number, high: number) => Math.min(high, Math.max(low, value))

/** Ticks are a hundred-thousandth to a hundredth of the price; Bybit's limit of an order's value over its quantity says more. */
function guessedPrice({ spot, perp, multiplier }: Pair): number {
  const tick = spot ? spot.price.stepFloat : (perp?.price.stepFloat ?? 1) / multiplier
  const asked = spot ? spot.maxValue.div(spot.maxQty).toNumber() : tick * 4000
  return clamp(asked, tick * 300, tick * 100_000)
}

/** A taker's largest order is worth about a dozen basis points of the book. */
const guessedDepth = (instrument: Instrument, price: number): number =>
  clamp((instrument.maxMarketQty.toNumber() * price) / 12, 1000, 400_000)

function leverageOf(perp: Instrument | undefined): Decimal {
  return perp ? new Decimal(rowText(perp.json, 'leverageFilter.maxLeverage')) : new Decimal(10)
}

/** What rows of a perpetual say, or what stands for it where there is none. */
function contractFacts({ perp, spot }: Pair) {
  const cap = Number(perp?.json.upperFundingRate)
  const minutes = Number(perp?.json.fundingInterval)
  return {
    priceScale: Number(perp?.json.priceScale ?? (spot?.price.decimals ?? 4) + 2),
    fundingIntervalMs: (minutes > 0 ? minutes : 480) * 60_000,
    fundingCap: cap > 0 ? cap : 0.01,
    maxLeverage: leverageOf(perp),
  }
}

type Known = Pick<
  Listing,
  'firstPrice' | 'dailyVolatility' | 'depthUsdtPerBps' | 'halfSpreadBps' | 'collateralRatio'
>

function factsOf(pair: Pair): Known {
  const known = builtInFacts(pair.coin)
  if (known && pair.quote === 'USDT') return known
  const money = usdtOf(pair.coin)
  const leading = pair.perp ?? pair.spot
  const price = guessedPrice(pair)
  const depth = leading ? guessedDepth(leading, price * (pair.perp ? pair.multiplier : 1)) : 1000
  const leverage = leverageOf(pair.perp).toNumber()
  return {
    firstPrice: money ?? price,
    dailyVolatility: money !== undefined ? 0.0002 : leverage >= 100 ? 0.03 : leverage >= 50 ? 0.05 : 0.07,
    depthUsdtPerBps: depth,
    halfSpreadBps: clamp(12_000 / depth, 0.1, 4),
    collateralRatio: new Decimal(pair.spot?.json.marginTrading === 'none' ? 0 : 0.6),
  }
}

/** A coin against another money than USDT follows its price against USDT, where both are known. */
function crossOf(pair: Pair, leaders: ReadonlyMap<string, Listing>): Cross | undefined {
  if (pair.quote === 'USDT') return undefined
  const [baseUsdt, quoteUsdt] = [usdtOf(pair.coin), usdtOf(pair.quote)]
  const base = baseUsdt === undefined ? leaders.get(pair.coin) : undefined
  const quote = quoteUsdt === undefined ? leaders.get(pair.quote) : undefined
  if ((!base && baseUsdt === undefined) || (!quote && quoteUsdt === undefined)) return undefined
  return { base: base?.index, baseUsdt: baseUsdt ?? 1, quote: quote?.index, quoteUsdt: quoteUsdt ?? 1 }
}

function listingOf(pair: Pair, index: number, leaders: ReadonlyMap<string, Listing>): Listing {
  const { spot, perp } = pair
  const paired = perp ?? spot
  if (!paired) throw new InstrumentFault(`${pair.coin}${pair.quote}: expected a market, found none`)
  const cross = crossOf(pair, leaders)
  const facts = factsOf(pair)
  const base =
    cross && (cross.base === undefined ? cross.baseUsdt : (leaders.get(pair.coin)?.firstPrice ?? 1))
  const quote =
    cross && (cross.quote === undefined ? cross.quoteUsdt : (leaders.get(pair.quote)?.firstPrice ?? 1))
  return {
    index,
    spot: spot ?? { ...unlisted(paired), baseCoin: pair.coin },
    perp: perp ?? unlisted(paired),
    lists: { spot: spot !== undefined, linear: perp !== undefined },
    multiplier: pair.multiplier,
    ...contractFacts(pair),
    ...facts,
    ...(cross && base && quote && { cross, firstPrice: base / quote }),
  }
}

/**
 * Makes a universe of published rows.
 *
 * @throws InstrumentFault for a row that lacks a filter, and for rows that hold nothing to trade
 */
function universeFromRows(rows: InstrumentRows): Universe {
  const pairs = pairsOf(rows)
  if (pairs.length === 0)
    throw new InstrumentFault('instruments: expected perpetuals or spot markets, found none')
  const leaders = new Map<string, Listing>()
  const listings: Listing[] = []
  for (const first of [true, false])
    for (const pair of pairs) {
      if ((pair.quote === 'USDT') !== first) continue
      const listing = listingOf(pair, listings.length, leaders)
      listings.push(listing)
      if (first && !leaders.has(pair.coin)) leaders.set(pair.coin, listing)
    }
  return universeOf(listings)
}

const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

function rowsIn(found: Json | undefined): JsonObject[] | undefined {
  if (Array.isArray(found)) return found.filter(isObject)
  if (!isObject(found)) return undefined
  return rowsIn(found.result) ?? rowsIn(found.list)
}

function readRows(file: string): JsonObject[] {
  try {
    const bytes = readFileSync(file)
    const text = bytes[0] === 0x1f && bytes[1] === 0x8b ? gunzipSync(bytes) : bytes
    const rows = rowsIn(JSON.parse(text.toString('utf8')) as Json)
    if (rows) return rows
  } catch (error) {
    throw new InstrumentFault(
      `${file}: expected instruments-info as json or json.gz, found ${(error as Error).message}`,
    )
  }
  throw new InstrumentFault(`${file}: expected instruments-info with a list of rows, found none`)
}

/**
 * The universe of all files together. Only perpetuals have a `contractType`, so one file may hold both kinds.
 *
 * @throws InstrumentFault with the file's name or the row's and what was wrong
 */
export function readUniverse(files: readonly string[]): Universe {
  const rows: InstrumentRows & { linear: JsonObject[]; spot: JsonObject[] } = { linear: [], spot: [] }
  for (const row of files.flatMap(readRows)) rows['contractType' in row ? 'linear' : 'spot'].push(row)
  return universeFromRows(rows)
}
