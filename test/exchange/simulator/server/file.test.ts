/** The simulator's account file: what a process that was killed at any point leaves is what the next one reads. */
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { VirtualClock } from '../../../../src/clock/virtual-clock.ts'
import {
  type AccountFile,
  AccountFileError,
  type Input,
  loadAccountFile,
  openAccountFile,
} from '../../../../src/exchange/simulator/account/account-file.ts'
import { drive } from '../../../../src/exchange/simulator/server/driver.ts'
import { stubCore } from '../../../support/exchange/simulator-server-stub.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'simulator-file-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const state = (nowMs: number) => ({ seed: 1, nowMs, uids: ['1'], core: { reached: nowMs } })
const input = (atMs: number): Input => ({ atMs, deposit: { uid: '1', coin: 'USDT', amount: '5' } })
const open = (file: string): AccountFile => openAccountFile(file, state(0), loadAccountFile(file))

/** The files as a process killed at this moment leaves them. */
function asKilled(file: string) {
  const copy = mkdtempSync(join(folder, 'killed-'))
  for (const name of readdirSync(folder).filter(name => name.startsWith('account')))
    cpSync(join(folder, name), join(copy, name))
  return loadAccountFile(join(copy, file))
}

test('an input is kept when append returns', () => {
  const file = open(join(folder, 'account'))
  file.append(input(1))
  file.append({ untilMs: 9, atMs: 5, wallMs: 100 })
  expect(asKilled('account')).toMatchObject({
    checkpoint: { nowMs: 0, seed: 1 },
    inputs: [input(1), { untilMs: 9, atMs: 5, wallMs: 100 }],
  })
})

test('nothing is lost or doubled before, during and after a checkpoint', async () => {
  const file = open(join(folder, 'account'))
  file.append(input(1))
  const done = file.checkpoint(state(2))
  file.append(input(3))
  // The checkpoint is not in place yet: the older one and both logs are.
  expect(asKilled('account')).toMatchObject({ checkpoint: { nowMs: 0 }, inputs: [input(1), input(3)] })
  await done
  expect(asKilled('account')).toMatchObject({ checkpoint: { nowMs: 2 }, inputs: [input(3)] })
  file.append(input(4))
  expect(asKilled('account').inputs).toEqual([input(3), input(4)])
})

test('a checkpoint under way cannot overtake the last one', async () => {
  const file = open(join(folder, 'account'))
  const done = file.checkpoint(state(1))
  file.close(state(2))
  await done
  expect(asKilled('account')).toMatchObject({ checkpoint: { nowMs: 2 }, inputs: [] })
})

test('logs of the past are removed, but those of the checkpoint before', async () => {
  const logs = () => readdirSync(folder).filter(name => name.endsWith('.log'))
  const file = open(join(folder, 'account'))
  for (const at of [1, 2, 3]) await file.checkpoint(state(at))
  expect(logs()).toHaveLength(2)
  file.close(state(4))
  open(join(folder, 'account'))
  expect(logs()).toHaveLength(2)
})

test.each([
  ['in the middle', (text: string) => text.slice(0, text.length / 2)],
  ['to nothing', () => ''],
])('a checkpoint cut %s is named, put aside and made again from its logs', async (_, cut) => {
  const name = join(folder, 'account')
  const file = open(name)
  file.append(input(1))
  await file.checkpoint(state(2))
  file.append(input(3))
  writeFileSync(name, cut(readFileSync(name, 'utf8')))
  const healed = loadAccountFile(name)
  expect(healed).toMatchObject({ checkpoint: { nowMs: 0 }, inputs: [input(1), input(3)] })
  expect(healed.healed).toContain(`${name}: expected JSON`)
  expect(healed.healed).toContain(`${name}.unreadable`)
  openAccountFile(name, state(4), healed).append(input(5))
  expect(loadAccountFile(name)).toEqual({
    checkpoint: expect.objectContaining({ nowMs: 4 }),
    inputs: [input(5)],
  })
})

test('without a checkpoint before it a cut one is named, and where it was put', () => {
  const name = join(folder, 'account')
  writeFileSync(name, '{"format":1')
  expect(() => loadAccountFile(name)).toThrow(`${name}: expected JSON`)
  expect(readdirSync(folder)).toEqual(['account.unreadable'])
})

test('a log that is garbled is named by its line, and nothing is dropped', () => {
  const name = join(folder, 'account')
  open(name).append(input(1))
  const [log = ''] = readdirSync(folder).filter(found => found.endsWith('.log'))
  writeFileSync(join(folder, log), `${JSON.stringify(input(1))}\n{"atMs":\n${JSON.stringify(input(2))}\n`)
  expect(() => loadAccountFile(name)).toThrow(`${log} line 2: expected JSON`)
  expect(readdirSync(folder)).toContain('account')
})

test('a file that is not an account is refused by name', () => {
  writeFileSync(join(folder, 'account'), '{"format":9}')
  expect(() => loadAccountFile(join(folder, 'account'))).toThrow(AccountFileError)
})

test('when an input cannot be written the server is told once, before the core answers', () => {
  const core = stubCore({ seed: 1, startAtMs: 1000, saved: undefined })
  const clock = new VirtualClock(1000)
  const file = open(join(folder, 'account'))
  const told: string[] = []
  let isFull = false
  const append: AccountFile['append'] = input => {
    if (isFull) throw new Error('no space')
    file.append(input)
  }
  const driver = drive({
    core,
    clock,
    speed: 1,
    isPaced: () => false,
    file: { ...file, append },
    state: () => state(core.nowMs()),
    hear: () => {},
    fail: error => told.push(`${error.message} with ${core.orders.length} orders`),
  })
  const params = { category: 'linear', orderLinkId: 'a' }
  isFull = true
  driver.ask({ via: 'rest', method: 'POST', path: '/v5/order/create', params, uid: '1' })
  clock.advanceTo(5000)
  expect(told).toEqual(['no space with 0 orders'])
})
