/**
 * Twenty coins with the filters Bybit published for them on 2026-08-09, and each as a row of `instruments-info` as Bybit
 * prints it: the same keys, in the same order, of the same JSON types. `hours` is the simulation's funding interval (four are
 * hourly here, so that a short run sees settlements); `price` is where each coin starts. Perpetual columns that are equal on
 * all of them (minNotionalValue 5, leverage from 1 by 0.01) are filled in below.
 */
import type { JsonObject } from '../../../domain/json.ts'

/** symbol base id launched scale minPrice maxPrice tick qtyStep minQty maxQty maxMarketQty hours cap leverage ratioX ratioY */
export const PERP_TABLE = `
BTCUSDT BTC 5 1584230400000 2 0.10 1999999.80 0.10 0.001 0.001 1500.000 150.000 8 0.005 100.00 0.01 0.02
ETHUSDT ETH 6 1615766400000 2 0.01 199999.98 0.01 0.01 0.01 10000.00 2000.00 8 0.005 100.00 0.02 0.04
SOLUSDT SOL 38 1634256000000 3 0.010 199999.980 0.010 0.1 0.1 96000.0 12000.0 8 0.005 100.00 0.05 0.1
XRPUSDT XRP 8 1620898440000 4 0.0001 1999.9998 0.0001 0.1 0.1 7500000.0 1500000.0 8 0.005 100.00 0.05 0.1
DOGEUSDT DOGE 33 1622630640000 5 0.00001 199.99998 0.00001 1 1 43678900 5991100 8 0.0058 75.00 0.05 0.1
BNBUSDT BNB 36 1624951080000 2 0.10 1999999.80 0.10 0.01 0.01 940.00 370.00 8 0.01 50.00 0.05 0.1
ADAUSDT ADA 27 1610668800000 4 0.0001 1999.9998 0.0001 1 1 1500000 590000 4 0.0058 75.00 0.05 0.1
LINKUSDT LINK 26 1514764800000 3 0.001 19999.998 0.001 0.1 0.1 41000.0 15000.0 4 0.01 50.00 0.05 0.1
AVAXUSDT AVAX 52 1631664000000 3 0.001 19999.998 0.001 0.1 0.1 110000.0 22000.0 1 0.01 50.00 0.02 0.1
SUIUSDT SUI 309 1683029724000 5 0.00010 1999.99980 0.00010 10 10 330000 66000 4 0.01 50.00 0.05 0.1
INJUSDT INJ 224 1660694400000 4 0.0010 19999.9980 0.0010 0.1 0.1 60140.0 6020.0 1 0.01 50.00 0.05 0.1
WIFUSDT WIF 418 1704965504000 5 0.00001 199.99998 0.00001 1 1 1500000 300000 1 0.01 50.00 0.05 0.1
1000PEPEUSDT 1000PEPE 310 1683108271000 7 0.0000010 19.9999980 0.0000010 100 100 110000000 42000000 1 0.01 50.00 0.05 0.1
LTCUSDT LTC 24 1514764800000 2 0.01 199999.98 0.01 0.1 0.1 8800.0 3000.0 8 0.01 50.00 0.05 0.1
DOTUSDT DOT 28 1616060040000 4 0.0001 1999.9998 0.0001 0.1 0.1 198890.0 32140.0 8 0.01 50.00 0.05 0.1
NEARUSDT NEAR 68 1633910400000 4 0.0001 1999.9998 0.0001 0.1 0.1 469060.0 66470.0 8 0.01 50.00 0.05 0.1
1000BONKUSDT 1000BONK 264 1672971039000 7 0.0000010 19.9999980 0.0000010 100 100 60000000 12000000 4 0.01 50.00 0.1 0.2
1000FLOKIUSDT 1000FLOKI 276 1677228986000 5 0.00001 199.99998 0.00001 1 1 9056800 1443800 8 0.005 50.00 0.1 0.2
SHIB1000USDT SHIB1000 57 1634688000000 6 0.000001 19.999998 0.000001 10 10 134076000 15555000 8 0.01 50.00 0.05 0.1
10000SATSUSDT 10000SATS 389 1700127695000 8 0.00000001 0.19999998 0.00000001 100 100 410000000 82000000 4 0.04 12.50 0.15 0.3
`

