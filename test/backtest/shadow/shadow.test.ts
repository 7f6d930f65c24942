/** An engine beside its own shadow: an hour that explains itself, and each kind of difference named where one was planted. */
import { Decimal } from 'decimal.js'
import { beforeAll, describe, expect, test } from 'vitest'
import type { HedgeContext } from '../../../machines/hedge/context.ts'
import type { RecordedHedge, ShadowRecords } from '../../../src/backtest/shadow/records.ts'
import { shadowOf } from '../../../src/backtest/shadow/shadow.ts'
import { shadowText } from '../../../src/cli/text/shadow.ts'
import type { DecidedMids } from '../../../src/domain/legs/hedge-order.ts'
import type { Fill } from '../../../src/domain/legs/order.ts'
import { HOUR_MS } from '../../../src/domain/market/funding.ts'
import type { Rules } from '../../../src/domain/rules.ts'
import { amount, price } from '../../../src/domain/units.ts'
import type { Decision } from '../../../src/store/books/decision-store.ts'
import { virtualWorld } from '../../support/simulation/virtual-engine.ts'

const MINUTE_MS = 60_000
const START_AT_MS = Date.UTC(2026, 0, 5, 7, 30)
const SYMBOLS = ['LINKUSDT']

/** An hour with a settlement in it; each hedge is left by a judgement. */
async function anHour(): Promise<{ records: ShadowRecords; rules: Rules }> {
  const world = await virtualWorld(7, START_AT_MS, {
    symbols: SYMBOLS,
    rules: {
      strategy: {
        entryAprMin: -1_000,
        reentryProbability: 1_000,
        listingAgeMsMin: 0,
        // Idle money earns so much that no settlement is worth waiting for.
        idleApr: 20,
        holdMaxMs: 12 * MINUTE_MS,
        coolDownMs: 4 * MINUTE_MS,
      },
    },
  })
  const decisions: Decision[] = []
  const fills: Fill[] = []
  const { keepFills } = world.books
  Object.assign(world.books, {
    keepDecisions: async (rows: readonly Decision[]) =>
      void decisions.push(...rows.map(row => JSON.parse(JSON.stringify(row)) as Decision)),
    keepFills: async (rows: readonly Fill[]) => {
      fills.push(...rows)
      await keepFills(rows)
    },
  })
  const engine = await world.start()
  await world.advance(START_AT_MS + HOUR_MS)
  expect(engine.faults).toEqual([])
  engine.runtime.close()
  const hedges = await hedgesOf(world, fills)
  world.venue.close()
  const records = { account: 'test', fromMs: START_AT_MS, toMs: START_AT_MS + HOUR_MS, decisions, hedges }
  return { rules: world.rules, records: { ...records, refusals: [] } }
}

type World = Awaited<ReturnType<typeof virtualWorld>>
type PlannedEvent = { plan?: { hedgeId: string } }

async function hedgesOf({ journal, books }: World, fills: readonly Fill[]): Promise<RecordedHedge[]> {
  const planned = (await journal.transitions('desk', 0, 1_000)).flatMap(({ event }) => {
    const { plan } = event as PlannedEvent
    return plan ? [plan.hedgeId] : []
  })
  const hedges: RecordedHedge[] = []
  for (const hedgeId of planned) {
    const row = await journal.loadActor(`hedge:${hedgeId}`)
    if (!row) continue
    const { context } = JSON.parse(row.snapshot) as { context: HedgeContext }
    const own = books.rows.filter(each => each.hedgeId === hedgeId).map(each => each.row)
    hedges.push({
      context,
      state: row.state,
      sinceMs: row.sinceMs,
      postings: books.postings.filter(each => each.hedgeId === hedgeId),
      fills: fills.filter(({ orderLinkId }) => orderLinkId.startsWith(hedgeId)),
      mids: await midsOf(journal, row.actorId),
      payments: own
        .filter(({ kind }) => kind === 'settlement')
        .map(({ atMs, funding, qty }) => ({
          settledAtMs: Math.floor(atMs / 1000) * 1000,
          amount: funding,
          qty,
        })),
    })
  }
  return hedges
}

async function midsOf(journal: World['journal'], actorId: string): Promise<RecordedHedge['mids']> {
  const mids: Record<string, DecidedMids> = {}
  for (const { effects } of await journal.transitions(actorId, 0, 10_000))
    for (const { type, params } of effects) {
      const { order } = params as { order?: { orderLinkId: string; decidedMids?: DecidedMids } }
      if (type === 'placeOrder' && order?.decidedMids) mids[order.orderLinkId] = order.decidedMids
    }
  return mids
}

let hour: Awaited<ReturnType<typeof anHour>>
beforeAll(async () => {
  hour = await anHour()
}, 120_000)

const kinds = ({ differences }: ReturnType<typeof shadowOf>) => new Set(differences.map(({ kind }) => kind))

