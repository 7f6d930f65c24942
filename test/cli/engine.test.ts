/** The commands that look, against a real engine on the simulator, started once for this file. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { freePort } from '../support/process/free-port.ts'
import { type Ended, ROOT, type Running, start } from '../support/process/process.ts'

let folder: string
let env: Record<string, string>
let engine: Running

const hedgerow = (...args: string[]): Promise<Ended> => start(args, { cwd: folder, env }).ended
const json = async (...args: string[]) => {
  const { out, err } = await hedgerow(...args, '--json')
  if (out === '') throw new Error(`${args.join(' ')}: expected JSON, found nothing; it says ${err}`)
  return JSON.parse(out)
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'hedgerow-cli-engine-'))
  const port = await freePort()
  env = { HEDGEROW_DATA_DIR: join(folder, 'data'), HEDGEROW_PORT: String(port), HEDGEROW_SPEED: '60' }
  engine = start(['run'], { cwd: folder, env })
  await vi.waitFor(
    async () => {
      const hedges = (await json('hedges', '--open')) as { state: string }[]
      expect(hedges.map(({ state }) => state)).toContain('hedged.watching')
    },
    { timeout: 85_000, interval: 500 },
  )
})

afterAll(async () => {
  engine.child.kill('SIGTERM')
  await engine.ended
  rmSync(folder, { recursive: true, force: true })
})

type Judged = { symbol: string; carry: Record<string, string> | null }

describe('what is decided and why', () => {
  test('every part of the net carry is told, and the parts add up', async () => {
    // On a busy machine books look old for a moment at this speed, and nothing is summed: then it is asked again.
    const { out, code, judgement } = await vi.waitFor(
      async () => {
        const opportunities = (await json('opportunities')) as Judged[]
        const judged = opportunities.find(({ carry }) => carry !== null)?.symbol
        if (!judged) throw new Error('expected a symbol whose carry was summed, found none')
        const coin = judged.toLowerCase().replace(/usdt$/, '').replace(/^10+/, '')
        const [told, { judgement }] = await Promise.all([hedgerow('explain', coin), json('explain', judged)])
        if (!judgement.carry || !told.out.includes('net carry'))
          throw new Error(`expected the sum for ${judged}, found none`)
        return { ...told, judgement }
      },
      { timeout: 60_000, interval: 200 },
    )
    expect(code).toBe(0)
    const { notionalUsdt: _n, capitalUsdt: _c, netUsdt, ...rest } = judgement.carry
    const parts = Object.entries(rest).filter(([name]) => name.endsWith('Usdt'))
    const sum = parts.reduce((total, [, part]) => total + Number(part), 0)
    expect(parts.length).toBeGreaterThan(3)
    expect(sum).toBeCloseTo(Number(netUsdt), 6)
    for (const part of [
      'expected funding',
      'basis and slippage',
      'fees of four fills',
      'net carry',
      'bar of',
    ])
      expect(out).toContain(part)
    expect(out).toMatch(/pays back in |never pays back| a year from the start/)
  })

  test('an unknown symbol is answered with the nearest', async () => {
    const { code, err } = await hedgerow('explain', 'BTCUSTD')
    expect([code, err]).toEqual([1, expect.stringContaining('did you mean BTCUSDT')])
  })
})

describe('a hedge', () => {
  test('tells its story from plan to now, each order with its outcome and price, and what it may do', async () => {
    const [open] = (await json('hedges', '--open')) as { id: string; symbol: string }[]
    const [{ out }, story] = await Promise.all([
      hedgerow('hedge', `hedge:${open?.id}`),
      json('hedge', open?.id ?? ''),
    ])
    expect(out).toMatch(/planned: .* net expected/)
    expect(out).toMatch(/SE0000 .* filled/)
    expect(out).toContain(`hedgerow send hedge:${open?.id} hedge.unwind`)
    expect(story.transitions.length).toBeGreaterThan(4)
    const filled = story.orders.filter(
      ({ averagePrice }: { averagePrice: string | null }) => averagePrice !== null,
    )
    expect(filled.length).toBeGreaterThan(1)
    for (const { side, limitPrice, averagePrice } of filled)
      expect(side === 'Buy' ? averagePrice - limitPrice : limitPrice - averagePrice).toBeLessThanOrEqual(0)
  })

  test('an unknown one is refused by name', async () => {
    const { code, err } = await hedgerow('hedge', '9999999999')
    expect([code, err]).toEqual([1, expect.stringContaining('no hedge is called 9999999999')])
  })
})

test('the books come in pages that join without a gap, and nothing is unexplained', async () => {
  const first = await json('ledger', '--limit', '2')
  const second = await json('ledger', '--limit', '2', '--cursor', first.next)
  // Read last: what is booked meanwhile is newer than both pages.
  const whole = await json('ledger', '--all')
  const ids = (rows: { rowId: string; account: string }[]) =>
    rows.map(({ rowId, account }) => rowId + account)
  expect(ids(whole.rows)).toEqual(expect.arrayContaining(ids([...first.rows, ...second.rows])))
  expect(new Set(ids([...first.rows, ...second.rows])).size).toBe(4)
  expect(Object.values(whole.residuals)).toContain('0')
  expect((await hedgerow('reconciliation')).out).toMatch(/same +(position|coin)/)
  expect((await hedgerow('account')).out).toMatch(/^equity +[\d,]+\.\d\d USDT$/m)
})

test('a journal is told in words, also step by step for programs', async () => {
  const { out } = await hedgerow('transitions', 'engine')
  expect(out).toMatch(/reconciled with the exchange/)
  expect((await json('transitions', 'engine', '--last', '1')).rows).toHaveLength(1)
  const wrong = await hedgerow('transitions', 'engin')
  expect([wrong.code, wrong.err]).toEqual([1, expect.stringContaining('did you mean engine')])
})

test('filters choose actors', async () => {
  const hedged = (await json('actors', '--kind', 'symbol', '--state', 'hedged')) as {
    kind: string
    state: string
  }[]
  expect(hedged.length).toBeGreaterThan(0)
  expect(hedged.every(({ kind, state }) => kind === 'symbol' && state.startsWith('hedged'))).toBe(true)
  const troubled = (await json('actors', '--trouble')) as {
    restarts: number
    quarantined: boolean
    state: string
  }[]
  for (const { restarts, quarantined, state } of troubled)
    expect(quarantined || restarts > 0 || /failed|troubled/.test(state)).toBe(true)
})

test('completion knows the commands, the options, and the names of the running engine', async () => {
  const { out: script } = await hedgerow('completion', 'bash')
  const bin = `hedgerow() { "${join(ROOT, 'node_modules/.bin/node')}" "${join(ROOT, 'src/cli.ts')}" "$@"; }\n`
  const complete = (line: string) => {
    const ask = `COMP_LINE=${JSON.stringify(line)}; COMP_POINT=\${#COMP_LINE}; COMP_WORDS=(hedgerow); _hedgerow; printf '%s\\n' "\${COMPREPLY[@]}"`
    const { stdout } = spawnSync('bash', ['--norc', '-c', bin + script + ask], {
      cwd: folder,
      env: { PATH: process.env.PATH, ...env },
      encoding: 'utf8',
    })
    return stdout.trim().split('\n')
  }
  expect(complete('hedgerow hal')).toEqual(['halt'])
  expect(complete('hedgerow config ')).toEqual(['check', 'init'])
  expect(complete('hedgerow actors --tr')).toEqual(['--trouble'])
  // A busy engine is not quick, and then the shell gets no names.
  await expect.poll(() => complete('hedgerow actors --kind sym')).toEqual(['symbol'])
  // The shell keeps what is before a colon.
  await expect.poll(() => complete('hedgerow send symbol:BT')).toEqual(['BTCUSDT'])
  await expect.poll(() => complete('hedgerow send engine engine.ha')).toEqual(['engine.halt'])
})

describe('one hedge and its money', () => {
  const open = async () => ((await json('hedges', '--open')) as { id: string; symbol: string }[])[0]

  test('what closing it costs, and what would make it close, are told before anything is done', async () => {
    const hedge = await open()
    const { closing, exit } = await json('explain', hedge?.symbol ?? '', '--close')
    expect([closing.hedgeId, exit.hedgeId]).toEqual([hedge?.id, hedge?.id])
    expect(exit.conditions.length).toBeGreaterThan(2)
    const { out } = await hedgerow('explain', hedge?.symbol ?? '', '--close')
    expect(out).toContain(`closing hedge ${hedge?.id}`)
    expect(out).toContain('It closes when')
  })

  test('where nobody can be asked it is closed only with --yes', async () => {
    const { code, out, err } = await hedgerow('unwind', (await open())?.symbol ?? '')
    expect([code, out, err]).toEqual([2, '', expect.stringContaining('expected --yes')])
  })

  test('it is closed by its symbol, and who asked is kept', async () => {
    const hedge = await open()
    const done = await json('unwind', hedge?.symbol ?? '', '--yes', '--because', 'enough of it')
    expect(done).toMatchObject({ accepted: true, closing: { hedgeId: hedge?.id } })
    expect(await json('hedge', hedge?.id ?? '')).toMatchObject({ hedge: { state: 'closed' } })
    const audit = (await json('audit')).rows as { target: string; operator: string }[]
    expect(audit.find(({ target }) => target === `hedge:${hedge?.id}`)).toMatchObject({ operator: 'ada' })
    const none = await hedgerow('unwind', hedge?.id ?? '', '--yes')
    expect([none.code, none.err]).toEqual([1, expect.stringContaining('no open hedge is called')])
  })

  test('what was earned is told by period, the account beside its symbols', async () => {
    const { by, rows } = (await json('profit', '--by', 'day')) as { by: string; rows: { symbol: string }[] }
    expect(by).toBe('day')
    expect(rows.map(({ symbol }) => symbol)).toContain('')
    expect((await hedgerow('profit')).out).toMatch(/account .*%|account .*–/)
    expect((await hedgerow('profit', '--by', 'year')).code).toBe(2)
  })
})

test('flatten waits until every hedge is closed, and tells how far it is', async () => {
  const { code, out, err } = await hedgerow('flatten', '--yes')
  expect([code, out]).toEqual([0, expect.stringContaining('every hedge is closed')])
  expect(err).toMatch(/unwinding 100 %/)
  expect(await json('hedges', '--open')).toEqual([])
  expect((await json('audit')).rows[0]).toMatchObject({ operator: 'ada', source: 'cli', outcome: 'accepted' })
})
