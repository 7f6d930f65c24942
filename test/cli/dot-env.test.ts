/** Settings in a `.env` of the folder that a command is started in. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, expect, test } from 'vitest'
import { start } from '../support/process/process.ts'

const folder = mkdtempSync(join(tmpdir(), 'hedgerow-env-'))
afterAll(() => rmSync(folder, { recursive: true }))

const settings = async (env: Record<string, string> = {}) => {
  const { code, out, err } = await start(['config', 'check', '--json'], { cwd: folder, env }).ended
  return code === 0 ? JSON.parse(out) : JSON.parse(err)
}
afterEach(() => rmSync(join(folder, '.env'), { recursive: true, force: true }))

test('is read, and what the shell sets wins', async () => {
  writeFileSync(join(folder, '.env'), 'HEDGEROW_SEED=7\nHEDGEROW_SPEED="20"\n# a remark\n')
  expect(await settings({ HEDGEROW_SPEED: '30' })).toMatchObject({ seed: 7, speed: 30 })
})

test('is held to the same rules: a name nobody knows is refused', async () => {
  writeFileSync(join(folder, '.env'), 'HEDGEROW_SPED=20\n')
  expect(await settings()).toMatchObject({ exitCode: 2, faults: [{ key: 'HEDGEROW_SPED' }] })
})

test('that cannot be read is said in one sentence', async () => {
  mkdirSync(join(folder, '.env'))
  expect(await settings()).toEqual({ exitCode: 2, error: expect.stringMatching(/^\.env: expected a file/) })
})
