/** What a backtest is run with: rules, fees, routes and money, and what of it hourly records ask for. */
import { Decimal } from 'decimal.js'
import { z } from 'zod'
import type { Route } from '../domain/instrument.ts'
import { ALL_TAKER, roundTripRate } from '../domain/market/fees.ts'
import type { Rules } from '../domain/rules.ts'
import { decimalText, feeRate, type Usdt, usdt } from '../domain/units.ts'
import type { FeeTable } from '../exchange/simulator/kit/grid.ts'

/** Fees of a variant: Bybit's published levels by name, or a file of one's own. Fractions of notional. */
export type NamedFees = { name: string; table: FeeTable }

const level = (spotTaker: string, spotMaker: string, perpTaker: string, perpMaker: string): FeeTable => ({
  spot: { taker: spotTaker, maker: spotMaker },
  linear: { taker: perpTaker, maker: perpMaker },
})

/** Source: Bybit's fee page, as the playbook's table of four fills quotes it. An account's own come from `fee-rate`. */
const LEVELS: Readonly<Record<string, FeeTable>> = {
  vip0: level('0.001', '0.001', '0.00055', '0.0002'),
  vip1: level('0.0008', '0.000675', '0.0004', '0.00018'),
  vip2: level('0.000775', '0.00065', '0.000375', '0.00016'),
  vip3: level('0.00075', '0.000625', '0.00035', '0.00014'),
  vip4: level('0.0006', '0.0005', '0.00032', '0.00012'),
  vip5: level('0.0005', '0.0004', '0.00032', '0.0001'),
  supreme: level('0.00045', '0.0003', '0.0003', '0'),
}
export const FEE_LEVELS = Object.keys(LEVELS)

/** The published fees of a level; undefined for a name that is none. */
export function feeLevel(name: string): NamedFees | undefined {
  const table = LEVELS[name.toLowerCase()]
  return table && { name: name.toLowerCase(), table }
}

const rate = z.string().transform((text, context) => {
  try {
    return decimalText(text, 'fee')
  } catch {
    context.addIssue({ code: 'custom', message: `expected a fraction such as 0.001, found ${text}` })
    return z.NEVER
  }
})
const rates = z.strictObject({ taker: rate, maker: rate })
const feeFile = z.strictObject({ spot: rates, perp: rates })

/** Fees as a file holds them: `spot` and `perp`, each with `taker` and `maker` as text. @throws naming each key that is wrong */
export function readFees(name: string, content: unknown): NamedFees {
  const parsed = feeFile.safeParse(content)
  if (!parsed.success) {
    const faults = parsed.error.issues.map(
      ({ path, message }) => `${path.join('.') || 'the file'}: ${message}`,
    )
    throw new Error(`${name}: ${faults.join('; ')}`)
  }
  return { name, table: { spot: parsed.data.spot, linear: parsed.data.perp } }
}

/** Four crossing fills, bps of notional. */
export function allTakerBps({ table: { spot, linear } }: NamedFees): number {
  const of = ({ taker, maker }: typeof spot) => ({ taker: feeRate(taker), maker: feeRate(maker) })
  return roundTripRate({ spot: of(spot), perp: of(linear) }, ALL_TAKER)
    .times(10_000)
    .toNumber()
}

export type Variant = {
  name: string
  fees: NamedFees
  routes: readonly Route[]
  /** The rules as run: the configuration's, with these routes and with what hourly records ask for. */
  rules: Rules
  capitalUsdt: Usdt
  seed: number
}

/**
 * Routes whose fills hourly records can tell: each crosses the book. A resting order would wait in a book that stands still
 * for an hour, and nothing would be learnt of it.
 */
export const CROSSING: readonly Route[] = ['spread', 'parallel', 'spot-first', 'perp-first']

/**
 * The account's capital when nobody names one: what the limits let the tracked symbols bind and the free margin that must
 * remain, rounded up to a thousand so that the first fees do not already forbid the next hedge. Returns are measured on it.
 */
export function capitalFor({ strategy, limits }: Rules, symbols: number): Usdt {
  const hedges = Math.min(symbols, limits.hedgesMax)
  const notional = Decimal.min(
    new Decimal(limits.hedgeNotionalUsdtMax).times(hedges),
    limits.totalNotionalUsdtMax,
  )
  const bound = notional.times(1 + strategy.capitalBuffer).plus(limits.freeMarginUsdtMin)
  return usdt(bound.div(1000).ceil().times(1000))
}

/** Each symbol's share of the capital as notional: no more than a hedge may have, no more than its buffer leaves room for. */
export function shareUsdt({ rules: { strategy, limits }, capitalUsdt }: Variant, symbols: number): Usdt {
  const free = new Decimal(capitalUsdt).minus(limits.freeMarginUsdtMin).div(1 + strategy.capitalBuffer)
  const share = Decimal.min(free, limits.totalNotionalUsdtMax).div(symbols)
  return usdt(Decimal.min(share, limits.hedgeNotionalUsdtMax).toDecimalPlaces(18, Decimal.ROUND_DOWN))
}
