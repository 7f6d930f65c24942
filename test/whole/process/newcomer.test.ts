/**
 * What a newcomer sees: `npm start` in an empty folder, with nothing set. Within two minutes symbols are tracked, a hedge is
 * opened, earns funding and is closed again, the ledger ties out; then the command line commands it, and it ends in order.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, inject, test } from 'vitest'
import { type Actor, type Engine, type EngineApi, engineApi } from '../../support/process/engine-api.ts'
import { addressOf, endAll, eventually, launch, type Running } from '../../support/process/processes.ts'
import { freshFolder } from '../../support/store/fresh-folder.ts'

const WITHIN_MS = 120_000
/** A simulated hour or so in which the carry may go by itself. */
const PATIENCE_MS = inject('thorough') ? 75_000 : 5_000

afterAll(endAll)

type Row = Record<string, unknown>
type Step = { to: string }

const firstPart = (state: string) => state.split(/[. ]/)[0] ?? ''

/** The states a hedge went through, without repeats. */
async function pathOf(api: EngineApi, hedgeId: string): Promise<string[]> {
  const { rows } = await api.get<{ rows: Step[] }>(`/api/actors/hedge:${hedgeId}/transitions?limit=1000`)
  return rows.map(({ to }) => firstPart(to)).filter((state, at, all) => state !== all[at - 1])
}

/** The states of the tracked symbols, and a hedge that was hedged once its first funding is booked. */
async function firstRound(api: EngineApi, engine: Running) {
  const { symbols } = await eventually(
    'tracked symbols',
    async () => {
      const summary = await api.get<Engine>('/api/engine')
      return Object.keys(summary.symbols).length > 0 && summary.state === 'trading' && summary
    },
    { withinMs: WITHIN_MS, seen: () => engine.out().slice(-2000) },
  )
  const paid = await eventually(
    'a hedge that was hedged, and a funding payment',
    async () => {
      const hedges = await api.get<Row[]>('/api/hedges')
      const { rows } = await api.get<{ rows: Row[] }>('/api/funding')
      return rows.length > 0 && hedges.find(({ hedgedAtMs }) => Number(hedgedAtMs) > 0)
    },
    { withinMs: WITHIN_MS, everyMs: 250, seen: () => engine.out().slice(-2000) },
  )
  return { symbols, hedge: paid }
}

/** A hedge that closed by itself; when the market pays for too long, a person closes the given one. */
async function closedHedge(api: EngineApi, hedge: Row, unwind: () => Promise<unknown>): Promise<string> {
  let asked = false
  const askAtMs = performance.now() + PATIENCE_MS
  const closed = await eventually(
    'a closed hedge that was hedged before',
    async () => {
      const hedges = await api.get<Row[]>('/api/hedges')
      const found = hedges.find(({ state, hedgedAtMs }) => state === 'closed' && Number(hedgedAtMs) > 0)
      if (!found && !asked && performance.now() > askAtMs) {
        asked = true
        await unwind()
      }
      return found
    },
    { withinMs: WITHIN_MS, everyMs: 250, seen: () => JSON.stringify(hedge) },
  )
  return String(closed.id)
}

const isTied = async (api: EngineApi) => {
  const { ledgerResiduals } = await api.get<Engine>('/api/engine')
  return Object.keys(ledgerResiduals).length > 1 && Object.values(ledgerResiduals).every(each => each === '0')
}

