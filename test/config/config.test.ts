import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Config, loadConfig, loadConnection } from '../../src/config/config.ts'
import { LIVE_ACKNOWLEDGEMENT, sections } from '../../src/config/schema.ts'
import { ConfigFaults } from '../../src/config/secrets.ts'
import { configTemplate, secretsOf } from '../../src/config/shown-config.ts'
import { LIVELY } from '../../src/config/strategy.ts'
import { ROUTES } from '../../src/domain/instrument.ts'
import { BYBIT_HOSTS } from '../../src/exchange/bybit/hosts.ts'

let cwd: string
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'hedgerow-config-'))
})
afterEach(() => rmSync(cwd, { recursive: true }))

type Env = Record<string, string>
const write = (text: string, name = 'hedgerow.yaml') => writeFileSync(join(cwd, name), text)
const load = (env: Env = {}, file?: string): Config => loadConfig({ cwd, env, file })

function faults(env: Env = {}, file?: string) {
  try {
    load(env, file)
  } catch (error) {
    if (error instanceof ConfigFaults) return error.faults
    throw error
  }
  return []
}
const faultyKeys = (env: Env = {}, file?: string) => faults(env, file).map(({ key }) => key)

const KEYS = { BYBIT_API_KEY: 'keykeykey', BYBIT_API_SECRET: 'sesamesesame' }

describe('what is read', () => {
  test('nothing at all is a simulation on this machine', () => {
    const config = load()
    expect(config).toMatchObject({ mode: 'sim', host: '127.0.0.1', port: 8787, speed: 60, file: undefined })
    expect(config.dataDir).toBe(join(cwd, '.hedgerow'))
    expect(config.keys).toBeUndefined()
  })

  test('all symbols are an empty list from then on', () => {
    write('strategy:\n  symbols: all\n')
    expect(load().rules.strategy.symbols).toEqual([])
  })

  test('the file beside the command is read, amounts to the last digit', () => {
    write('strategy:\n  symbols: [ETHUSDT]\nlimits:\n  totalNotionalUsdtMax: 123456789012345.123456789012\n')
    const { rules, file } = load()
    expect(rules.strategy.symbols).toEqual(['ETHUSDT'])
    expect(rules.limits.totalNotionalUsdtMax).toBe('123456789012345.123456789012')
    expect(file).toBe(join(cwd, 'hedgerow.yaml'))
  })

  test('a section whose keys are all commented out is an empty one', () => {
    write('strategy:\n  # exitHorizonHours: 336\nlimits:\n')
    expect(load({ HEDGEROW_MODE: 'replay' }).rules.strategy.exitHorizonHours).toBe(336)
  })

  test('routes and directions are lists of words; left out, every route may be taken and one direction', () => {
    expect(load().rules.execution.routes).toEqual(ROUTES)
    expect(load().rules.strategy.directions).toEqual(['long-carry'])
    write(
      'strategy:\n  directions: [long-carry, reverse-carry]\nexecution:\n  routes: [spread, maker-perp]\n',
    )
    const { execution, strategy } = load().rules
    expect(execution.routes).toEqual(['spread', 'maker-perp'])
    expect(strategy.directions).toEqual(['long-carry', 'reverse-carry'])
  })

  test('an empty variable is an unset one', () => {
    expect(load({ HEDGEROW_PORT: '', HEDGEROW_DATABASE_URL: '' })).toMatchObject({
      port: 8787,
      databaseUrl: undefined,
    })
  })

  test('the configuration cannot be changed afterwards, however deep', () => {
    const config = load()
    expect(() => Object.assign(config.rules.limits, { hedgesMax: 99 })).toThrow(TypeError)
    expect(() => (config.rules.strategy.symbols as string[]).push('XUSDT')).toThrow(TypeError)
  })

  test('the names this machine is called by are a list', () => {
    expect(load().allowedHosts).toEqual([])
    expect(load({ HEDGEROW_ALLOWED_HOSTS: 'engine, engine.example' }).allowedHosts).toEqual([
      'engine',
      'engine.example',
    ])
    expect(faultyKeys({ HEDGEROW_ALLOWED_HOSTS: 'engine,*' })).toEqual(['HEDGEROW_ALLOWED_HOSTS'])
  })

  test('the hosted inspector is off until its URL is given, which is a plain https one, or http on this machine', () => {
    const key = 'HEDGEROW_HOSTED_INSPECTOR_URL'
    expect(load().hostedInspectorUrl).toBeUndefined()
    for (const url of ['https://inspector.example/inspect', 'http://127.0.0.1:8080/', 'http://[::1]:8080'])
      expect(load({ [key]: url }).hostedInspectorUrl).toBe(url)
    for (const url of [
      'http://inspector.example',
      'https://me:sesame@inspector.example',
      'https://a;script-src.example',
      'https://*.example',
      'javascript:alert(1)',
      'on',
    ])
      expect(faultyKeys({ [key]: url }), url).toEqual([key])
  })

  test('the hosted inspector is refused in mode live, and nowhere else', () => {
    write(`acknowledgeLive: ${LIVE_ACKNOWLEDGEMENT}\n`)
    const given = { ...KEYS, HEDGEROW_HOSTED_INSPECTOR_URL: 'https://inspector.example' }
    for (const mode of ['sim', 'replay', 'demo', 'testnet'])
      expect(faultyKeys({ ...given, HEDGEROW_MODE: mode })).toEqual([])
    expect(faults({ ...given, HEDGEROW_MODE: 'live' })).toEqual([
      {
        key: 'HEDGEROW_HOSTED_INSPECTOR_URL',
        found: '"https://inspector.example"',
        expected: 'nothing in mode live: what happens on a real account is shown to no other site',
      },
    ])
    expect(faultyKeys({ ...KEYS, HEDGEROW_MODE: 'live' })).toEqual([])
  })

  test('only sim runs faster than the wall', () => {
    expect(load({ HEDGEROW_SPEED: '10' }).speed).toBe(10)
    expect(load({ HEDGEROW_MODE: 'replay' }).speed).toBe(1)
    expect(faultyKeys({ HEDGEROW_MODE: 'replay', HEDGEROW_SPEED: '10' })).toEqual(['HEDGEROW_SPEED'])
  })
})

