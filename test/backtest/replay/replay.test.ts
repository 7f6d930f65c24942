/** Mode replay over two recorded weeks, with the real engine and the real store. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Decimal } from 'decimal.js'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { replayed, replayHistory } from '../../../src/backtest/replay/replay.ts'
import type { ReplayReport } from '../../../src/backtest/replay/report.ts'
import { replayText } from '../../../src/backtest/replay/report.ts'
import { replayRules } from '../../../src/backtest/replay/rules.ts'
import { shadowRecords } from '../../../src/backtest/shadow/records.ts'
import { shadowOf } from '../../../src/backtest/shadow/shadow.ts'
import { loadConfig } from '../../../src/config/config.ts'
import { HOUR_MS } from '../../../src/domain/market/funding.ts'
import { type History, readHistory } from '../../../src/exchange/simulator/history/files.ts'
import { prepareDataDir, StartFault } from '../../../src/run/start/data-folder.ts'
import { openForReading, silentStoreLog } from '../../../src/store/database.ts'
import { startEmbedded } from '../../../src/store/embedded/embedded.ts'
import { silentTelemetry } from '../../../src/telemetry/telemetry.ts'
import { historyOfDays, invented } from '../../support/backtest/invented.ts'

const DATA = join(import.meta.dirname, '../../../../shared/data')
const present = existsSync(DATA)
if (!present) console.warn('skipped: ../shared is not beside this checkout, history is not replayed')

const FROM_MS = Date.UTC(2025, 7, 21)
const TO_MS = Date.UTC(2025, 8, 4)
const DAY_MS = 24 * HOUR_MS
/** Taken out of the records: prices of SOL from here on for five hours. */
const HOLE_AT_MS = FROM_MS + 12 * DAY_MS + 3 * HOUR_MS
const HOLE_MS = 5 * HOUR_MS

const dataDir = mkdtempSync(join(tmpdir(), 'hedgerow-replay-'))
afterAll(() => rmSync(dataDir, { recursive: true, force: true }))
const config = (env: Record<string, string> = {}) =>
  loadConfig({
    cwd: '/',
    env: { HEDGEROW_MODE: 'replay', HEDGEROW_DATA_DIR: dataDir, HEDGEROW_HISTORY_DIR: DATA, ...env },
  })
const nowhere = { write: () => true }

/** Two recorded weeks with a hole of our own making. */
function withHole(): History {
  const history = readHistory(DATA, { fromMs: FROM_MS, toMs: TO_MS })
  const isGone = (atMs: number) => atMs >= HOLE_AT_MS && atMs < HOLE_AT_MS + HOLE_MS
  const symbols = history.symbols.map(each =>
    each.symbol === 'SOLUSDT' ? { ...each, prices: each.prices.filter(({ atMs }) => !isGone(atMs)) } : each,
  )
  const fault = {
    symbol: 'SOLUSDT',
    kind: 'missing price hours' as const,
    fromMs: HOLE_AT_MS,
    toMs: HOLE_AT_MS + HOLE_MS,
  }
  return { ...history, symbols, faults: [...history.faults, fault] }
}

test('a folder without records is named, and nothing is made', async () => {
  const faulty = config({ HEDGEROW_HISTORY_DIR: '/nowhere/at/all' })
  const asked = replayHistory(faulty, silentTelemetry(), { out: nowhere })
  await expect(asked).rejects.toThrow(StartFault)
  await expect(asked).rejects.toThrow(
    /HEDGEROW_HISTORY_DIR: expected a folder with funding and prices, found no funding in \/nowhere\/at\/all/,
  )
  expect(existsSync(join(dataDir, 'postgres'))).toBe(false)
})

test('one that is told to stop ends its database too', async () => {
  const history = historyOfDays([invented({ days: 60, rates: ['0.0001'] })], 60)
  const told = new AbortController()
  const stopping = {
    write(text: string) {
      if (/^28 of/.test(text)) told.abort()
      return true
    },
  }
  prepareDataDir(dataDir)
  await expect(replayed(config(), history, silentTelemetry(), stopping, told.signal)).rejects.toThrow(
    'the replay was stopped before its end',
  )
  expect(existsSync(join(dataDir, 'postgres', 'data', 'PG_VERSION'))).toBe(true)
  expect(existsSync(join(dataDir, 'postgres', 'data', 'postmaster.pid'))).toBe(false)
})