test('an empty folder becomes an engine that hedges, earns, closes and obeys', async () => {
  const { folder, remove } = freshFolder()
  const dataDir = join(folder, '.hedgerow')
  const engine = launch({ script: 'src/cli.ts', args: ['run'], cwd: folder, env: { HEDGEROW_PORT: '0' } })
  const url = await addressOf(engine)
  expect(url, engine.err()).toBeDefined()
  const api = engineApi(url ?? '', dataDir)

  const { symbols, hedge } = await firstRound(api, engine)
  expect(
    Object.keys(symbols).every(state => ['idle', 'entering', 'hedged', 'unwinding'].includes(state)),
  ).toBe(true)
  /** Another process, as a person runs it beside the engine. */
  const cli = async (...args: string[]): Promise<unknown> => {
    const command = launch({
      script: 'src/cli.ts',
      args: [...args, '--url', url ?? '', '--json'],
      cwd: folder,
    })
    const ending = await command.ended
    expect([args[0], ending.code, command.err()]).toEqual([args[0], 0, ''])
    return JSON.parse(command.out())
  }
  const unwind = () => cli('send', `hedge:${hedge.id}`, 'hedge.unwind', '--data', '{"because":"enough"}')
  const closed = await closedHedge(api, hedge, unwind)
  expect(await pathOf(api, closed)).toEqual(['idle', 'entering', 'hedged', 'unwinding', 'closed'])
  await eventually('a ledger that ties out', () => isTied(api))

  expect(await cli('status')).toMatchObject({ mode: 'sim', state: 'trading', halt: null })
  const actors = (await cli('actors', '--kind', 'symbol')) as Actor[]
  expect(actors.length).toBeGreaterThan(0)
  expect(new Set(actors.map(({ kind }) => kind))).toEqual(new Set(['symbol']))

  const stateOf = async (id: string) => (await api.get<Actor>(`/api/actors/${id}`)).state
  const symbol = actors.find(({ state }) => state === 'idle.quiet')?.id ?? ''
  expect(await cli('send', symbol, 'symbol.quarantine')).toMatchObject({ state: 'failed.quarantined' })
  expect(await stateOf(symbol)).toBe('failed.quarantined')
  await cli('send', symbol, 'symbol.release')
  expect(firstPart(await stateOf(symbol))).toBe('idle')

  expect(await cli('halt', '--because', 'a look around')).toMatchObject({ state: 'halted' })
  expect(await cli('status')).toMatchObject({ state: 'halted', halt: { because: 'a look around' } })
  expect(await cli('resume')).toMatchObject({ accepted: true })
  const isTrading = async () => (await api.get<Engine>('/api/engine')).state === 'trading'
  await eventually('trading, once it has reconciled', isTrading)
  await cli('flatten', '--yes')
  await eventually(
    'no hedge left',
    async () => (await api.get<Actor[]>('/api/actors?kind=hedge')).length === 0,
  )
  await eventually('a ledger that ties out', () => isTied(api))

  const helpers = [
    (JSON.parse(readFileSync(join(dataDir, 'simulator.json'), 'utf8')) as { pid: number }).pid,
    Number(readFileSync(join(dataDir, 'postgres', 'data', 'postmaster.pid'), 'utf8').split('\n')[0]),
  ]
  expect(helpers.map(isAlive)).toEqual([true, true])
  engine.kill('SIGTERM')
  expect(await engine.ended, engine.err()).toEqual({ code: 0, signal: null })
  expect(engine.out()).toContain('open hedges stay as they are')
  expect(engine.err()).toBe('')
  // A server frees its folder a moment before its process is gone.
  await eventually('its helpers gone', async () => !helpers.some(isAlive))
  remove()
})

/** So many busy loops beside it; gives how to end them. They end by themselves when this process is killed. */
function load(loops: number): () => void {
  const busy: ChildProcess[] = Array.from({ length: loops }, () =>
    spawn('timeout', ['400', 'sh', '-c', 'while :; do :; done'], { stdio: 'ignore' }),
  )
  return () => {
    for (const child of busy) child.kill()
  }
}

test.runIf(inject('thorough'))(
  'on a machine under load a hedge is opened, paid and closed, and no symbol is ever called failed',
  async () => {
    const { folder, remove } = freshFolder()
    const unload = load(4)
    let seen: string[] = []
    const engine = launch({ script: 'src/cli.ts', args: ['run'], cwd: folder, env: { HEDGEROW_PORT: '0' } })
    try {
      const api = engineApi((await addressOf(engine)) ?? '', join(folder, '.hedgerow'))
      const look = async () => {
        const { symbols, pace } = await api.get<Engine & { pace: number }>('/api/engine')
        seen = [...new Set([...seen, ...Object.keys(symbols)])]
        expect(pace).toBeLessThanOrEqual(60)
      }
      const looking = setInterval(() => void look().catch(() => undefined), 500)
      const { hedge } = await firstRound(api, engine)
      const unwind = () =>
        api.post(`/api/actors/hedge:${hedge.id}/events`, {
          type: 'hedge.unwind',
          because: 'enough',
          // Without it the symbol is kept out, as the person asked.
          reopen: true,
        })
      await closedHedge(api, hedge, unwind)
      clearInterval(looking)
      await eventually('a ledger that ties out', () => isTied(api))
      expect(
        seen.filter(state => !['idle', 'entering', 'hedged', 'unwinding', 'stale'].includes(state)),
      ).toEqual([])
    } finally {
      unload()
      engine.kill('SIGTERM')
    }
    expect(await engine.ended, engine.err()).toEqual({ code: 0, signal: null })
    remove()
  },
)

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false
    throw error
  }
}
