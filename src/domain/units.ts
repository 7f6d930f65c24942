/**
 * The units of the trade, as brands over decimal strings.
 * A brand crosses module borders, JSON, the socket and the database unchanged; `Decimal` lives inside formulas only.
 */
import { Decimal } from 'decimal.js'

// 40 significant digits: wider than numeric(38,18), so that no formula rounds before the row does.
Decimal.set({ precision: 40, toExpNeg: -40, toExpPos: 40 })

declare const unit: unique symbol
type Branded<Unit extends string> = string & { readonly [unit]: Unit }

/** USDT, signed: + is received or owned. */
export type Usdt = Branded<'USDT'>
/** A quantity in the base coin (never in contracts of a multiplied perpetual). */
export type BaseQty = Branded<'base coin'>
/** A quantity in an instrument's own unit: coins on spot, contracts on the perpetual (1000PEPEUSDT: 1 contract = 1000 PEPE). */
export type OrderQty = Branded<'order quantity'>
/** USDT per unit of the instrument's own quantity (for 1000PEPEUSDT: per 1000 PEPE). */
export type Price = Branded<'USDT per order quantity'>
/** A fraction per funding interval: '0.0001' is one basis point. Positive: shorts receive. */
export type FundingRate = Branded<'fraction per funding interval'>
/** A fraction of notional: '0.001' is 10 bps. Positive is paid, negative is a rebate. */
export type FeeRate = Branded<'fraction of notional'>
/** An amount of some coin, named beside it; signed. */
export type Amount = Branded<'amount of a coin'>

/** Raised when text that should be a decimal is not one. Names the field and what was found. */
class NotADecimal extends Error {
  override name = 'NotADecimal'
}

const DECIMAL = /^-?\d{1,30}(\.\d{1,30})?$/
/** No zero too many on either side: as `Decimal` writes it. */
const CANONICAL = /^(-(?!0$))?(0|[1-9]\d*)(\.\d*[1-9])?$/

/**
 * Checks that `text` is a plain decimal (no exponent, no NaN, no spaces) and gives it back in canonical form. @throws
 * NotADecimal with the field's name
 */
export function decimalText(text: unknown, field: string): string {
  if (typeof text !== 'string' || !DECIMAL.test(text)) {
    throw new NotADecimal(`${field}: expected a decimal string, found ${JSON.stringify(text)?.slice(0, 60)}`)
  }
  return CANONICAL.test(text) ? text : new Decimal(text).toFixed()
}

const brand =
  <B extends string>(field: string) =>
  (value: Decimal | string): B =>
    (typeof value === 'string' ? decimalText(value, field) : finite(value, field)) as B

function finite(value: Decimal, field: string): string {
  if (!value.isFinite())
    throw new NotADecimal(`${field}: expected a finite decimal, found ${value.toString()}`)
  return value.toFixed()
}

export const usdt = brand<Usdt>('usdt')
export const baseQty = brand<BaseQty>('baseQty')
export const orderQty = brand<OrderQty>('orderQty')
export const price = brand<Price>('price')
export const fundingRate = brand<FundingRate>('fundingRate')
export const feeRate = brand<FeeRate>('feeRate')
export const amount = brand<Amount>('amount')

export const NO_BASE = '0' as BaseQty
export const NO_USDT = '0' as Usdt