describe('mode sim', () => {
  test('lives faster than the others, and only where the file says nothing', () => {
    const [sim, careful] = [load().rules.strategy, load({ HEDGEROW_MODE: 'replay' }).rules.strategy]
    expect(sim.fundingSlowHours).toBeLessThan(careful.fundingSlowHours / 10)
    expect(
      Object.keys(sim)
        .filter(
          key =>
            JSON.stringify(sim[key as keyof typeof sim]) !==
            JSON.stringify(careful[key as keyof typeof careful]),
        )
        .sort(),
    ).toEqual(Object.keys(LIVELY).sort())
    write('strategy:\n  entryAprMin: 0.07\n')
    expect(load().rules.strategy).toMatchObject({ entryAprMin: 0.07, fundingSlowHours: sim.fundingSlowHours })
  })

  test('says in the file to start from what is livelier', () => {
    for (const [key, value] of Object.entries(LIVELY))
      expect(configTemplate()).toContain(`strategy.${key}: ${value}`)
  })
})

describe('faults', () => {
  test('all faults of the file, the environment and between them are told at once', () => {
    write(`
strategy:
  exitHorizonHours: soon
  symbols: [btc, ETHUSDT]
  fundingFastHours: 5000
  horizon: 3
limits:
  hedgesMax: 1.5
  hedgeNotionalUsdtMin: 9000
leverage: 3
`)
    const found = faults({ HEDGEROW_PORT: '99999', HEDGEROW_PROT: '1', HEDGEROW_MODE: 'live' })
    expect(found.map(({ key }) => key).sort()).toEqual(
      [
        'BYBIT_API_KEY',
        'BYBIT_API_SECRET',
        'HEDGEROW_PORT',
        'HEDGEROW_PROT',
        'acknowledgeLive',
        'leverage',
        'limits.hedgeNotionalUsdtMin',
        'limits.hedgesMax',
        'strategy.exitHorizonHours',
        'strategy.fundingFastHours',
        'strategy.horizon',
        'strategy.symbols.0',
      ].sort(),
    )
    const port = found.find(({ key }) => key === 'HEDGEROW_PORT')
    expect(port).toEqual({
      key: 'HEDGEROW_PORT',
      found: '"99999"',
      expected: expect.stringContaining('0 to 65535'),
    })
  })

  test.each([
    ['hedge above total', 'limits:\n  totalNotionalUsdtMax: 100\n', 'limits.hedgeNotionalUsdtMax'],
    ['slice above hedge', 'execution:\n  sliceNotionalUsdtMax: 5000\n', 'execution.sliceNotionalUsdtMax'],
    [
      'a slice as large as the bound of what may be unhedged',
      'execution:\n  sliceNotionalUsdtMax: 901\nlimits:\n  unhedgedNotionalUsdtMax: 1000\n',
      'execution.sliceNotionalUsdtMax',
    ],
    [
      'a fast mean that is slower than the slow one',
      'strategy:\n  fundingFastHours: 100\n  fundingSlowHours: 99\n',
      'strategy.fundingFastHours',
    ],
    ['no judgement before an exit', 'strategy:\n  exitJudgementsMin: 0\n', 'strategy.exitJudgementsMin'],
    ['more asks needed than allowed', 'execution:\n  asksMin: 90\n', 'execution.asksMin'],
    ['a loan left before it is taken', 'strategy:\n  borrowCoverExitMin: 4\n', 'strategy.borrowCoverExitMin'],
    ['a flatten before a reduce', 'limits:\n  solvencyFlattenRate: 0.6\n', 'limits.solvencyReduceRate'],
    ['a far gap nearer than the near one', 'limits:\n  solvencyGapFar: 0.1\n', 'limits.solvencyGapNear'],
    ['no route', 'execution:\n  routes: []\n', 'execution.routes'],
    ['an unknown route', 'execution:\n  routes: [spot-first, magic]\n', 'execution.routes.1'],
    ['a route twice', 'execution:\n  routes: [parallel, parallel]\n', 'execution.routes'],
    ['an unknown direction', 'strategy:\n  directions: [sideways]\n', 'strategy.directions.0'],
    ['a negative amount', 'limits:\n  hedgeNotionalUsdtMax: -5\n', 'limits.hedgeNotionalUsdtMax'],
    ['an exponent', 'limits:\n  totalNotionalUsdtMax: 1e6\n', 'limits.totalNotionalUsdtMax'],
    ['a symbol twice', 'strategy:\n  symbols: [BTCUSDT, BTCUSDT]\n', 'strategy.symbols'],
    ['no symbol', 'strategy:\n  symbols: []\n', 'strategy.symbols'],
    ['a word for symbols', 'strategy:\n  symbols: every\n', 'strategy.symbols'],
    ['a list for a section', 'limits: [1]\n', 'limits'],
    ['a variable in the file', 'HEDGEROW_MODE: demo\n', 'HEDGEROW_MODE'],
  ])('%s is refused by name', (_, text, key) => {
    write(text)
    expect(faultyKeys()).toContain(key)
  })

  test('aliases of aliases, which would fill the memory, are a fault of the file', () => {
    const ten = (name: string) => `[${Array(10).fill(name).join(', ')}]`
    write(`a: &a ${ten('x')}\nb: &b ${ten('*a')}\nc: &c ${ten('*b')}\nlimits: ${ten('*c')}\n`)
    expect(faults()).toEqual([
      expect.objectContaining({
        key: join(cwd, 'hedgerow.yaml'),
        expected: 'YAML without aliases of aliases',
      }),
    ])
  })

  test('text that is no YAML, a key twice, and a file that is not there are faults of the file', () => {
    write('strategy: [\n')
    expect(faultyKeys()).toContain(join(cwd, 'hedgerow.yaml'))
    write('limits:\n  hedgesMax: 1\n  hedgesMax: 2\n')
    expect(faultyKeys()).toEqual([join(cwd, 'hedgerow.yaml')])
    expect(faultyKeys({}, 'absent.yaml')).toEqual([join(cwd, 'absent.yaml')])
  })

  test('a simulator must not be Bybit', () => {
    expect(faultyKeys({ HEDGEROW_EXCHANGE_URL: BYBIT_HOSTS.live.rest })).toEqual(['HEDGEROW_EXCHANGE_URL'])
    expect(load({ HEDGEROW_EXCHANGE_URL: 'http://127.0.0.1:9797' }).exchangeUrl).toBe('http://127.0.0.1:9797')
  })
})

