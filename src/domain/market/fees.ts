/**
 * Trading fees. A hedge pays four fills: two in, two out. Bybit takes the spot buyer's fee in the base coin and every
 * other fee in USDT, so what is bought is more than what is received. Source: bybit-exchange/docs enum.mdx (fee currency).
 */
import { Decimal } from 'decimal.js'
import { ceilTo } from '../grid.ts'
import { type BaseQty, baseQty, type FeeRate, type OrderQty, orderQty, type Usdt, usdt } from '../units.ts'

export type FeeRates = { taker: FeeRate; maker: FeeRate }
export type PairFeeRates = { spot: FeeRates; perp: FeeRates }

type Liquidity = keyof FeeRates
/** How each of the four fills is expected to trade. */
type FourFills = { spotIn: Liquidity; perpIn: Liquidity; spotOut: Liquidity; perpOut: Liquidity }
export const ALL_TAKER: FourFills = { spotIn: 'taker', perpIn: 'taker', spotOut: 'taker', perpOut: 'taker' }

/** Fees of a whole round trip as a fraction of notional: f_s,in + f_p,in + f_s,out + f_p,out. */
export function roundTripRate({ spot, perp }: PairFeeRates, fills: FourFills = ALL_TAKER): Decimal {
  return Decimal.sum(spot[fills.spotIn], perp[fills.perpIn], spot[fills.spotOut], perp[fills.perpOut])
}

/** Fees of a whole round trip on this notional; positive is paid. */
export const roundTripFeesUsdt = (notional: Usdt, fees: PairFeeRates, fills: FourFills = ALL_TAKER): Usdt =>
  usdt(roundTripRate(fees, fills).times(notional))

/** The part of a spot buy that the fee takes in the base coin. A rebate is paid in USDT and takes nothing. */
const spotBuyFeeBase = (bought: OrderQty, rate: FeeRate): BaseQty => baseQty(inBase(rate).times(bought))

/** Base coins left after the fee of a spot buy. */
export const netBaseReceived = (bought: OrderQty, rate: FeeRate): BaseQty =>
  baseQty(new Decimal(bought).minus(spotBuyFeeBase(bought, rate)))

/** What to buy on spot, on its grid, so that at least `net` is left after the fee: ceil(net / (1 − φ)). */
export const grossForNet = (net: BaseQty, rate: FeeRate, qtyStep: OrderQty): OrderQty =>
  orderQty(ceilTo(new Decimal(net).div(new Decimal(1).minus(inBase(rate))), qtyStep))

const inBase = (rate: FeeRate): Decimal => Decimal.max(0, rate)
