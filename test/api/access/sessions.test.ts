import { chmodSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { apiToken, readToken, sameToken, tokenPath } from '../../../src/api/access/sessions.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hedgerow-token-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const mode = () => statSync(tokenPath(join(folder, 'data'))).mode & 0o777

test('the token is made once, in a file only its owner reads', () => {
  const data = join(folder, 'data')
  expect(readToken(data)).toBeUndefined()
  const token = apiToken(data)
  expect(token).toMatch(/^[\w-]{43}$/)
  expect(mode()).toBe(0o600)
  expect(apiToken(data)).toBe(token)
  expect(readToken(data)).toBe(token)
})

test('a token file that others may read, or an empty one, is put right', () => {
  const data = join(folder, 'data')
  const token = apiToken(data)
  chmodSync(tokenPath(data), 0o644)
  expect(apiToken(data)).toBe(token)
  expect(mode()).toBe(0o600)
  writeFileSync(tokenPath(data), '')
  chmodSync(tokenPath(data), 0o644)
  expect(apiToken(data)).not.toBe('')
  expect(mode()).toBe(0o600)
})

test('tokens are the same only when every character is', () => {
  expect(sameToken('abcdef', 'abcdef')).toBe(true)
  expect(sameToken('abcdef', 'abcdeg')).toBe(false)
  expect(sameToken('abcdef', 'abcdef ')).toBe(false)
  expect(sameToken('', 'a')).toBe(false)
})
