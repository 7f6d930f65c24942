/**
 * Promises 1, 2, 5, 6 and 7 against SIGKILL: the engine and the simulated exchange are real processes, the engine is killed
 * at seeded moments (around commits, around sends, at random), and everything is judged from the outside, by what the
 * exchange shows and what the journal holds. `HEDGEROW_E2E_SEED` replays a failing seed, `HEDGEROW_E2E_KILLS` sets the count.
 */
import { readFileSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { Pool } from 'pg'
import { expect, inject, onTestFailed, onTestFinished, test } from 'vitest'
import { verifyReplay } from '../../../actors/runtime/replay.ts'
import { deskMachine } from '../../../machines/desk.ts'
import { engineMachine } from '../../../machines/engine.ts'
import { hedgeMachine } from '../../../machines/hedge/hedge.ts'
import { supervisorMachine } from '../../../machines/supervisor.ts'
import { symbolMachine } from '../../../machines/symbol.ts'
import { nextFraction, type RandomState, randomState } from '../../../src/exchange/simulator/kit/random.ts'
import { journalReader } from '../../../src/store/journal/reader.ts'
import { openSite, type Site } from '../../support/process/crash-site.ts'
import { type Actor, type Engine, type EngineApi, engineApi } from '../../support/process/engine-api.ts'
import { judgeHoldings } from '../../support/process/holdings.ts'
import { type Kill, killPlan } from '../../support/process/kill-plan.ts'
import { positions } from '../../support/process/outside.ts'
import { addressOf, eventually } from '../../support/process/processes.ts'

const SEED = Number(process.env.HEDGEROW_E2E_SEED ?? 20_261_122)
const KILLS = Number(process.env.HEDGEROW_E2E_KILLS ?? (inject('thorough') ? 120 : 8))
const SPEED = '60'
/** A kill whose point is not reached by then comes anyway. */
const PATIENCE_MS = 8_000
const SETTLE_MS = 180_000

/** Leaves hedges now and then, as a person would: else those with a good carry would stay for ever. */
async function unwindSome(api: EngineApi, chance: RandomState): Promise<void> {
  const held = await api.get<Actor[]>('/api/actors?kind=symbol&state=hedged')
  for (const { id } of held) {
    if (nextFraction(chance) < 0.3) await api.post(`/api/actors/${id}/events`, { type: 'symbol.unwind' })
  }
  // And of some only a part, at whatever moment that is cut off.
  for (const { id } of await api.get<Actor[]>('/api/actors?kind=hedge&state=hedged.watching')) {
    if (nextFraction(chance) < 0.5)
      await api.post(`/api/actors/${id}/events`, { type: 'hedge.unwind-part', share: '0.5' })
  }
}

type Death = { by: string; startMs: number | undefined }

/** One life of the engine; gives how it ended, and how long it took until it listened. */
async function liveAndDie(site: Site, kill: Kill, chance: RandomState): Promise<Death> {
  const bornMs = performance.now()
  const engine = site.startEngine(kill)
  const killed = async (by: string, startMs?: number): Promise<Death> => {
    engine.kill('SIGKILL')
    const ending = await engine.ended
    expect(ending, engine.out().slice(-3000) + engine.err()).toEqual({ code: null, signal: 'SIGKILL' })
    return { by, startMs }
  }
  if (kill.point === 'while-starting') {
    await Promise.race([engine.ended, pause(kill.afterMs)])
    return killed(kill.point)
  }
  const url = await addressOf(engine)
  const startMs = performance.now() - bornMs
  const untilMs = performance.now() + (kill.point === 'at-random' ? kill.afterMs : PATIENCE_MS)
  const leftMs = () => untilMs - performance.now()
  const api = engineApi(url ?? '', site.dataDir)
  while (!engine.ending() && leftMs() > 0) {
    // It may die in the middle of an answer.
    await unwindSome(api, chance).catch(() => undefined)
    await Promise.race([engine.ended, pause(Math.min(200, Math.max(1, leftMs())))])
  }
  return killed(engine.ending() ? kill.point : 'at-random', startMs)
}

/** Every residual 0, of more coins than one; undefined while it is not so. */
async function tied(api: EngineApi): Promise<number | undefined> {
  const { ledgerResiduals } = await api.get<Engine>('/api/engine')
  const values = Object.values(ledgerResiduals)
  return values.length > 1 && values.every(value => value === '0') ? values.length : undefined
}

/** Faults have stopped: within a bounded time every hedge is hedged or flat, and the ledger ties out (promises 5 and 6). */
async function comeToRest(site: Site) {
  const engine = site.startEngine()
  const api = engineApi((await addressOf(engine)) ?? '', site.dataDir)
  const seen = () => engine.out().slice(-4000)
  const within = { withinMs: SETTLE_MS, everyMs: 200, seen }
  await api.post('/api/engine/halt', { because: 'the test is over' })
  const hedges = () => api.get<Actor[]>('/api/actors?kind=hedge')
  await eventually(
    'every hedge hedged or closed, the engine halted',
    async () => {
      const isHalted = (await api.get<Engine>('/api/engine')).state === 'halted'
      return isHalted && (await hedges()).every(({ state }) => state === 'hedged.watching')
    },
    within,
  )
  const residuals = await eventually('a ledger that ties out', () => tied(api), within)
  const held = await site.journal.hedges()
  const farthestApartLots = await judgeHoldings(site.exchange, held)

  await api.post('/api/engine/flatten', {})
  await eventually('every hedge closed', async () => (await hedges()).length === 0, within)
  expect(await positions(site.exchange)).toEqual({})
  await eventually('a ledger that ties out', () => tied(api), within)
  engine.kill('SIGTERM')
  expect(await engine.ended, engine.err()).toEqual({ code: 0, signal: null })
  const hedgedAtTheEnd = held.filter(({ status }) => status === 'active').length
  const inParts = held.filter(({ context }) => context.beforeParts).length
  return { inParts, hedges: held.length, hedgedAtTheEnd, farthestApartLots, coinsWithResidualZero: residuals }
}

const twice = (list: readonly string[]) => list.length - new Set(list).size

/** Promises 1 and 2 over the whole run. */
async function judgeOrders({ ids, journal, sendsFile, accepted }: Site) {
  const sends = readFileSync(sendsFile, 'utf8').split('\n').filter(Boolean)
  expect(twice(sends), 'order ids that were sent twice').toBe(0)
  expect(twice(ids), 'order ids that the exchange has twice').toBe(0)
  expect(await accepted(), 'orders that the exchange accepted').toBe(ids.length)
  const intents = await journal.intents()
  expect([...intents].filter(([, times]) => times !== 1)).toEqual([])
  const steps = [...intents.keys()].map(id => id.replace(/-([SPC])[EXRB]/, '-$1'))
  expect(twice(steps), 'steps of a leg with two orders').toBe(0)
  return { orders: ids.length, intents: intents.size, duplicates: twice(ids), resent: twice(sends) }
}

const durable = <Machine>(machine: Machine) => ({ machine, effects: {} })
const KINDS = {
  engine: durable(engineMachine),
  supervisor: durable(supervisorMachine),
  desk: durable(deskMachine),
  symbol: durable(symbolMachine),
  hedge: durable(hedgeMachine),
}

/** Promise 7, of every actor that ever lived. */
async function judgeReplay({ embedded, journal }: Site) {
  const { socketDir: host, user, database } = embedded
  const pool = new Pool({ host, user, database })
  const { rows } = await pool.query<{ account: string }>('select distinct account from actor')
  expect(rows).toHaveLength(1)
  const reader = journalReader(pool, rows[0]?.account ?? '', ask => ask())
  const { differences, steps } = await verifyReplay(reader, KINDS, { actorIds: await journal.actorIds() })
  await pool.end()
  expect(differences).toEqual([])
  expect(steps, 'steps that were folded again').toBeGreaterThan(0)
  return { replayedSteps: steps }
}

test(`${KILLS} kills leave no second order, no order without an intent, and every hedge hedged or flat`, {
  timeout: inject('thorough') ? 1_800_000 : 300_000,
}, async () => {
  onTestFailed(() => {
    process.stdout.write(`crash test failed: HEDGEROW_E2E_SEED=${SEED} HEDGEROW_E2E_KILLS=${KILLS}\n`)
  })
  const beganMs = performance.now()
  const seconds = () => Math.round((performance.now() - beganMs) / 1000)
  const site = await openSite(SEED, SPEED)
  onTestFinished(site.close)

  const chance = randomState(SEED, 2)
  const kills: Record<string, number> = {}
  const startsMs: number[] = []
  for (const kill of killPlan(SEED, KILLS)) {
    const { by, startMs } = await liveAndDie(site, kill, chance)
    kills[by] = (kills[by] ?? 0) + 1
    if (startMs !== undefined) startsMs.push(Math.round(startMs))
    await site.judgeIntents()
  }
  const killing = {
    killsSeconds: seconds(),
    startMedianMs: startsMs.sort((a, b) => a - b)[startsMs.length >> 1],
  }

  const rest = await comeToRest(site)
  await site.judgeIntents()
  const orders = await judgeOrders(site)
  const replayed = await judgeReplay(site)
  const figures = { seed: SEED, kills: KILLS, ...kills, ...orders, ...rest, ...replayed, ...killing }
  process.stdout.write(`crash test: ${JSON.stringify({ ...figures, seconds: seconds() })}\n`)
})
