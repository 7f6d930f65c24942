/** Rows of Bybit's `instruments-info` as the filters orders are checked against. A row that lacks one is refused by name. */
import { Decimal } from 'decimal.js'
import type { Json, JsonObject } from '../../../domain/json.ts'
import { gridOf } from '../kit/grid.ts'
import type { Instrument } from './listing.ts'

/** Raised for a row that is no instrument. The message is for a person. */
export class InstrumentFault extends Error {
  override name = 'InstrumentFault'
}

const nameOf = (row: JsonObject): string =>
  typeof row.symbol === 'string' ? row.symbol : 'a row without symbol'

function inside(row: JsonObject, path: string): Json | undefined {
  let found: Json | undefined = row
  for (const key of path.split('.'))
    found = found && typeof found === 'object' && !Array.isArray(found) ? found[key] : undefined
  return found
}

/** Text at a dotted path. @throws InstrumentFault when there is none */
export function textAt(row: JsonObject, path: string): string {
  const found = inside(row, path)
  if (typeof found === 'string' && found !== '') return found
  throw new InstrumentFault(`${nameOf(row)}: expected text at ${path}, found ${JSON.stringify(found)}`)
}

/** A positive decimal at a dotted path, as text. */
function amountAt(row: JsonObject, path: string): string {
  const found = textAt(row, path)
  if (/^\d{1,30}(\.\d{1,30})?$/.test(found) && Number(found) > 0) return found
  throw new InstrumentFault(`${nameOf(row)}: expected a positive number at ${path}, found ${found}`)
}

const decimalAt = (row: JsonObject, path: string) => new Decimal(amountAt(row, path))
const ratios = (row: JsonObject) => ({
  ratioX: Number(amountAt(row, 'riskParameters.priceLimitRatioX')),
  ratioY: Number(amountAt(row, 'riskParameters.priceLimitRatioY')),
})

/** @param row - of category linear. Throws `InstrumentFault`. */
export const perpInstrument = (row: JsonObject): Instrument => ({
  market: 'linear',
  symbol: textAt(row, 'symbol'),
  baseCoin: textAt(row, 'baseCoin'),
  quoteCoin: textAt(row, 'settleCoin'),
  price: gridOf(amountAt(row, 'priceFilter.tickSize'), false),
  qty: gridOf(amountAt(row, 'lotSizeFilter.qtyStep'), false),
  minQty: decimalAt(row, 'lotSizeFilter.minOrderQty'),
  maxQty: decimalAt(row, 'lotSizeFilter.maxOrderQty'),
  maxMarketQty: decimalAt(row, 'lotSizeFilter.maxMktOrderQty'),
  postOnlyMaxQty: decimalAt(row, 'lotSizeFilter.postOnlyMaxOrderQty'),
  minValue: decimalAt(row, 'lotSizeFilter.minNotionalValue'),
  maxValue: new Decimal('1e12'),
  quotePrecision: new Decimal('0.00000001'),
  ...ratios(row),
  json: row,
})

/** @param row - of category spot. Throws `InstrumentFault`. */
export const spotInstrument = (row: JsonObject): Instrument => ({
  market: 'spot',
  symbol: textAt(row, 'symbol'),
  baseCoin: textAt(row, 'baseCoin'),
  quoteCoin: textAt(row, 'quoteCoin'),
  price: gridOf(amountAt(row, 'priceFilter.tickSize'), true),
  qty: gridOf(amountAt(row, 'lotSizeFilter.basePrecision'), true),
  minQty: decimalAt(row, 'lotSizeFilter.minOrderQty'),
  maxQty: decimalAt(row, 'lotSizeFilter.maxLimitOrderQty'),
  maxMarketQty: decimalAt(row, 'lotSizeFilter.maxMarketOrderQty'),
  postOnlyMaxQty: decimalAt(row, 'lotSizeFilter.postOnlyMaxLimitOrderSize'),
  minValue: decimalAt(row, 'lotSizeFilter.minOrderAmt'),
  maxValue: decimalAt(row, 'lotSizeFilter.maxOrderAmt'),
  quotePrecision: decimalAt(row, 'lotSizeFilter.quotePrecision'),
  ...ratios(row),
  json: row,
})

/** The market a coin is not listed on: it has a price and is never found. */
export const unlisted = (paired: Instrument): Instrument => ({
  ...paired,
  market: paired.market === 'spot' ? 'linear' : 'spot',
})
