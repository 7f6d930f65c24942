import { describe, expect, test } from 'vitest'
import { shortState } from '../../src/dashboard/inspector/chart/tone.ts'
import { standing } from '../../src/dashboard/pages/opportunities/standing.ts'
import { paceText } from '../../src/wording/figures.ts'
import { innerState, stateTone, topState } from '../../src/wording/stories.ts'

describe('a symbol that may not be traded for now has not failed', () => {
  test.each(['stale', 'delisted'])('%s is called so, and is no fault', word => {
    const state = `failed.${word}`
    expect([topState(state), innerState(state), stateTone(state), shortState(state)]).toEqual([
      word,
      '',
      'warn',
      word,
    ])
  })

  test('the table of symbols calls it stale, and says why', () => {
    const market = { state: 'failed.stale', stateBecause: 'spot-book-stale: found 12000 ms, limit 10000 ms' }
    const { word, tone, why } = standing({ market } as unknown as Parameters<typeof standing>[0])
    expect([word, tone]).toEqual(['stale', 'warn'])
    expect(why).toContain('spot order book')
  })

  test('what waits for a person is still failed', () => {
    expect([topState('failed.quarantined'), stateTone('failed')]).toEqual(['failed', 'bad'])
  })
})

test.each([
  [60, 60, '60×'],
  [60, 57, '60×'],
  [60, 22.4, '22× instead of 60×: this machine is busy'],
  [60, 3.14, '3.1× instead of 60×: this machine is busy'],
  [1, 1, ''],
])('time asked for at %d and run at %d is told as “%s”', (speed, pace, words) => {
  expect(paceText({ speed, pace })).toBe(words)
})
