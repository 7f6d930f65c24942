/** `backtest` and `data import` as a person runs them. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CommanderError } from 'commander'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { explained } from '../../src/cli/kit/failure.ts'
import { buildProgram } from '../../src/cli/program.ts'
import { invented, writeTables } from '../support/backtest/invented.ts'
import { start } from '../support/process/process.ts'

let folder: string
let tables: string[]
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'hedgerow-backtest-'))
  const coin = invented({ days: 2, rates: ['0.0004', '-0.0002'] })
  tables = writeTables(folder, [coin])
})
afterAll(() => rmSync(folder, { recursive: true }))

const hedgerow = (...args: string[]) => start(args, { cwd: folder }).ended

/** The same in this process, for a command line that is refused before anything is run. */
async function refused(...args: readonly string[]): Promise<{ usage: boolean; said: string }> {
  let said = ''
  const program = buildProgram()
  const listen = {
    writeErr(text: string) {
      said += text
    },
  }
  for (const command of program.commands) command.configureOutput(listen)
  try {
    await program.parseAsync(['node', 'hedgerow', 'backtest', ...args])
  } catch (error) {
    if (error instanceof CommanderError) return { usage: error.exitCode !== 0, said }
    const { text, exitCode } = explained(error)
    return { usage: exitCode === 2, said: text }
  }
  throw new Error(`expected ${args.join(' ')} to be refused, it was run`)
}

describe('usage', () => {
  test('help names every option, with examples', async () => {
    const { code, out } = await hedgerow('backtest', '--help')
    expect(code).toBe(0)
    for (const option of [
      'from',
      'to',
      'symbols',
      'fees',
      'spread',
      'routes',
      'seed',
      'json',
      'out',
      'compare',
    ])
      expect(out).toContain(`--${option}`)
    expect(out).toContain('Examples:')
    expect((await hedgerow('data', 'import', '--help')).code).toBe(0)
  })

  test.each([
    [['--from', 'yesterday'], /--from.*Expected a day such as 2025-09-01/],
    [['--from', '2025-02-31'], /Expected a day/],
    [['--spread', 'perhaps'], /on, off/],
    [['--fees', 'vip9'], /--fees: expected vip0, vip1.*found vip9/],
    [['--routes', 'spread,guess'], /--routes: expected some of spread.*found guess/],
    [['--capital', '0'], /Expected an amount of USDT/],
    [['--seed', 'x'], /Expected a whole number/],
  ] as const)('%j is bad usage', async (args, says) => {
    const { usage, said } = await refused(...args)
    expect(usage).toBe(true)
    expect(said).toMatch(says)
  })

  test('an unknown option ends with 2 and prints nothing', async () => {
    const { code, out, err } = await hedgerow('backtest', '--nonsense')
    expect([code, out]).toEqual([2, ''])
    expect(err).toMatch(/unknown option/)
  })

  test('a file of fees that is wrong is bad usage, each key named', async () => {
    const file = join(folder, 'fees.yaml')
    writeFileSync(file, 'spot: { taker: 0.001, maker: 0.001 }\nperp: { taker: free }\n')
    const { usage, said } = await refused('--fees', file)
    expect(usage).toBe(true)
    expect(said).toMatch(/fees.yaml: perp.taker: expected a fraction.*perp.maker/)
  })
})