describe.skipIf(!present)('two recorded weeks, replayed', () => {
  let report: ReplayReport
  let history: History
  beforeAll(async () => {
    prepareDataDir(dataDir)
    history = withHole()
    report = await replayed(config(), history, silentTelemetry(), nowhere)
  })

  test('open hedges, and end with all of them closed', () => {
    expect(report.hedges.length).toBeGreaterThan(0)
    for (const { state, openedAtMs, closedAtMs } of report.hedges) {
      expect(state).toBe('closed')
      expect(closedAtMs).toBeGreaterThan(openedAtMs)
    }
  })

  test('leave the ledger without a residual and without an unexplained posting', () => {
    expect(Object.keys(report.residuals)).toContain('USDT')
    expect(Object.values(report.residuals).every(residual => residual === '0')).toBe(true)
    expect(report.suspense).toBe(0)
  })

  test('book every settlement of every open hedge at the recorded rate', () => {
    const { funding, hedges, totals } = report
    expect(funding.payments).toBeGreaterThan(3)
    expect(funding.missed).toBe(0)
    expect(funding.bookedUsdt).toBe(funding.recordedUsdt)
    expect(new Decimal(totals.fundingUsdt).eq(funding.bookedUsdt)).toBe(true)
    expect(hedges.reduce((sum, { settlements }) => sum + settlements, 0)).toBe(funding.payments)
  })

  test('do nothing in an hour without a price, and say that it is missing', () => {
    const acted = report.hedges
      .filter(({ symbol }) => symbol === 'SOLUSDT')
      .flatMap(({ openedAtMs, closedAtMs }) => [openedAtMs, closedAtMs ?? 0])
    expect(acted.length).toBeGreaterThan(0)
    expect(acted.filter(atMs => atMs >= HOLE_AT_MS && atMs < HOLE_AT_MS + HOLE_MS)).toEqual([])
    expect(report.missing.priceHours).toBe(5)
    expect(replayText(report)).toContain(
      'SOLUSDT: missing price hours from 2025-09-02 03:00 to 2025-09-02 08:00',
    )
  })

  test('add up: funding less fees plus trading is the net of each hedge', () => {
    for (const { fundingUsdt, feesUsdt, tradingUsdt, interestUsdt, netUsdt } of report.hedges) {
      expect(new Decimal(fundingUsdt).minus(feesUsdt).plus(tradingUsdt).plus(interestUsdt).eq(netUsdt)).toBe(
        true,
      )
    }
  })

  test('fold again from the journal to the same rows', () => {
    expect(report.journal.differences).toEqual([])
    expect(report.journal.unchecked).toEqual([])
    expect(report.journal.actors).toBeGreaterThan(report.hedges.length)
  })

  test('explain themselves to their shadow, read from the database they left', async () => {
    const server = await startEmbedded({ dataDir, log: silentStoreLog })
    const database = await openForReading({ ...server, log: silentStoreLog })
    const symbols = history.symbols.map(({ symbol }) => symbol)
    const stretch = { account: report.account, fromMs: FROM_MS, toMs: TO_MS }
    const records = await shadowRecords(database, stretch)
    const shadow = shadowOf(records, replayRules(config().rules, false, symbols))
    const writing = database.pool.query('delete from decision')
    await expect(writing).rejects.toThrow(/read-only transaction/)
    await database.close()
    await server.stop()
    expect(shadow.unexplained).toBe(0)
    expect(shadow.decisions.again).toBeGreaterThan(report.hedges.length)
    expect(shadow.decisions.same).toBe(shadow.decisions.again)
    expect(shadow.hedges.map(({ id }) => id)).toEqual(report.hedges.map(({ id }) => id))
    for (const [at, { made }] of shadow.hedges.entries())
      expect(Number(made?.engineUsdt)).toBeCloseTo(Number(report.hedges[at]?.netUsdt), 1)
  })

  test('say whose prices they are', () => {
    expect(replayText(report)).toMatch(/another exchange/)
  })
})
