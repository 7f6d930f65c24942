/** One row of `instruments-info` as Bybit prints it: the same keys, in the same order, of the same JSON types. */
import type { JsonObject } from '../../../domain/json.ts'

const at = (row: readonly string[], column: number): string => row[column] ?? ''

/** @param row - one line of `PERP_TABLE` */
export function perpJson(row: readonly string[]): JsonObject {
  return {
    symbol: at(row, 0),
    contractType: 'LinearPerpetual',
    status: 'Trading',
    baseCoin: at(row, 1),
    quoteCoin: 'USDT',
    launchTime: at(row, 3),
    deliveryTime: '0',
    deliveryFeeRate: '',
    priceScale: at(row, 4),
    leverageFilter: { minLeverage: '1', maxLeverage: at(row, 14), leverageStep: '0.01' },
    priceFilter: { minPrice: at(row, 5), maxPrice: at(row, 6), tickSize: at(row, 7) },
    lotSizeFilter: {
      maxOrderQty: at(row, 10),
      minOrderQty: at(row, 9),
      qtyStep: at(row, 8),
      postOnlyMaxOrderQty: at(row, 10),
      maxMktOrderQty: at(row, 11),
      minNotionalValue: '5',
    },
    unifiedMarginTrade: true,
    fundingInterval: Number(at(row, 12)) * 60,
    settleCoin: 'USDT',
    copyTrading: 'both',
    upperFundingRate: at(row, 13),
    lowerFundingRate: `-${at(row, 13)}`,
    isPreListing: false,
    preListingInfo: null,
    riskParameters: { priceLimitRatioX: at(row, 15), priceLimitRatioY: at(row, 16) },
    displayName: '',
    symbolType: '',
    forbidUplWithdrawal: false,
    symbolId: Number(at(row, 2)),
  }
}

/** @param row - one line of `SPOT_TABLE` */
export function spotJson(row: readonly string[]): JsonObject {
  return {
    symbolId: Number(at(row, 2)),
    symbol: at(row, 0),
    baseCoin: at(row, 1),
    quoteCoin: 'USDT',
    innovation: '0',
    status: 'Trading',
    marginTrading: 'utaOnly',
    stTag: '0',
    lotSizeFilter: {
      basePrecision: at(row, 4),
      quotePrecision: at(row, 5),
      minOrderQty: at(row, 4),
      maxOrderQty: at(row, 6),
      minOrderAmt: '5',
      maxOrderAmt: at(row, 7),
      maxLimitOrderQty: at(row, 6),
      maxMarketOrderQty: at(row, 8),
      postOnlyMaxLimitOrderSize: at(row, 9),
    },
    priceFilter: { tickSize: at(row, 3) },
    riskParameters: { priceLimitRatioX: at(row, 10), priceLimitRatioY: at(row, 11) },
    symbolType: '',
    xstockMultiplier: '1',
  }
}
