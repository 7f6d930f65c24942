/** The built-in universe, made from tables into rows of Bybit's own format and read like any other. */
import { Decimal } from 'decimal.js'
import type { Market } from '../../../domain/instrument.ts'
import { PAIR_TABLE, PERP_TABLE, perpJson, SPOT_TABLE, spotJson } from './instruments.ts'
import { type Found, type Listing, perpFilters, spotFilters, type Universe } from './listing.ts'

export type { Instrument, Listing, Universe } from './listing.ts'

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

function listingOf(pair: readonly string[], index: number): Listing {
  const perpRow = rowOf(PERP_TABLE, 1, field(pair, 0))
  return {
    index,
    spot: spotFilters(spotJson(rowOf(SPOT_TABLE, 0, field(pair, 1)))),
    perp: perpFilters(perpJson(perpRow)),
    lists: { spot: true, linear: true },
    multiplier: Number(field(pair, 2)),
    priceScale: Number(field(perpRow, 4)),
    fundingIntervalMs: Number(field(perpRow, 12)) * 3_600_000,
    fundingCap: Number(field(perpRow, 13)),
    maxLeverage: new Decimal(field(perpRow, 14)),
    ...knownFacts(pair),
  }
}

type Facts = Pick<
  Listing,
  'firstPrice' | 'dailyVolatility' | 'depthUsdtPerBps' | 'halfSpreadBps' | 'collateralRatio'
>

const knownFacts = (pair: readonly string[]): Facts => ({
  firstPrice: Number(field(pair, 3)),
  dailyVolatility: Number(field(pair, 4)) / 100,
  depthUsdtPerBps: Number(field(pair, 5)),
  halfSpreadBps: Number(field(pair, 6)),
  collateralRatio: new Decimal(field(pair, 7)),
})

/** What the tables know of a coin against USDT, by its spot base coin. */
export function builtInFacts(coin: string): Facts | undefined {
  const pair = rows(PAIR_TABLE).find(columns => columns[1] === `${coin}USDT`)
  return pair && knownFacts(pair)
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

/**
 * The listings of these perpetuals alone, in this order; what is not listed, or has no spot market beside it, is left out. Prices
 * come from elsewhere: no listing follows another here.
 */
export function partOf(universe: Universe, symbols: readonly string[]): Universe {
  const found = symbols.flatMap(symbol => universe.find('linear', symbol)?.listing ?? [])
  const hedgeable = found.filter(({ lists }) => lists.spot && lists.linear)
  return universeOf(hedgeable.map(({ cross: _, ...listing }, index) => ({ ...listing, index })))
}

/** An index over listings; the place of each in the list must be its `index`. */
export function universeOf(listings: readonly Listing[]): Universe {
  const bySymbol: Record<Market, Map<string, Found>> = { spot: new Map(), linear: new Map() }
  const coins = new Map<string, Listing>()
  const held = new Set(['USDT'])
  const lists: Record<Market, Found[]> = { spot: [], linear: [] }
  for (const listing of listings) {
    for (const instrument of [listing.spot, listing.perp]) {
      if (!listing.lists[instrument.market]) continue
      const found = { listing, instrument }
      bySymbol[instrument.market].set(instrument.symbol, found)
      lists[instrument.market].push(found)
      held.add(instrument.quoteCoin)
    }
    if (!listing.lists.spot) continue
    const { baseCoin, quoteCoin } = listing.spot
    held.add(baseCoin)
    if (quoteCoin === 'USDT' || !coins.has(baseCoin)) coins.set(baseCoin, listing)
  }
  return {
    listings,
    find: (market, symbol) => bySymbol[market].get(symbol),
    listed: market => lists[market],
    byCoin: coin => coins.get(coin),
    coins: [...held],
  }
}
