import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { closedSessions, createSessions } from '../../../src/api/access/sessions.ts'
import { VirtualClock } from '../../../src/clock/virtual-clock.ts'

const TOKEN = 'token-0123456789abcdef'
const DAY_MS = 86_400_000
let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hedgerow-sessions-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const clock = new VirtualClock(0)
/** As the engine opens them at each start: the same token, the same folder. */
const start = () => createSessions({ token: TOKEN, clock, closed: closedSessions(folder) })
const opened = (sessions = start()) => sessions.open(sessions.issueCode()) ?? ''

test('a page stays signed in when the engine is started again', () => {
  const session = opened()
  expect(start().isOpen(session)).toBe(true)
})

test('a session that was signed out stays so after the next start, and no other ends with it', () => {
  const [mine, other] = [opened(), opened()]
  start().close(mine)
  expect(start().isOpen(mine)).toBe(false)
  expect(start().isOpen(other)).toBe(true)
})

test('what is kept of a session opens nothing, and is forgotten once the session would have ended', () => {
  const first = opened()
  start().close(first)
  const kept = readFileSync(join(folder, 'sessions-closed'), 'utf8')
  expect(kept).not.toContain(first)
  clock.advanceTo(8 * DAY_MS)
  start().close(opened())
  expect(readFileSync(join(folder, 'sessions-closed'), 'utf8').split('\n').filter(Boolean)).toHaveLength(1)
})

test('a file cut in the middle by a power failure still keeps its whole lines', () => {
  const [one, two] = [opened(), opened()]
  start().close(one)
  start().close(two)
  const path = join(folder, 'sessions-closed')
  writeFileSync(path, readFileSync(path, 'utf8').slice(0, -20))
  expect(start().isOpen(one)).toBe(false)
})
