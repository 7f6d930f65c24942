/** Small histories of our own making, and the same as the tables people import. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { replayRules } from '../../../src/backtest/replay/rules.ts'
import { CROSSING, feeLevel, type Variant } from '../../../src/backtest/variant.ts'
import { loadConfig } from '../../../src/config/config.ts'
import { HOUR_MS } from '../../../src/domain/market/funding.ts'
import type { Rules } from '../../../src/domain/rules.ts'
import { usdt } from '../../../src/domain/units.ts'
import type { History, SymbolHistory } from '../../../src/exchange/simulator/history/files.ts'
import { builtInUniverse } from '../../../src/exchange/simulator/universe/universe.ts'

export const FROM_MS = Date.UTC(2025, 9, 1)
export const DAY_MS = 24 * HOUR_MS

type Invented = {
  symbol?: string
  days: number
  /** Per settlement, each eight hours from 08:00 on; the last stays. */
  rates: readonly string[]
  spotPrice?: (hour: number) => number
  perpPrice?: (hour: number) => number
}

export function invented(of: Invented): SymbolHistory {
  const { symbol = 'SOLUSDT', days, rates, spotPrice = () => 200, perpPrice = () => 200 } = of
  const hours = Array.from({ length: 24 * days }, (_, hour) => hour)
  return {
    symbol,
    prices: hours.map(hour => ({
      atMs: FROM_MS + hour * HOUR_MS,
      spotPrice: spotPrice(hour),
      perpPrice: perpPrice(hour),
    })),
    settlements: hours
      .filter(hour => hour > 0 && hour % 8 === 0)
      .map((hour, at) => ({
        atMs: FROM_MS + hour * HOUR_MS,
        rate: rates[at] ?? rates.at(-1) ?? '0',
        intervalMs: 8 * HOUR_MS,
      })),
  }
}

export const historyOfDays = (symbols: readonly SymbolHistory[], days: number): History => ({
  symbols: [...symbols],
  universe: builtInUniverse(symbols.map(({ symbol }) => symbol)),
  unusable: [],
  faults: [],
  files: ['invented'],
  fromMs: FROM_MS,
  toMs: FROM_MS + days * DAY_MS,
})

export const defaultRules = (): Rules => loadConfig({ cwd: '/', env: { HEDGEROW_MODE: 'replay' } }).rules

/** The default rules on these symbols, with fees of the lowest level, by legs that cross one after the other. */
export function variantOf(symbols: readonly string[], strategy: Partial<Rules['strategy']> = {}): Variant {
  const rules = replayRules(defaultRules(), true, symbols)
  const fees = feeLevel('vip0')
  if (!fees) throw new Error('vip0: expected published fees, found none')
  const routes = CROSSING.filter(route => route === 'spot-first')
  return {
    name: 'test',
    fees,
    routes,
    rules: {
      ...rules,
      execution: { ...rules.execution, routes },
      strategy: { ...rules.strategy, symbols, ...strategy },
    },
    capitalUsdt: usdt('10000'),
    seed: 3,
  }
}

/** In at the first look and never out: the engine then does what holding does. */
export const HOLDS: Partial<Rules['strategy']> = {
  entryAprMin: -1000,
  reentryProbability: 1000,
  basisStopBps: 1_000_000,
  basisEntryBpsMax: 1_000_000,
  hedgeLossBpsMax: 0,
}

/** Writes a history as the tables that `data import` takes. */
export function writeTables(folder: string, symbols: readonly SymbolHistory[]): string[] {
  const funding = symbols.flatMap(({ symbol, settlements }) =>
    settlements.map(({ atMs, rate, intervalMs }) => `${symbol},${atMs},${rate},${intervalMs / HOUR_MS}`),
  )
  const files = [join(folder, 'funding.csv')]
  writeFileSync(
    join(folder, 'funding.csv'),
    ['symbol,fundingRateTimestamp,fundingRate,observedIntervalHours', ...funding, ''].join('\n'),
  )
  for (const { symbol, prices } of symbols) {
    const file = join(folder, `${symbol.replace(/USDT$/, '')}_1h.csv`)
    const rows = prices.map(({ atMs, spotPrice, perpPrice }) => `${atMs},${perpPrice},${spotPrice}`)
    writeFileSync(file, ['openTime,open_perp,open_spot', ...rows, ''].join('\n'))
    files.push(file)
  }
  return files
}
