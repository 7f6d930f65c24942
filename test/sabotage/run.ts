/**
 * `npm run sabotage`: breaks a promise in a copy of the tree, runs the tests that must notice, and says whether they did.
 * A test that stays green beside a broken promise is worth nothing: what is missed is a test to write.
 */
import { spawn } from 'node:child_process'
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import path from 'node:path'
import { parseArgs, styleText } from 'node:util'
import { fastSabotages, SABOTAGES } from './catalogue.ts'
import type { Sabotage } from './sabotage.ts'

const ROOT = path.resolve(import.meta.dirname, '../..')
const COPIED = [
  'src',
  'actors',
  'machines',
  'test',
  'package.json',
  'tsconfig.json',
  'vitest.config.ts',
  'vite.config.ts',
]
const READ_ONLY = [
  'docker',
  'mikro-orm.config.ts',
  'README.md',
  'RUNBOOK.md',
  'ARCHITECTURE.md',
  'DECISIONS.md',
  'CHANGELOG.md',
]
const LIMIT_MS = 300_000

const HELP = `Breaks promises, one at a time, in a copy of the tree, and runs the tests that must notice.

Usage: npm run sabotage -- [options]

Options:
  --only <text>   those whose name, file or promise ("promise 4") contains it; may be given more than once
  --fast          ten that take no time
  --jobs <count>  copies at work at once (default: the number of cores)
  --json <file>   writes the outcome as JSON too
  --list          names them and runs none
  --help          this page

Exit code: 0 when all were caught, 1 when one was missed or could not be run, 2 for a wrong option.`

type Outcome = 'caught' | 'MISSED' | 'did not run'
type Verdict = Pick<Sabotage, 'name' | 'promise' | 'file'> & {
  outcome: Outcome
  /** The first test that went red, or why nothing was run. */
  by: string
  seconds: number
}
type Report = {
  testResults: {
    name: string
    message: string
    assertionResults: { status: string; fullName: string }[]
  }[]
}