describe('records', () => {
  test('without any, it says where it looked and how to bring some, and ends with 1', async () => {
    const { code, err } = await hedgerow('backtest', '--data', join(folder, 'nowhere'))
    expect(code).toBe(1)
    expect(err).toMatch(/recorded history: .*found no funding in .*nowhere; `hedgerow data import FILE…`/)
    expect(err).not.toContain(' at ')
  })

  test('a file that is no table is refused by its columns, and nothing is copied', async () => {
    const file = join(folder, 'other.csv')
    writeFileSync(file, 'time,price\n1,2\n')
    const { code, err } = await hedgerow('data', 'import', ...tables, file)
    expect(code).toBe(1)
    expect(err).toMatch(/other.csv: expected the columns of funding \(an instant.*found time, price/)
    expect(existsSync(join(folder, '.hedgerow/history'))).toBe(false)
  })

  test('a row that cannot be read is named by its file and line', async () => {
    const file = join(mkdtempSync(join(folder, 'broken-')), 'broken.csv')
    writeFileSync(
      file,
      'symbol,fundingRateTimestamp,fundingRate,observedIntervalHours\nSOLUSDT,1759276800000,0.1,8\nSOLUSDT,1759305600000,much,8\n',
    )
    const { code, err } = await hedgerow('data', 'import', file)
    expect(code).toBe(1)
    expect(err).toMatch(/broken.csv line 3: expected a rate such as 0.0001, found "much"/)
  })

  test('what was imported is run without another word', async () => {
    const imported = await hedgerow('data', 'import', ...tables, '--json')
    expect(imported.code).toBe(0)
    expect(JSON.parse(imported.out).files).toMatchObject([
      { kind: 'funding', symbols: ['SOLUSDT'], rows: 5 },
      { kind: 'prices', symbols: ['SOLUSDT'], rows: 48 },
    ])
    const { code, out, err } = await hedgerow('backtest', '--json')
    expect(err).toBe('')
    expect(code).toBe(0)
    const report = JSON.parse(out)
    expect(report).toMatchObject({ symbols: ['SOLUSDT'], capitalUsdt: '3000', tiesOut: true })
    expect(report.variants[0].runs.map((run: { name: string }) => run.name)).toEqual([
      'hedgerow',
      'hold all',
      'thresholds .05/.01 %',
      'thresholds +30/-15 %',
    ])

    const text = await hedgerow(
      ...['backtest', '--out', 'report.txt', '--patient', '--spread', 'off', '--report', 'report.html'],
    )
    expect(text.code).toBe(0)
    expect(text.err).toMatch(/backtest +\d+ %/)
    const written = readFileSync(join(folder, 'report.txt'), 'utf8')
    expect(written).toContain('vip0, without the spread route')
    expect(written).toContain('hold all')
    const page = readFileSync(join(folder, 'report.html'), 'utf8')
    expect(page).not.toMatch(/<script|<link|<img|src=|href=|url\(|@import|https?:/)
    for (const part of [
      'Where the money came from',
      'Below the peak',
      'hold all',
      'not compounded',
      'residual 0',
    ])
      expect(page).toContain(part)
    expect(page.match(/[0-9a-f]{64}/g)).toHaveLength(3)
  })

  test('a sweep over what was imported tells its progress, and the same wish gives the same file', async () => {
    const sweep = (...more: string[]) =>
      hedgerow('sweep', '--data', folder, '--set', 'entryAprMin=0,0.01', '--workers', '2', ...more)
    const { code, out, err } = await sweep('--report', 'one.html')
    expect([code, out]).toEqual([0, expect.stringContaining('two speeds')])
    expect(err).toMatch(/sweep +\d+ %/)
    const json = await sweep('--json', '--report', 'two.html')
    expect(JSON.parse(json.out).trials).toHaveLength(2)
    expect(json.err).toBe('')
    expect(readFileSync(join(folder, 'two.html'), 'utf8')).toBe(
      readFileSync(join(folder, 'one.html'), 'utf8'),
    )
    const wrong = await sweep('--set', 'entryAprMin=cheap')
    expect([wrong.code, wrong.out]).toEqual([2, ''])
    expect(wrong.err).toMatch(/--set: entryAprMin: expected .*found cheap/)
  })

  test('a symbol or a span without records is named, and ends with 1', async () => {
    const symbol = await hedgerow('backtest', '--symbols', 'SOLUSD', '--data', folder)
    expect(symbol.code).toBe(1)
    expect(symbol.err).toMatch(/--symbols: SOLUSD is not recorded\s+did you mean SOLUSDT/)
    const span = await hedgerow('backtest', '--from', '2020-01-01', '--to', '2020-02-01', '--data', folder)
    expect(span.code).toBe(1)
    expect(span.err).toMatch(/expected a span inside 2025-10-01 to 2025-10-03/)
  })

  test('funding alone is called a study', async () => {
    const { code, out } = await hedgerow('backtest', '--study', '--data', folder)
    expect(code).toBe(0)
    expect(out).toContain('A study, not a run')
    expect(out).toContain('two speeds')
  })
})
