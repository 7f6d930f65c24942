import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { ALERTS, type RuleName } from '../../src/alerts/catalogue.ts'
import { type Bounds, judge, type Observation } from '../../src/alerts/rules.ts'
import { seenHedge, well } from '../support/alerts/well.ts'

const BOUNDS: Bounds = {
  maintenanceMarginRateMax: 0.5,
  feedSilentMs: 60_000,
  auditedAgeMsMax: 150_000,
  judgedAgeMsMax: 150_000,
  settlementMissedMs: 600_000,
  orderUnknownMs: 60_000,
  clockOffWallMsMax: 1_000,
  journalSlowWallMs: 1_000,
}
const NOW_MS = well().nowMs
const found = (change: Partial<Observation>) => judge({ ...well(), ...change }, BOUNDS).found

test('nothing is wrong with an engine that is well', () => {
  expect(judge(well(), BOUNDS)).toEqual({ found: [], unsure: new Set() })
})

const WRONG: Record<RuleName, { change: Partial<Observation>; subject: string }> = {
  'hedge.naked-leg': {
    change: { hedges: [seenHedge({ unbalancedSinceMs: NOW_MS - 30_001 })] },
    subject: 'hedge:TEST000001',
  },
  'hedge.failed': {
    change: { hedges: [seenHedge({ state: 'failed', failure: 'legs differ' })] },
    subject: 'hedge:TEST000001',
  },
  'order.unknown': {
    change: {
      hedges: [seenHedge({ orders: [{ orderLinkId: 'TEST000001-s-e-0', decidedAtMs: NOW_MS - 60_001 }] })],
    },
    subject: 'TEST000001-s-e-0',
  },
  'actor.quarantined': {
    change: { quarantined: [{ id: 'symbol:BTCUSDT', error: 'again' }] },
    subject: 'symbol:BTCUSDT',
  },
  'settlement.missed': {
    change: { hedges: [seenHedge({ lastSettlementAtMs: 0 })] },
    subject: 'hedge:TEST000001',
  },
  'margin.high': { change: { maintenanceMarginRate: '0.5' }, subject: '' },
  'feed.silent': { change: { feedAgesMs: { spot: 60_001, linear: 3 } }, subject: 'spot' },
  'account.down': { change: { accountUp: false }, subject: '' },
  'risk.unjudged': { change: { judgedAgeMs: 200_000 }, subject: '' },
  'account.unaudited': { change: { auditedAgeMs: 200_000 }, subject: '' },
  'account.key-refused': {
    change: { keyRefusal: { code: 33004, says: 'The API key has expired.' } },
    subject: '',
  },
  'order-entry.down': { change: { orderEntryReady: false }, subject: '' },
  'engine.not-trading': { change: { engineState: 'reconciling' }, subject: '' },
  'clock.off': { change: { clockOffWallMs: -1_001 }, subject: '' },
  'lease.lost': { change: { ownsAccount: false }, subject: '' },
  'journal.slow': { change: { journalOldestWallMs: 1_001 }, subject: '' },
  'disk.low': { change: { diskFreeBytes: 2_048 * 1_048_576 - 1 }, subject: '' },
  'database.unreachable': { change: { database: { ok: false, detail: 'ECONNREFUSED' } }, subject: '' },
}

test.each(Object.entries(WRONG))('%s is found, alone, and names its subject', (name, { change, subject }) => {
  expect(found(change)).toEqual([expect.objectContaining({ name, subject })])
})

test('a leg that is naked beyond its notional is found at once', () => {
  const hedges = [seenHedge({ unbalancedSinceMs: NOW_MS, unhedgedNotionalUsdt: '1000.01' })]
  expect(found({ hedges })).toHaveLength(1)
  const within = [seenHedge({ unbalancedSinceMs: NOW_MS, unhedgedNotionalUsdt: '1000' })]
  expect(found({ hedges: within })).toEqual([])
})

test('what costs only opportunity is a ticket, and a page once a hedge is open', () => {
  expect(found({ accountUp: false, hedges: [] })[0]?.severity).toBe('ticket')
  expect(found({ accountUp: false })[0]?.severity).toBe('page')
})

test('a rule that cannot know says so and finds nothing', () => {
  const blind = {
    database: undefined,
    clockOffWallMs: undefined,
    diskFreeBytes: undefined,
    maintenanceMarginRate: undefined,
  }
  const { found: wrong, unsure } = judge({ ...well(), ...blind }, BOUNDS)
  expect(wrong).toEqual([])
  expect([...unsure].sort()).toEqual(['clock.off', 'database.unreachable', 'disk.low', 'margin.high'])
})

test('a disk that is filling up is a ticket, and a page while there is still time to make room', () => {
  const free = (mib: number) => found({ diskFreeBytes: mib * 1_048_576 })[0]
  expect(free(2_048)).toBeUndefined()
  expect(free(2_047)).toMatchObject({ severity: 'ticket', detail: { freeMiB: 2_047 } })
  expect(free(512)?.severity).toBe('ticket')
  expect(free(511)).toMatchObject({ severity: 'page', detail: { freeMiB: 511 } })
})

test('an engine that is told to stop is not called down', () => {
  expect(found({ engineState: 'stopping', accountUp: false })).toEqual([])
})

describe('the runbook', () => {
  const runbook = readFileSync(new URL('../../RUNBOOK.md', import.meta.url), 'utf8')
  const chapters = runbook.match(/^### `[\w.-]+`$/gm)?.map(line => line.slice(5, -1)) ?? []

  test('has a chapter on every alert, and on none that there is not', () => {
    expect(chapters.toSorted()).toEqual(Object.keys(ALERTS).toSorted())
  })
})