function options() {
  try {
    const { values } = parseArgs({
      options: {
        only: { type: 'string', multiple: true, default: [''] },
        fast: { type: 'boolean', default: false },
        jobs: { type: 'string', default: String(availableParallelism()) },
        json: { type: 'string' },
        list: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    })
    const jobs = Number(values.jobs)
    if (!Number.isInteger(jobs) || jobs < 1 || jobs > 64)
      throw new Error(`--jobs: expected a whole number from 1 to 64, found ${values.jobs}`)
    return { ...values, jobs }
  } catch (error) {
    process.stderr.write(
      `${error instanceof Error ? error.message : error}\nTry: npm run sabotage -- --help\n`,
    )
    process.exit(2)
  }
}

function chosen({ only, fast }: { only: string[]; fast: boolean }): Sabotage[] {
  const texts = only.map(text => text.toLowerCase())
  const all = fast ? fastSabotages() : [...SABOTAGES]
  return all.filter(({ name, file, promise }) => {
    const said = `${name}\n${file}\npromise ${promise}\n`.toLowerCase()
    return texts.some(text => said.includes(text))
  })
}

/** A copy that may be broken; packages and pages that nothing changes are shared with the tree. */
function copyOfTree(): string {
  const copy = mkdtempSync(path.join(tmpdir(), 'hedgerow-sabotage-'))
  for (const each of COPIED) cpSync(path.join(ROOT, each), path.join(copy, each), { recursive: true })
  for (const each of [...READ_ONLY, 'node_modules'].filter(each => existsSync(path.join(ROOT, each))))
    symlinkSync(path.join(ROOT, each), path.join(copy, each))
  return copy
}

/** Runs these tests in the copy. The report is undefined when the runner itself ended without one. */
async function runTests(copy: string, files: readonly string[]): Promise<Report | undefined> {
  const report = path.join(copy, 'report.json')
  rmSync(report, { force: true })
  const vitest = path.join(copy, 'node_modules/vitest/vitest.mjs')
  const args = [
    vitest,
    'run',
    '--mode',
    'test',
    '--maxWorkers=1',
    '--bail=1',
    '--reporter=json',
    `--outputFile=${report}`,
  ]
  const child = spawn(process.execPath, [...args, ...files], { cwd: copy, stdio: 'ignore' })
  const timer = setTimeout(() => child.kill('SIGKILL'), LIMIT_MS)
  await new Promise(ended => child.once('exit', ended))
  clearTimeout(timer)
  return existsSync(report) ? (JSON.parse(readFileSync(report, 'utf8')) as Report) : undefined
}

const firstRed = (report: Report): string | undefined =>
  report.testResults
    .flatMap(({ assertionResults }) => assertionResults)
    .find(({ status }) => status === 'failed')?.fullName

/** A copy that does not even load proves nothing about its tests. */
const unloaded = (report: Report): string | undefined =>
  report.testResults.find(({ assertionResults, message }) => assertionResults.length === 0 && message)
    ?.message

async function tried(copy: string, sabotage: Sabotage): Promise<{ outcome: Outcome; by: string }> {
  const file = path.join(copy, sabotage.file)
  const whole = readFileSync(path.join(ROOT, sabotage.file), 'utf8')
  const places = whole.split(sabotage.find).length - 1
  if (places !== 1)
    return { outcome: 'did not run', by: `its text stands ${places} times in ${sabotage.file}` }
  writeFileSync(
    file,
    whole.replace(sabotage.find, () => sabotage.replace),
  )
  try {
    const report = await runTests(copy, sabotage.caughtBy)
    if (!report) return { outcome: 'did not run', by: `no end within ${LIMIT_MS / 1000} s` }
    const by = firstRed(report)
    if (by) return { outcome: 'caught', by }
    const fault = unloaded(report)
    return fault
      ? { outcome: 'did not run', by: fault.split('\n')[0] ?? fault }
      : { outcome: 'MISSED', by: sabotage.caughtBy.join(', ') }
  } finally {
    writeFileSync(file, whole)
  }
}

const COLOURS = { caught: 'green', MISSED: 'red', 'did not run': 'yellow' } as const

/** Takes the next one until none is left. */
async function worker(waiting: Sabotage[], verdicts: Verdict[]): Promise<void> {
  const copy = copyOfTree()
  try {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      const startedAtMs = performance.now()
      const { outcome, by } = await tried(copy, next)
      const seconds = Math.round((performance.now() - startedAtMs) / 100) / 10
      const { name, promise, file } = next
      verdicts.push({ name, promise, file, outcome, by, seconds })
      const mark = styleText(COLOURS[outcome], outcome.padEnd(11))
      process.stdout.write(
        `${mark} ${`${seconds} s`.padStart(7)}  promise ${String(promise).padStart(2)}  ${name}\n`,
      )
      process.stdout.write(`${' '.repeat(33)}${outcome === 'caught' ? 'by: ' : ''}${by}\n`)
    }
  } finally {
    rmSync(copy, { recursive: true, force: true })
  }
}

/** All the tests that must notice, on the whole tree: red before anything was broken, they prove nothing. */
async function baseline(sabotages: readonly Sabotage[]): Promise<string | undefined> {
  const copy = copyOfTree()
  try {
    const report = await runTests(copy, [...new Set(sabotages.flatMap(({ caughtBy }) => caughtBy))])
    return report ? (firstRed(report) ?? unloaded(report)) : 'the tests did not end'
  } finally {
    rmSync(copy, { recursive: true, force: true })
  }
}

const refused = (text: string, code: 1 | 2): 1 | 2 => {
  process.stderr.write(`${text}\n`)
  return code
}

async function main(): Promise<number> {
  const { help, list, json, jobs, ...which } = options()
  const sabotages = chosen(which)
  if (help) process.stdout.write(`${HELP}\n`)
  if (list)
    for (const { promise, name, file } of sabotages)
      process.stdout.write(`promise ${promise}  ${name}  (${file})\n`)
  if (help || list) return 0
  if (sabotages.length === 0) return refused(`no sabotage contains ${which.only.join(' or ')}`, 2)
  process.stdout.write(`the tests of ${sabotages.length} sabotages, on the whole tree first\n`)
  const red = await baseline(sabotages)
  if (red) return refused(`red before anything was broken: ${red}`, 1)
  const verdicts: Verdict[] = []
  const waiting = [...sabotages]
  await Promise.all(Array.from({ length: Math.min(jobs, waiting.length) }, () => worker(waiting, verdicts)))
  const count = (outcome: Outcome) => verdicts.filter(each => each.outcome === outcome).length
  process.stdout.write(
    `${count('caught')} caught, ${count('MISSED')} missed, ${count('did not run')} did not run\n`,
  )
  if (json) writeFileSync(json, `${JSON.stringify(verdicts, null, 2)}\n`)
  return count('caught') === verdicts.length ? 0 : 1
}

process.exitCode = await main()
