import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { backoffMs, countRestart, type RestartPolicy } from '../../../src/domain/risk/restarts.ts'

const POLICY: RestartPolicy = { restartsMax: 3, withinMs: 1000, backoffMs: 100, backoffMsMax: 5000 }

describe('restart intensity', () => {
  test('allows as many restarts in the window as the policy says and quarantines at the next', () => {
    let kept: number[] = []
    for (const atMs of [0, 10, 20]) {
      const decision = countRestart(kept, atMs, POLICY)
      expect(decision.kind).toBe('restart')
      kept = decision.restartsAtMs
    }
    expect(countRestart(kept, 30, POLICY)).toMatchObject({ kind: 'quarantine', limit: '3' })
    // The first has left the window by then.
    expect(countRestart(kept, 1000, POLICY)).toMatchObject({ kind: 'restart', restartsAtMs: [10, 20, 1000] })
  })

  test('never lets more restarts into any window than the policy allows', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 700 }), { maxLength: 40 }), gaps => {
        let kept: number[] = []
        let nowMs = 0
        const restarted: number[] = []
        for (const gap of gaps) {
          nowMs += gap
          const decision = countRestart(kept, nowMs, POLICY)
          kept = decision.restartsAtMs
          if (decision.kind === 'restart') restarted.push(nowMs)
        }
        for (const end of restarted)
          expect(restarted.filter(atMs => atMs > end - 1000 && atMs <= end).length).toBeLessThanOrEqual(3)
      }),
    )
  })

  test('doubles the wait each time up to its cap', () => {
    expect([0, 1, 2, 3, 6, 60, 5000].map(n => backoffMs(n, POLICY))).toEqual([
      100, 200, 400, 800, 5000, 5000, 5000,
    ])
    expect(countRestart([], 0, POLICY)).toMatchObject({ delayMs: 100 })
    expect(countRestart([0, 1], 2, POLICY)).toMatchObject({ delayMs: 400 })
  })
})
