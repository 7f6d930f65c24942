import { expect, test } from 'vitest'
import { createRecorder } from '../../../actors/account/recorder.ts'
import { judgeEntry } from '../../../src/domain/entry/opportunity.ts'
import { NO_MEMORY } from '../../../src/domain/exit/judgement.ts'
import type { Fill } from '../../../src/domain/legs/order.ts'
import type { Decision } from '../../../src/store/books/decision-store.ts'
import type { Telemetry } from '../../../src/telemetry/telemetry.ts'
import { marketOn, NOW_MS, RULES, XRP } from '../../support/domain/sample-market.ts'
import { fillOf } from '../../support/domain/sample-trades.ts'

const telemetry = { log: { warn: () => {} } } as unknown as Telemetry
const NOTHING = { keepFills: async () => {}, keepOrders: async () => {} }

test('what could not be written goes with the next that is heard', async () => {
  const written: string[] = []
  let broken = true
  const keepFills = async (fills: readonly Fill[]) => {
    if (broken) throw new Error('the database is away')
    written.push(...fills.map(({ execId }) => execId))
  }
  const recorder = createRecorder({ ...NOTHING, keepFills }, telemetry)
  recorder.fill(fillOf({ execId: 'a' }))
  recorder.fill(fillOf({ execId: 'b' }))
  await expect.poll(() => written).toEqual([])
  broken = false
  recorder.fill(fillOf({ execId: 'c' }))
  await expect.poll(() => written).toEqual(['a', 'b', 'c'])
})

test('of judgements, only one that changes the verdict or its reason, or is acted on, is kept, with its figures', async () => {
  const kept: Decision[] = []
  const keepDecisions = async (rows: readonly Decision[]) => void kept.push(...rows)
  const recorder = createRecorder({ ...NOTHING, keepDecisions }, telemetry)
  const judged = judgeEntry(marketOn(XRP), RULES, NOW_MS)
  const exit = {
    symbol: 'XRPUSDT',
    judgementsInARow: 0,
    stopSinceMs: null,
    fundingApr: 0.1,
    exitBasisBps: 3,
    found: '1',
    limit: '2',
  }
  const market = marketOn(XRP)
  const hedge = { entryBasisBps: 1, hedgedAtMs: NOW_MS, maintenanceMarginRate: '0' }
  const asked = { market, hedge, before: NO_MEMORY, inputs: {} }
  const at = (ms: number) => ({ judgedAtMs: NOW_MS + ms })
  const leave = { ...exit, verdict: 'leave', because: 'carry-gone' } as const
  recorder.judged.entry(judged, market)
  recorder.judged.entry({ ...judged, found: 'a little more', ...at(1) }, market)
  recorder.judged.exit({ ...exit, verdict: 'hold', because: 'carry-stays', ...at(2) }, asked)
  recorder.judged.entry({ ...judged, because: 'settlement-near', verdict: 'quiet', ...at(3) }, market)
  recorder.judged.entry({ ...judged, ...at(4) }, market)
  recorder.judged.planned({ ...judged, ...at(5) }, market)
  recorder.judged.exit({ ...leave, ...at(6) }, asked)
  recorder.judged.exit({ ...leave, ...at(7) }, asked)
  recorder.judged.left({ ...leave, ...at(7) }, asked)
  await expect
    .poll(() => kept.map(({ about, atMs }) => `${about} ${atMs - NOW_MS}`))
    .toEqual(['entry 0', 'exit 2', 'entry 3', 'entry 4', 'entry 5', 'exit 6', 'exit 7'])
  expect(kept[0]).toMatchObject({ verdict: judged.verdict, found: judged.found, limit: judged.limit })
  expect(kept[0]?.detail.carry).toMatchObject({ netUsdt: judged.carry?.netUsdt })
  expect(kept[0]?.detail.carry).not.toHaveProperty('routes')
  const looked = kept.filter(({ detail }) => detail.asked !== undefined).map(({ atMs }) => atMs - NOW_MS)
  // What may move money can be judged again; a quiet entry cannot.
  expect(looked).toEqual(judged.verdict === 'tempting' ? [0, 2, 4, 5, 6, 7] : [2, 6, 7])
})
