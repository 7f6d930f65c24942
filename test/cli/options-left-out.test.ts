/** Every command that asks an engine, with all its options left out: under --json what it says is JSON, failures too. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Command } from 'commander'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { apiToken } from '../../src/api/access/sessions.ts'
import { createApi } from '../../src/api/app.ts'
import type { Listening } from '../../src/api/server.ts'
import { explained } from '../../src/cli/kit/failure.ts'
import { buildProgram } from '../../src/cli/program.ts'
import { systemClock } from '../../src/clock/clock.ts'
import { silentTelemetry } from '../../src/telemetry/telemetry.ts'
import { smallView } from '../support/api/small-view.ts'

type Leaf = { words: string[]; required: string[]; asks: boolean; json: boolean }

const leaves = (command: Command, words: string[] = []): Leaf[] => {
  const has = (name: string) => command.options.some(({ long }) => long === name)
  const own = {
    words,
    required: command.registeredArguments.filter(({ required }) => required).map(argument => argument.name()),
    asks: has('--url'),
    json: has('--json'),
  }
  const isGroup = command.commands.length > 0 && !own.json
  const nested = command.commands.flatMap(each => leaves(each, [...words, each.name()]))
  return isGroup ? nested : [own, ...nested]
}
const ALL = leaves(buildProgram()).filter(({ words }) => words[0] !== 'help')

/** What stands for each argument: some of them exist at the small engine below, some do not. */
const GIVEN: Readonly<Record<string, string>> = {
  actor: 'engine',
  event: 'engine.halt',
  symbol: 'BTCUSDT',
  hedge: 'AAAAAAAAAA',
  alert: '01JD',
}

/** They print no data, or one line of JSON as it is. */
const WITHOUT_JSON = [
  'completion',
  'complete-words',
  'config init',
  'migrate',
  'service install',
  'simulator',
]

test('every command that prints data takes --json', () => {
  const without = ALL.filter(({ json }) => !json).map(({ words }) => words.join(' '))
  expect(without.sort()).toEqual([...WITHOUT_JSON].sort())
})

const folder = mkdtempSync(join(tmpdir(), 'hedgerow-options-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** As the command line runs it: what went out, and the failure if it ended with one. */
async function run(words: readonly string[]): Promise<{ out: string; failure: string | undefined }> {
  let out = ''
  const writing = vi.spyOn(process.stdout, 'write').mockImplementation(text => {
    out += String(text)
    return true
  })
  const complaining = vi.spyOn(process.stderr, 'write').mockImplementation(() => true)
  try {
    await buildProgram().parseAsync(['node', 'hedgerow', ...words])
    return { out, failure: undefined }
  } catch (error) {
    return { out, failure: explained(error).text }
  } finally {
    writing.mockRestore()
    complaining.mockRestore()
  }
}

/** The doctor looks at this machine whether or not an engine answers. */
const commands = ALL.filter(({ asks, words }) => asks && words[0] !== 'doctor').map(
  ({ words, required }) => ({
    name: words.join(' '),
    words: [...words, ...required.map(name => GIVEN[name] ?? name)],
  }),
)

describe('with an engine', () => {
  let server: Listening
  beforeAll(() => {
    vi.stubEnv('HEDGEROW_DATA_DIR', folder)
  })
  beforeEach(async () => {
    const token = apiToken(folder)
    const parts = { view: smallView(), token, telemetry: silentTelemetry(), clock: systemClock() }
    server = await createApi({ ...parts, host: '127.0.0.1', port: 0 }).listen()
  })
  afterEach(() => server.close())
  afterAll(() => vi.unstubAllEnvs())

  test.each(commands)('$name: JSON, or one sentence', async ({ words }) => {
    const { out, failure } = await run([...words, '--url', server.url, '--json'])
    if (out !== '') expect(() => JSON.parse(out)).not.toThrow()
    else expect(failure).toMatch(/^\S.{10,}/)
    // A stack is for what nobody foresaw.
    expect(failure ?? '').not.toContain('\n    at ')
    expect(failure ?? '').not.toMatch(/Malformed|undefined|\[object/)
  })
})

test.each(commands)('$name without an engine says where none answered', async ({ words }) => {
  const { out, failure } = await run([...words, '--url', 'http://127.0.0.1:9', '--json'])
  expect(out).toBe('')
  // Before it asks anybody, a command that cannot be undone wants to be told yes.
  expect(failure).toMatch(/no engine answers at http:\/\/127\.0\.0\.1:9|expected --yes/)
})
