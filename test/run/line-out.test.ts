/** What nobody reads stops nobody: lines are dropped beyond a bound, and the log says how many when it is read again. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { Writable } from 'node:stream'
import { expect, test } from 'vitest'
import { lineOut } from '../../src/telemetry/line-out.ts'

test('lines that nobody takes are dropped beyond a bound, and counted where they are missing', async () => {
  const taken: string[] = []
  let isHeld = true
  const waiting: (() => void)[] = []
  const held = new Writable({
    decodeStrings: false,
    write(text, _encoding, done) {
      taken.push(String(text))
      if (isHeld) waiting.push(done)
      else done()
    },
  })
  const out = lineOut(held, lines => `${lines} are missing\n`)
  const line = `${'x'.repeat(1_023)}\n`
  for (let at = 0; at < 2_000; at++) out(line)
  expect(held.writableLength).toBeLessThanOrEqual(2 ** 20 + 1_024)
  isHeld = false
  for (const done of waiting) done()
  await expect.poll(() => held.writableLength).toBe(0)
  out('after\n')
  await expect.poll(() => taken.at(-1)).toBe('after\n')
  expect(taken.at(-2)).toMatch(/^9\d\d are missing\n$/)
})

test('a process whose log goes into a pipe that nobody reads goes on, within its memory', async () => {
  const program = `
    import { createLog } from '${new URL('../../src/telemetry/log.ts', import.meta.url).pathname}'
    const log = createLog({ level: 'info', secrets: [] })
    for (let at = 0; at < 30_000; at++) {
      log.info('told', { at, text: 'x'.repeat(500) })
      if (at % 1_000 === 0) await new Promise(setImmediate)
    }
    process.stderr.write('alive ' + Math.round(process.stdout.writableLength / 2 ** 20))
    process.stdin.once('data', () => process.exit(0))`
  const args = ['--input-type=module', '-e', program]
  const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'pipe'] })
  const [said] = await once(child.stderr, 'data')
  expect(String(said)).toBe('alive 1')
  child.stdin.write('\n')
  expect(await once(child, 'exit')).toEqual([0, null])
})