describe('real money and secrets', () => {
  test('live asks for the sentence and for keys', () => {
    expect(faultyKeys({ HEDGEROW_MODE: 'live', ...KEYS })).toEqual(['acknowledgeLive'])
    write('acknowledgeLive: yes please\n')
    expect(faultyKeys({ HEDGEROW_MODE: 'live', ...KEYS })).toContain('acknowledgeLive')
    write(`acknowledgeLive: ${LIVE_ACKNOWLEDGEMENT}\n`)
    expect(load({ HEDGEROW_MODE: 'live', ...KEYS }).mode).toBe('live')
    expect(faultyKeys({ HEDGEROW_MODE: 'live' })).toEqual(['BYBIT_API_KEY', 'BYBIT_API_SECRET'])
    expect(faultyKeys({ BYBIT_API_KEY: 'keykeykey' })).toEqual(['BYBIT_API_SECRET'])
  })

  test('secrets come from systemd credentials too', () => {
    const credentials = join(cwd, 'credentials')
    mkdirSync(credentials)
    write('keykeykey\n', 'credentials/bybit-api-key')
    write('sesamesesame\n', 'credentials/bybit-api-secret')
    const config = load({ HEDGEROW_MODE: 'demo', CREDENTIALS_DIRECTORY: credentials })
    expect(config.keys).toEqual({ key: 'keykeykey', secret: 'sesamesesame' })
  })

  test('no fault shows a secret, and every secret is known to the redaction', () => {
    write('BYBIT_API_SECRET: sesame-in-file\napiToken: sesame-too\n')
    const text = JSON.stringify(
      faults({
        HEDGEROW_API_TOKEN: 'sesame',
        BYBIT_API_SECRET: 'é-sesame',
        HEDGEROW_DATABASE_URL: 'mysql://u:sesame@h/d',
      }),
    )
    expect(text).not.toContain('sesame')
    rmSync(join(cwd, 'hedgerow.yaml'))
    const url = 'postgres://u:open%21sesame@h/d'
    const token = 'sesame-sesame-sesame'
    expect(secretsOf(load({ ...KEYS, HEDGEROW_API_TOKEN: token, HEDGEROW_DATABASE_URL: url }))).toEqual([
      KEYS.BYBIT_API_KEY,
      KEYS.BYBIT_API_SECRET,
      token,
      url,
      'open%21sesame',
    ])
  })
})

