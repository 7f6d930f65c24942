/**
 * The command line: whatever is typed is done or refused in a sentence. Commands that ask a running engine really ask one, in this
 * process; those that run or install something are only read.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { type Command, CommanderError } from 'commander'
import fc from 'fast-check'
import { createApi } from '../../../src/api/app.ts'
import { explained } from '../../../src/cli/kit/failure.ts'
import { buildProgram } from '../../../src/cli/program.ts'
import { VirtualClock } from '../../../src/clock/virtual-clock.ts'
import { silentTelemetry } from '../../../src/telemetry/telemetry.ts'
import { sampleView } from '../../support/api/sample-view.ts'
import { edge, type Outcome } from './kit.ts'
import { text } from './spoilt.ts'

const TOKEN = 'a-token-of-the-tests-only'
/** These ask the engine of `--url` and nothing else. */
const ASKING = ['Look:', 'Steer:']
/** They wait for what comes, for as long as it takes. */
const WAITING = /^--(watch|follow|wait)/
const OUTPUT_MAX = 1024 * 1024

type Known = { words: readonly string[]; flags: readonly string[]; asks: boolean }

function knownOf(program: Command, words: readonly string[] = [], group = ''): Known[] {
  return program.commands.flatMap(command => {
    const named = [...words, command.name()]
    const at = group || command.helpGroup()
    const flags = command.options.flatMap(({ long }) => (long && !WAITING.test(long) ? [long] : []))
    const own = { words: named, flags: [...flags, '--nonsense', '-h'], asks: ASKING.includes(at) }
    return command.commands.length > 0 ? [own, ...knownOf(command, named, at)] : [own]
  })
}

const KNOWN = knownOf(buildProgram())
// What a shell can hand over: no NUL, and whole characters.
const word = text.map(each => each.replaceAll('\0', '').toWellFormed()).filter(each => !WAITING.test(each))
const cases = fc.record({
  command: fc.constantFrom(...KNOWN),
  args: fc.array(
    fc.oneof(
      word,
      fc.constantFrom('engine', 'XRPUSDT', 'hedge.unwind', '5'),
      fc.record({ flag: fc.nat(50), value: word }),
    ),
    { maxLength: 5 },
  ),
})

function typed({ command, args }: typeof cases extends fc.Arbitrary<infer One> ? One : never): string[] {
  const { words, flags } = command
  return [
    ...words,
    ...args.flatMap(arg =>
      typeof arg === 'string' ? [arg] : [flags[arg.flag % flags.length] ?? '-h', arg.value],
    ),
  ]
}

/** Where nothing is to be run, commander's own reading of the words is all that is tried. */
function readOnly(program: Command): void {
  program.action(() => {})
  program.configureOutput({ writeOut: () => {}, writeErr: () => {} })
  for (const command of program.commands) readOnly(command)
}

/** Runs it with what it prints kept. */
async function quietly(run: () => Promise<unknown>): Promise<number> {
  const { stdout, stderr } = process
  const writes = [stdout.write, stderr.write] as const
  let printed = 0
  const count = (chunk: string | Uint8Array) => {
    printed += chunk.length
    return true
  }
  stdout.write = count
  stderr.write = count
  try {
    await run()
  } finally {
    ;[stdout.write, stderr.write] = writes
    process.exitCode = undefined
  }
  return printed
}

export const commandLine = edge({
  name: 'command line',
  share: 2,
  cases,
  async open() {
    const folder = mkdtempSync(path.join(tmpdir(), 'hedgerow-fuzz-'))
    const clock = new VirtualClock(Date.UTC(2026, 0, 5))
    const { listen } = createApi({
      ...{
        view: sampleView(),
        token: TOKEN,
        host: '127.0.0.1',
        port: 0,
        telemetry: silentTelemetry(),
        clock,
      },
    })
    const engine = await listen()
    const before = { ...process.env }
    Object.assign(process.env, {
      HEDGEROW_API_TOKEN: TOKEN,
      HEDGEROW_DATA_DIR: folder,
      HEDGEROW_PORT: String(engine.port),
      NO_COLOR: '1',
    })
    return {
      async take(one): Promise<Outcome> {
        clock.advanceTo(clock.nowMs() + 10_000)
        const program = buildProgram()
        if (!one.command.asks) readOnly(program)
        try {
          const printed = await quietly(() => program.parseAsync(typed(one), { from: 'user' }))
          if (printed > OUTPUT_MAX) throw new Error(`${printed} characters were printed`)
          return 'accepted'
        } catch (error) {
          if (error instanceof CommanderError) return error.exitCode === 0 ? 'accepted' : 'refused'
          const { text: said } = explained(error)
          if (said.trim() === '' || /\n {4}at /.test(said)) throw error
          return 'refused'
        }
      },
      async close() {
        for (const name of Object.keys(process.env)) delete process.env[name]
        Object.assign(process.env, before)
        await engine.close()
        rmSync(folder, { recursive: true })
      },
    }
  },
})
