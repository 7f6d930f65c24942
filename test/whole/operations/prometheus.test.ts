/**
 * A real Prometheus with our configuration scrapes a real engine on the simulator: every query that people look at or are
 * woken by is understood and has an answer. Needs Debian's package `prometheus` (it brings promtool).
 */
import { execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parse, stringify } from 'yaml'
import {
  boardQueries,
  DOCKER,
  metricsOf,
  read,
  reasonToBeEmpty,
  ruleQueries,
} from '../../support/operations/boards.ts'
import { addressOf, endAll, eventually, launch } from '../../support/process/processes.ts'

const SEE_ALL_MS = 120_000
const installed = has('prometheus') && has('promtool')
if (!installed) console.info('skipped: no prometheus here (Debian: apt-get install prometheus)')

function has(program: string): boolean {
  try {
    execFileSync(program, ['--version'], { stdio: 'ignore' })
    return true
  } catch {
    // Not installed: the tests that need it are skipped, and the line above says so.
    return false
  }
}

const promtool = (...args: string[]) =>
  execFileSync('promtool', args, { cwd: join(DOCKER, 'prometheus'), encoding: 'utf8', stdio: 'pipe' })

describe.skipIf(!installed)('promtool', () => {
  test('understands the rules', () => {
    expect(promtool('check', 'rules', 'rules.yml')).toContain('SUCCESS')
  })

  test('sees every rule test pass', () => {
    expect(promtool('test', 'rules', 'rules.test.yml')).toContain('SUCCESS')
  })

  test('understands the configuration', () => {
    expect(promtool('check', 'config', '--syntax-only', 'prometheus.yml')).toContain('SUCCESS')
  })
})

type Series = { metric: Record<string, string>; value: [number, string] }

describe.skipIf(!installed)('a running Prometheus', () => {
  const folder = mkdtempSync(join(tmpdir(), 'hedgerow-operations-'))
  let url = ''
  let engine = ''
  const ends: (() => void)[] = []

  const get = async (path: string) => {
    const answer = await fetch(`${url}${path}`)
    const body = (await answer.json()) as { status: string; error?: string; data: { result: Series[] } }
    if (body.status !== 'success') throw new Error(body.error ?? `found ${answer.status}`)
    return body.data
  }
  const ask = async (expr: string) => (await get(`/api/v1/query?query=${encodeURIComponent(expr)}`)).result
  const exposition = async () => (await fetch(`${engine}/metrics`)).text()

  beforeAll(async () => {
    const env = { HEDGEROW_PORT: '0', HEDGEROW_DATA_DIR: join(folder, 'data'), HEDGEROW_LOG: 'warn' }
    const process = launch({ script: 'src/cli.ts', args: ['run'], cwd: folder, env })
    engine = (await addressOf(process)) ?? ''
    expect(engine, process.err()).not.toBe('')
    const port = await freePort()
    url = `http://127.0.0.1:${port}`
    ends.push(startPrometheus(folder, port, new URL(engine).host))
    const seen = () => process.err()
    const held = async () => {
      const hedged = await ask('sum(hedgerow_hedges{state="hedged"})').catch(() => [])
      return Number(hedged[0]?.value[1] ?? 0) > 0
    }
    await eventually('a scraped engine that holds a hedge', held, { withinMs: SEE_ALL_MS, seen })
    // A request to the API, so that there is one to be counted, and two scrapes after it for a rate.
    await fetch(`${engine}/readyz`)
    const counted = async () =>
      (await ask('rate(hedgerow_http_request_seconds_count{route="/readyz"}[1m])')).length > 0
    await eventually('two scrapes of that request', counted, { withinMs: SEE_ALL_MS, seen })
  }, 2 * SEE_ALL_MS)

  afterAll(() => {
    for (const end of ends) end()
    endAll()
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
  })

  test('scrapes the engine without a token from this machine, and every rule is evaluated', async () => {
    expect((await ask('up{job="hedgerow"}'))[0]?.value[1]).toBe('1')
    const { groups } = (await get('/api/v1/rules')) as unknown as {
      groups: { rules: { name: string; health: string; lastError?: string }[] }[]
    }
    const rules = groups.flatMap(each => each.rules)
    expect(rules.length).toBeGreaterThan(10)
    expect(rules.filter(({ health }) => health !== 'ok')).toEqual([])
  })

  test.each(boardQueries())('$where has an answer', ({ expr }) => expectAnswer(expr))

  test.each(ruleQueries())('$where has an answer', ({ expr }) => expectAnswer(expr))

  test('every metric that is asked for is one that the engine exposes', async () => {
    const exposed =
      (await exposition()).match(/^# HELP \w+/gm)?.map(line => line.slice('# HELP '.length)) ?? []
    const asked = new Set([...boardQueries(), ...ruleQueries()].flatMap(({ expr }) => metricsOf(expr)))
    const unknown = [...asked].filter(
      name => !exposed.includes(name) && !exposed.includes(name.replace(/_(bucket|count|sum)$/, '')),
    )
    expect(unknown).toEqual([])
  })

  async function expectAnswer(expr: string) {
    const series = await ask(expr)
    if (series.length === 0) expect(reasonToBeEmpty(expr), `no answer to ${expr}`).toBeDefined()
    for (const { value } of series) expect(value[1]).toMatch(/^([-+]?[\d.e+-]+|NaN)$/)
  }
})

/** Our configuration, pointed at this engine: only where to look and how often is changed. */
function startPrometheus(folder: string, port: number, target: string): () => void {
  const ours = parse(read('prometheus/prometheus.yml')) as {
    global: Record<string, string>
    rule_files: string[]
    alerting?: object
    scrape_configs: { authorization?: object; static_configs: object[] }[]
  }
  const { authorization: _token, ...scrape } = ours.scrape_configs[0] ?? { static_configs: [] }
  const config = {
    ...ours,
    global: { ...ours.global, scrape_interval: '1s', scrape_timeout: '1s', evaluation_interval: '1s' },
    rule_files: ours.rule_files.map(file => join(DOCKER, 'prometheus', file)),
    alerting: undefined,
    scrape_configs: [{ ...scrape, static_configs: [{ targets: [target] }] }],
  }
  writeFileSync(join(folder, 'prometheus.yml'), stringify(config))
  const child = spawn(
    'prometheus',
    [
      `--config.file=${join(folder, 'prometheus.yml')}`,
      `--storage.tsdb.path=${join(folder, 'tsdb')}`,
      `--web.listen-address=127.0.0.1:${port}`,
    ],
    { stdio: 'ignore' },
  )
  return () => void child.kill('SIGKILL')
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer()
    probe.once('error', reject)
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address()
      probe.close(() => resolve(typeof address === 'object' && address ? address.port : 0))
    })
  })
}