test('a client finds the engine though this shell lacks what the engine needs', () => {
  const env = { HEDGEROW_MODE: 'live', HEDGEROW_PORT: '9000', HEDGEROW_HOST: '0.0.0.0' }
  expect(loadConnection({ cwd, env })).toEqual({
    url: 'http://127.0.0.1:9000',
    dataDir: join(cwd, '.hedgerow'),
    apiToken: undefined,
  })
  expect(() => loadConnection({ cwd, env: { HEDGEROW_PORT: 'x' } })).toThrow(ConfigFaults)
})

test('the generated file holds every key with its default, and means the same when uncommented', () => {
  const template = configTemplate()
  write(template)
  const inReplay = { HEDGEROW_MODE: 'replay' }
  const commented = load(inReplay).rules
  const keys = Object.values(sections).flatMap(({ shape }) => Object.keys(shape))
  for (const key of keys) expect(template).toContain(`  # ${key}: `)
  write(
    template.replaceAll(/^ {2}# (\w+: \S.*)$/gm, (line, pair: string) =>
      keys.includes(pair.split(':')[0] ?? '') ? `  ${pair}` : line,
    ),
  )
  expect(load(inReplay).rules).toEqual(commented)
  expect(load(inReplay).rules).toEqual(loadConfig({ cwd: tmpdir(), env: inReplay }).rules)
})

describe('lengths of time', () => {
  const inFile = (text: string) => {
    write(`execution:\n  entryDeadlineMs: ${text}\n`)
    return load({ HEDGEROW_MODE: 'replay' }).rules.execution.entryDeadlineMs
  }

  test.each([
    ['45000', 45_000],
    ['45000ms', 45_000],
    ['45s', 45_000],
    ['1.5m', 90_000],
    ['15min', 900_000],
    ['12h', 43_200_000],
    ['1d', 86_400_000],
    ['1h30m', 5_400_000],
    ['1h 30m', 5_400_000],
  ])('%s is %d ms', (text, ms) => {
    expect(inFile(text)).toBe(ms)
  })

  test.each(['12', '90d', '-1h', '12 hours', '1h-5m', '1.0001ms', '0.0001s', 'h', '1e3', '0x10s'])(
    '%s is refused with what is expected',
    text => {
      write(`execution:\n  entryDeadlineMs: ${text}\n`)
      expect(faults()).toEqual([
        {
          key: 'execution.entryDeadlineMs',
          found: JSON.stringify(text),
          expected:
            'a length of time from 1s to 1d, such as 90s, 15m, 12h or 3d; a plain number is milliseconds',
        },
      ])
    },
  )

  test('the file to start from writes every length as people do', () => {
    const lines = configTemplate().split('\n')
    const lengths = lines.filter(line => /^ {2}# \w+Ms(Max|Min)?: /.test(line))
    expect(lengths.length).toBeGreaterThan(20)
    expect(lengths.filter(line => !/: \d+(ms|[smhd])$/.test(line))).toEqual([])
    expect(lines).toContain('  # entryDeadlineMs: 2m')
  })
})