/** symbol base id tick basePrecision quotePrecision maxQty maxAmount maxMarketQty postOnlyMax ratioX ratioY */
export const SPOT_TABLE = `
BTCUSDT BTC 9 0.1 0.000001 0.0000001 230 8000000 120 1150 0.005 0.01
ETHUSDT ETH 10 0.01 0.00001 0.0000001 8118 7000000 2706 40590 0.005 0.01
SOLUSDT SOL 42 0.01 0.0001 0.000001 26000 5000000 13000 130000 0.005 0.01
XRPUSDT XRP 11 0.0001 0.01 0.000001 1200000 4000000 620000 6000000 0.005 0.01
DOGEUSDT DOGE 18 0.00001 0.1 0.000001 14000000 4000000 6800000 70000000 0.005 0.01
BNBUSDT BNB 200 0.1 0.0001 0.00001 2200 4000000 1100 11000 0.005 0.01
ADAUSDT ADA 33 0.0001 0.01 0.000001 7600000 4000000 1500000 38000000 0.015 0.03
LINKUSDT LINK 28 0.001 0.001 0.000001 240000 2500000 48000 1200000 0.015 0.03
AVAXUSDT AVAX 65 0.001 0.001 0.000001 140000 3000000 27000 700000 0.015 0.03
SUIUSDT SUI 433 0.0001 0.01 0.000001 410000 2500000 200000 2050000 0.015 0.03
INJUSDT INJ 368 0.001 0.01 0.00001 36840 600000 12280 184200 0.015 0.03
WIFUSDT WIF 634 0.0001 0.01 0.000001 625200 200000 208400 3126000 0.015 0.03
PEPEUSDT PEPE 437 0.000000001 1 0.000000001 188880000000 600000 62960000000 944400000000 0.015 0.03
LTCUSDT LTC 17 0.01 0.00001 0.0000001 10000 600000 5200 50000 0.015 0.03
DOTUSDT DOT 15 0.0001 0.001 0.0000001 490000 2000000 97000 2450000 0.015 0.03
NEARUSDT NEAR 201 0.001 0.01 0.00001 670000 600000 130000 3350000 0.015 0.03
BONKUSDT BONK 399 0.000000001 1 0.000000001 127530000000 200000 42510000000 637650000000 0.015 0.03
FLOKIUSDT FLOKI 292 0.00000001 1 0.00000001 8900000000 200000 1800000000 44500000000 0.02 0.05
SHIBUSDT SHIB 58 0.000000001 1 0.000000001 31500000000 2000000 15700000000 157500000000 0.015 0.03
SATSUSDT SATS 544 0.000000000001 1 0.000000000001 664000000000 200000 332000000000 3320000000000 0.05 0.1
`

/**
 * base of the perpetual, spot symbol, multiplier, first price (of one base coin), daily volatility in percent,
 * depth in USDT per basis point of book, half spread in bps, collateral ratio
 */
export const PAIR_TABLE = `
BTC BTCUSDT 1 65114 2.2 400000 0.05 0.95
ETH ETHUSDT 1 1922 3.2 250000 0.05 0.95
SOL SOLUSDT 1 77.3 4 90000 0.3 0.9
XRP XRPUSDT 1 1.24 3.8 70000 0.3 0.9
DOGE DOGEUSDT 1 0.0705 4.2 50000 0.4 0.85
BNB BNBUSDT 1 583 2.6 60000 0.3 0.9
ADA ADAUSDT 1 0.2611 4.2 25000 0.8 0.8
LINK LINKUSDT 1 8.64 4.2 25000 0.6 0.8
AVAX AVAXUSDT 1 9.27 4.4 20000 0.6 0.8
SUI SUIUSDT 1 0.9412 5 20000 0.7 0.75
INJ INJUSDT 1 4.318 5 12000 1 0.6
WIF WIFUSDT 1 0.3142 6 12000 1.2 0.5
1000PEPE PEPEUSDT 1000 0.000003912 6 15000 1.2 0.5
LTC LTCUSDT 1 54.3 4 18000 0.6 0.8
DOT DOTUSDT 1 1.214 4.6 14000 0.8 0.75
NEAR NEARUSDT 1 1.463 5 14000 0.8 0.7
1000BONK BONKUSDT 1000 0.000006112 6.5 12000 1.2 0.5
1000FLOKI FLOKIUSDT 1000 0.00003484 6.5 9000 1.5 0.4
SHIB1000 SHIBUSDT 1000 0.000005436 5 14000 1.2 0.6
10000SATS SATSUSDT 10000 0.00000001283 7 6000 2 0.3
`

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
