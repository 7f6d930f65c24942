/**
 * What the simulated exchange lists: a spot market and a perpetual per coin, with the filters orders are checked against.
 * A `Listing` is one coin with both; `Instrument` is one of its two markets.
 */
import { Decimal } from 'decimal.js'
import type { Market } from '../../domain/instrument.ts'
import type { JsonObject } from '../../domain/json.ts'
import { type Grid, gridOf } from './grid.ts'
import { perpJson, spotJson } from './instruments.ts'
import { PAIR_TABLE, PERP_TABLE, SPOT_TABLE } from './universe-table.ts'

export type Instrument = {
  readonly market: Market
  readonly symbol: string
  readonly baseCoin: string
  readonly price: Grid
  readonly qty: Grid
  readonly minQty: Decimal
  readonly maxQty: Decimal
  readonly maxMarketQty: Decimal
  readonly postOnlyMaxQty: Decimal
  /** Smallest order value: spot minOrderAmt, perpetual minNotionalValue. */
  readonly minValue: Decimal
  /** Spot only: largest order value. */
  readonly maxValue: Decimal
  /** Spot only: decimals of a market order's amount in quote. */
  readonly quotePrecision: Decimal
  readonly ratioX: number
  readonly ratioY: number
  readonly json: JsonObject
}

export type Listing = {
  readonly index: number
  readonly spot: Instrument
  readonly perp: Instrument
  readonly multiplier: number
  /** Decimals of mark and index prices. */
  readonly priceScale: number
  readonly fundingIntervalMs: number
  readonly fundingCap: number
  readonly maxLeverage: Decimal
  /** Of one base coin, in USDT. */
  readonly firstPrice: number
  readonly dailyVolatility: number
  readonly depthUsdtPerBps: number
  readonly halfSpreadBps: number
  /** What a coin counts for as collateral, as a fraction of its value. */
  readonly collateralRatio: Decimal
}

export type Universe = {
  readonly listings: readonly Listing[]
  find(market: Market, symbol: string): { listing: Listing; instrument: Instrument } | undefined
  /** The listing whose spot base coin this is; undefined for USDT and for coins not listed. */
  byCoin(coin: string): Listing | undefined
}

const rows = (table: string) =>
  table
    .trim()
    .split('\n')
    .map(line => line.split(' '))

function field(row: readonly string[], at: number): string {
  const text = row[at]
  if (text === undefined) throw new Error(`universe table: expected a column ${at} in ${row.join(' ')}`)
  return text
}

function rowOf(table: string, at: number, name: string): string[] {
  const row = rows(table).find(columns => columns[at] === name)
  if (!row) throw new Error(`universe table: expected a row for ${name}, found none`)
  return row
}

function perpInstrument(row: readonly string[]): Instrument {
  return {
    market: 'linear',
    symbol: field(row, 0),
    baseCoin: field(row, 1),
    price: gridOf(field(row, 7), false),
    qty: gridOf(field(row, 8), false),
    minQty: new Decimal(field(row, 9)),
    maxQty: new Decimal(field(row, 10)),
    maxMarketQty: new Decimal(field(row, 11)),
    postOnlyMaxQty: new Decimal(field(row, 10)),
    minValue: new Decimal(5),
    maxValue: new Decimal('1e12'),
    quotePrecision: new Decimal('0.00000001'),
    ratioX: Number(field(row, 15)),
    ratioY: Number(field(row, 16)),
    json: perpJson(row),
  }
}

function spotInstrument(row: readonly string[]): Instrument {
  return {
    market: 'spot',
    symbol: field(row, 0),
    baseCoin: field(row, 1),
    price: gridOf(field(row, 3), true),
    qty: gridOf(field(row, 4), true),
    minQty: new Decimal(field(row, 4)),
    maxQty: new Decimal(field(row, 6)),
    maxMarketQty: new Decimal(field(row, 8)),
    postOnlyMaxQty: new Decimal(field(row, 9)),
    minValue: new Decimal(5),
    maxValue: new Decimal(field(row, 7)),
    quotePrecision: new Decimal(field(row, 5)),
    ratioX: Number(field(row, 10)),
    ratioY: Number(field(row, 11)),
    json: spotJson(row),
  }
}

function listingOf(pair: readonly string[], index: number): Listing {
  const perpRow = rowOf(PERP_TABLE, 1, field(pair, 0))
  return {
    index,
    spot: spotInstrument(rowOf(SPOT_TABLE, 0, field(pair, 1))),
    perp: perpInstrument(perpRow),
    multiplier: Number(field(pair, 2)),
    priceScale: Number(field(perpRow, 4)),
    fundingIntervalMs: Number(field(perpRow, 12)) * 3_600_000,
    fundingCap: Number(field(perpRow, 13)),
    maxLeverage: new Decimal(field(perpRow, 14)),
    firstPrice: Number(field(pair, 3)),
    dailyVolatility: Number(field(pair, 4)) / 100,
    depthUsdtPerBps: Number(field(pair, 5)),
    halfSpreadBps: Number(field(pair, 6)),
    collateralRatio: new Decimal(field(pair, 7)),
  }
}

/** Read from the tables once; nothing in it ever changes. */
let whole: Universe | undefined

/**
 * The built-in universe, or a part of it.
 *
 * @param symbols - perpetual symbols to list; all when left out. Throws for a symbol that is not built in.
 */
export function builtInUniverse(symbols?: readonly string[]): Universe {
  if (!symbols) {
    whole ??= universeOf(rows(PAIR_TABLE).map(listingOf))
    return whole
  }
  const pairs = rows(PAIR_TABLE).filter(pair => symbols.includes(`${pair[0]}USDT`))
  const missing = symbols.filter(symbol => !pairs.some(pair => `${pair[0]}USDT` === symbol))
  if (missing.length > 0) throw new Error(`universe: not built in: ${missing.join(', ')}`)
  return universeOf(pairs.map(listingOf))
}

/** An index over listings; the place of each in the list must be its `index`. */
function universeOf(listings: readonly Listing[]): Universe {
  const byKey = new Map<string, { listing: Listing; instrument: Instrument }>()
  const coins = new Map<string, Listing>()
  for (const listing of listings) {
    for (const instrument of [listing.spot, listing.perp])
      byKey.set(`${instrument.market} ${instrument.symbol}`, { listing, instrument })
    coins.set(listing.spot.baseCoin, listing)
  }
  return {
    listings,
    find: (market, symbol) => byKey.get(`${market} ${symbol}`),
    byCoin: coin => coins.get(coin),
  }
}
