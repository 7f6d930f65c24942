/** What happened is told in words, each thing once, and nothing that was so before the first look. */
import { describe, expect, test } from 'vitest'
import { type Ended, hedgeNews } from '../../../src/run/start/status-line.ts'

const held = (more: object = {}) => ({
  id: '7',
  symbol: 'WIFUSDT',
  direction: 'long-carry',
  state: 'hedged.watching | hedged.spot.quiet',
  heldUsdt: '499.9',
  filledShare: 1,
  fundingUsdt: '0',
  settlements: 0,
  nextFundingUsdt: '0.42',
  because: null,
  ...more,
})
const ended: Ended = {
  id: '7',
  symbol: 'WIFUSDT',
  sinceMs: 7_200_000,
  hedgedAtMs: 3_600_000,
  unwindBecause: 'enough',
  fundingUsdt: '0.74',
  feesUsdt: '-1.1',
  netUsdt: '-0.36',
}

describe('a hedge', () => {
  test('that stands is told with its size and what it will be paid', () => {
    const news = hedgeNews()
    news.since([held({ state: 'entering.work' })], [])
    expect(news.since([held()], [])).toEqual([
      'opened WIFUSDT: 499.90 USDT, long carry; +0.42 at the next settlement',
    ])
    expect(news.since([held()], [])).toEqual([])
  })

  test('of which a part was filled says how much of the plan that is', () => {
    const news = hedgeNews()
    news.since([], [])
    expect(news.since([held({ filledShare: 0.25, nextFundingUsdt: null })], [])).toEqual([
      'opened WIFUSDT: 499.90 USDT, long carry, 25 % of the plan',
    ])
  })

  test.each([
    ['1.1', 'WIFUSDT was paid 0.40 USDT of funding, +1.10 in all'],
    ['0.5', 'WIFUSDT paid 0.20 USDT of funding, +0.50 in all'],
  ])('whose funding went from 0.7 to %s is told by whom it was paid', (fundingUsdt, told) => {
    const news = hedgeNews()
    news.since([held({ settlements: 1, fundingUsdt: '0.7' })], [])
    expect(news.since([held({ settlements: 2, fundingUsdt })], [])).toEqual([told])
  })

  test('that closed is told with what it made and why, as soon as that can be read', () => {
    const news = hedgeNews()
    news.since([held()], [])
    expect(news.gone([])).toEqual(['7'])
    expect(news.since([], [])).toEqual([])
    expect(news.since([], [ended])).toEqual([
      'closed WIFUSDT after 1 h: net −0.36 USDT (funding +0.74, fees −1.10), because enough',
    ])
    expect(news.since([], [ended])).toEqual([])
  })

  test('whose reason holds what would command a terminal is told without that', () => {
    const news = hedgeNews()
    news.since([held()], [])
    const because = 'news\u001b]0;pwned\u0007\u001b[2J\nclosed by nobody'
    expect(news.since([held({ state: 'unwinding.work', because })], [])).toEqual([
      'closing WIFUSDT: news closed by nobody',
    ])
  })

  test('that never opened is told as dropped', () => {
    const news = hedgeNews()
    news.since([held({ state: 'entering.work' })], [])
    expect(news.since([], [{ ...ended, hedgedAtMs: 0 }])).toEqual([
      'dropped WIFUSDT before it was hedged, because enough',
    ])
  })

  test('that failed names the command that says more', () => {
    const news = hedgeNews()
    news.since([held()], [])
    expect(news.since([held({ state: 'failed', because: 'no answer' })], [])).toEqual([
      'WIFUSDT needs a person: no answer; hedgerow hedge 7',
    ])
  })
})

test('what was so at the first look is no news', () => {
  expect(hedgeNews().since([held({ settlements: 4, fundingUsdt: '2' })], [])).toEqual([])
})