describe('an hour shadowed by itself', () => {
  test('has no unexplained difference, and every decision that was kept is made again', () => {
    const report = shadowOf(hour.records, hour.rules)
    expect(report.hedges.filter(({ made }) => made).length).toBeGreaterThan(2)
    expect(report.decisions.again).toBeGreaterThan(4)
    expect(report.decisions.same).toBe(report.decisions.again)
    expect(report.unexplained).toBe(0)
    expect(kinds(report).has('decision')).toBe(false)
  })

  test('adds up: what the shadow made, with fills and timing, is what the engine made', () => {
    const { hedges, totals } = shadowOf(hour.records, hour.rules)
    const made = hedges.flatMap(each => (each.made ? [each.made] : []))
    for (const { engineUsdt, shadowUsdt, fillUsdt, timingUsdt } of [...made, totals])
      expect(Decimal.sum(shadowUsdt, fillUsdt, timingUsdt).minus(engineUsdt).abs().toNumber()).toBeLessThan(
        1e-12,
      )
    for (const { engineUsdt, shadowUsdt } of made)
      expect(new Decimal(engineUsdt).minus(shadowUsdt).abs().toNumber()).toBeLessThan(5)
  })

  test('reads as a table that names each hedge and each difference', () => {
    const report = shadowOf(hour.records, hour.rules)
    const text = shadowText(report)
    for (const { id } of report.hedges) expect(text).toContain(id)
    for (const { kind } of report.differences) expect(text).toContain(kind)
    expect(text).toContain('in sample')
  })
})

describe('a planted difference is named by its kind', () => {
  const closed = () => {
    const found = hour.records.hedges.find(({ state }) => state === 'closed')
    if (!found) throw new Error('hour: expected a closed hedge, found none')
    return found
  }
  const withHedge = (change: (hedge: RecordedHedge) => Partial<RecordedHedge>): ShadowRecords => {
    const hedge = closed()
    return {
      ...hour.records,
      hedges: hour.records.hedges.map(each => (each === hedge ? { ...each, ...change(each) } : each)),
    }
  }
  const of = (records: ShadowRecords, rules = hour.rules) => {
    const { plan } = closed().context
    const report = shadowOf(records, rules)
    const worth = (kind: string) =>
      Number(
        report.differences.find(each => each.kind === kind && each.hedgeId === plan.hedgeId)?.worthUsdt ?? 0,
      )
    return { report, worth }
  }
  const untouched = () => of(hour.records)

  test('fill: a perpetual that was sold a hundredth cheaper', () => {
    const cheaper = withHedge(({ fills, postings }) => {
      const [sold] = fills.filter(({ market, side }) => market === 'linear' && side === 'Sell')
      if (!sold) throw new Error('hedge: expected a perpetual sold, found none')
      const lost = new Decimal(sold.price).times('0.01').times(sold.qty)
      return {
        fills: fills.map(each =>
          each === sold ? { ...each, price: price(new Decimal(each.price).times('0.99')) } : each,
        ),
        postings: postings.map((each, at) =>
          at === postings.findIndex(({ kind, coin }) => kind === 'wallet' && coin === 'USDT')
            ? { ...each, amount: amount(new Decimal(each.amount).minus(lost)) }
            : each,
        ),
      }
    })
    const [was, is] = [untouched(), of(cheaper)]
    expect(is.worth('fill')).toBeLessThan(was.worth('fill') - 1)
    expect(is.worth('timing')).toBeCloseTo(was.worth('timing'), 6)
  })

  test('timing: books that moved between the decision and its orders', () => {
    const later = withHedge(({ mids, fills }) => ({
      mids: Object.fromEntries(
        Object.entries(mids).map(([id, at]) => {
          const isPerpIn = fills.some(
            each => each.orderLinkId === id && each.market === 'linear' && each.side === 'Sell',
          )
          return [id, isPerpIn ? { ...at, perp: price(new Decimal(at.perp).times('0.99')) } : at]
        }),
      ),
    }))
    const [was, is] = [untouched(), of(later)]
    expect(is.worth('timing')).toBeLessThan(was.worth('timing') - 1)
    expect(is.report.unexplained).toBe(0)
  })

  test('decision: rules that would not have entered', () => {
    const strict: Rules = { ...hour.rules, strategy: { ...hour.rules.strategy, entryAprMin: 1_000 } }
    const { report, worth } = of(hour.records, strict)
    const hedge = report.hedges.find(({ id }) => id === closed().context.plan.hedgeId)
    expect(worth('decision')).toBe(Number(hedge?.made?.engineUsdt))
    expect(hedge?.made?.shadowUsdt).toBe('0')
    const changed = report.differences.find(({ hedgeId, kind }) => hedgeId === null && kind === 'decision')
    expect(changed?.engine).toContain('tempting')
    expect(changed?.shadow).toContain('carry-below-entry')
  })

  test('decision: a person who ended it, and a desk that said no', () => {
    const asked = withHedge(({ context }) => ({ context: { ...context, unwindBecause: 'operator' } }))
    const refusals = [1, 2].map(minute => ({
      symbol: 'LINKUSDT',
      atMs: START_AT_MS + minute * MINUTE_MS,
      because: 'no-room: found 0, limit 10',
    }))
    const { report } = of({ ...asked, refusals })
    const told = report.differences.filter(({ kind }) => kind === 'decision').map(({ engine }) => engine)
    expect(told).toContain('left: operator')
    expect(told).toContain('the desk said no 2 times: no-room: found 0, limit 10')
  })

  test('unexplained: a hedge whose decision was not kept, and a fill without the middle of its decision', () => {
    const { decidedAtMs, symbol } = closed().context.plan
    const lost = hour.records.decisions.filter(each => each.atMs !== decidedAtMs || each.symbol !== symbol)
    expect(of({ ...hour.records, decisions: lost }).report.unexplained).toBe(1)
    expect(of(withHedge(() => ({ mids: {} }))).report.unexplained).toBe(1)
  })
})
