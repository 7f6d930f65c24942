/** A key is only a way in: with another key of the same account hedges, books and the account's name go on (promise 8). */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { SIMULATOR_KEY, uidOf } from '../../../src/exchange/simulator/server/accounts.ts'
import { engineApi } from '../../support/process/engine-api.ts'
import { ordersBeyond } from '../../support/process/outside.ts'
import {
  addressOf,
  endAll,
  eventually,
  launch,
  type Running,
  startSimulator,
} from '../../support/process/processes.ts'
import { freshFolder } from '../../support/store/fresh-folder.ts'

// Whole programs start here, a database among them: on a busy machine that takes its time.
vi.setConfig({ testTimeout: 240_000, hookTimeout: 120_000 })

const RULES = `
strategy: {symbols: [LINKUSDT, XRPUSDT], entryAprMin: -1, reentryProbability: 1, exitJudgementsMin: 1000, settlementGuardMs: 0, listingAgeMsMin: 0}
limits: {hedgeNotionalUsdtMax: 500, bookAgeMsMax: 60000, tickerAgeMsMax: 300000}
`

type HedgeRow = { id: string; state: string; spot: { base: string }; perp: { base: string } }
type Alert = { name: string }

let simulator: { url: string; process: Running }
let site: ReturnType<typeof freshFolder>
let engine: Running

beforeEach(async () => {
  site = freshFolder()
  writeFileSync(join(site.folder, 'hedgerow.yaml'), RULES)
  simulator = await startSimulator(site.folder, { speed: '20' })
})
afterEach(async () => {
  if (!engine.ending()) engine.kill('SIGTERM')
  simulator.process.kill('SIGTERM')
  await Promise.all([engine.ended, simulator.process.ended])
  endAll()
  site.remove()
})

async function start(keys: Record<string, string> = {}) {
  const env = { HEDGEROW_PORT: '0', HEDGEROW_EXCHANGE_URL: simulator.url, ...keys }
  engine = launch({ script: 'src/cli.ts', args: ['run'], cwd: site.folder, env })
  const url = await addressOf(engine)
  expect(url, engine.err()).toBeDefined()
  return engineApi(url ?? '', join(site.folder, '.hedgerow'))
}
type Api = Awaited<ReturnType<typeof start>>

const isHedged = ({ state }: HedgeRow) => state.startsWith('hedged')
const hedged = (api: Api) =>
  eventually(
    'two hedges that are hedged',
    async () => {
      const { state } = await api.get<{ state: string }>('/api/engine')
      const hedges = (await api.get<HedgeRow[]>('/api/hedges')).filter(isHedged)
      return state === 'trading' && hedges.length === 2 && hedges
    },
    { everyMs: 200, seen: () => engine.out().slice(-3_000) },
  )
const shown = (hedges: readonly HedgeRow[]) =>
  hedges.map(({ id, spot, perp }) => [id, spot.base, perp.base]).sort()

test('with two hedges open the key is renewed: the same account by its UID, and both hedges go on untouched', async () => {
  const before = shown(await hedged(await start()))
  const key = { key: 'a-renewed-key', secret: 'a-renewed-secret' }
  const body = JSON.stringify({ ...key, uid: uidOf(SIMULATOR_KEY) })
  expect((await fetch(`${simulator.url}/simulator/keys`, { method: 'POST', body })).status).toBe(200)
  engine.kill('SIGTERM')
  expect(await engine.ended, engine.err()).toEqual({ code: 0, signal: null })
  const known = new Set((await ordersBeyond(simulator.url, new Set())).map(({ orderId }) => orderId))

  const api = await start({ BYBIT_API_KEY: key.key, BYBIT_API_SECRET: key.secret })
  expect(shown(await hedged(api))).toEqual(before)
  await eventually('books that tie out', async () => {
    const { ledgerResiduals } = await api.get<{ ledgerResiduals: Record<string, string> }>('/api/engine')
    const residuals = Object.values(ledgerResiduals)
    return residuals.length > 0 && residuals.every(residual => residual === '0')
  })
  const alerts = await api.get<Alert[]>('/api/alerts')
  expect(alerts.map(({ name }) => name).filter(name => /foreign|reconcile|ledger/.test(name))).toEqual([])
  expect(await ordersBeyond(simulator.url, known)).toEqual([])
})
