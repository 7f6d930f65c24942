/** What the exchange lists and what it paid and printed: facts of the market, the same for every account. */
import { defineEntity, p } from '@mikro-orm/core'
import type { Market } from '../../domain/instrument.ts'
import type { JsonObject } from '../../domain/json.ts'
import type { FundingRate, Price } from '../../domain/units.ts'
import { decimal, instant, json, wordColumn, words } from './columns.ts'

const InstrumentTable = defineEntity({
  name: 'InstrumentTable',
  tableName: 'instrument',
  properties: {
    market: words<Market>().primary(),
    symbol: p.text().primary(),
    baseCoin: p.text(),
    quoteCoin: p.text(),
    trading: p.boolean(),
    detail: json<JsonObject>(),
    readAtMs: instant(),
  },
  checks: [{ name: 'instrument_market_check', expression: wordColumn('market', ['spot', 'linear']) }],
})

/** Settled funding rates: fractions per interval, positive when shorts receive. */
const FundingRateTable = defineEntity({
  name: 'FundingRateTable',
  tableName: 'funding_rate',
  properties: {
    symbol: p.text().primary(),
    settledAtMs: instant().primary(),
    rate: decimal<FundingRate>(),
  },
})

const KlineTable = defineEntity({
  name: 'KlineTable',
  tableName: 'kline',
  properties: {
    market: words<Market>().primary(),
    symbol: p.text().primary(),
    intervalMinutes: p.integer().primary(),
    atMs: instant().primary(),
    open: decimal<Price>(),
    high: decimal<Price>(),
    low: decimal<Price>(),
    close: decimal<Price>(),
  },
})

export const marketTables = [InstrumentTable, FundingRateTable, KlineTable]
