/** An engine with one hedge and nothing wrong, to be changed in one place. */
import type { HedgeSeen, Observation } from '../../../src/alerts/rules.ts'

const HOUR_MS = 3_600_000
const NOW_MS = 1_000 * HOUR_MS + 20 * 60_000

export const seenHedge = (change: Partial<HedgeSeen> = {}): HedgeSeen => ({
  id: 'hedge:TEST000001',
  symbol: 'BTCUSDT',
  state: 'hedged.watch',
  unbalancedSinceMs: 0,
  unhedgedNotionalUsdt: '0',
  limits: { unhedgedMsMax: 30_000, unhedgedNotionalUsdtMax: '1000' },
  failure: null,
  orders: [],
  hedgedAtMs: NOW_MS - 5 * HOUR_MS,
  lastSettlementAtMs: 1_000 * HOUR_MS,
  schedule: { nextFundingAtMs: 1_001 * HOUR_MS, fundingIntervalMs: HOUR_MS },
  ...change,
})

export const well = (): Observation => ({
  nowMs: NOW_MS,
  engineState: 'trading',
  engineBecause: '',
  accountUp: true,
  orderEntryReady: true,
  keyRefusal: undefined,
  judgedAgeMs: 0,
  auditedAgeMs: 0,
  ownsAccount: true,
  journalOldestWallMs: 3,
  database: { ok: true, detail: 'answers' },
  clockOffWallMs: 12,
  diskFreeBytes: 100 * 2 ** 30,
  feedAgesMs: { spot: 40, linear: 900 },
  maintenanceMarginRate: '0.02',
  hedges: [seenHedge()],
  quarantined: [],
})
