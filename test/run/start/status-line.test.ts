import { expect, test } from 'vitest'
import { VirtualClock } from '../../../src/clock/virtual-clock.ts'
import { NO_USDT, usdt } from '../../../src/domain/units.ts'
import { showStatus, startSteps, statusLine } from '../../../src/run/start/status-line.ts'
import { holdingOf } from '../../../src/views/holdings.ts'
import { smallView } from '../../support/api/small-view.ts'
import { marketOn, NOW_MS, XRP } from '../../support/domain/sample-market.ts'
import { longCarry, reverseCarry } from '../../support/machines/sample-hedges.ts'

function view() {
  const small = smallView()
  const market = marketOn(XRP, '-0.001')
  const booked = { fundingUsdt: usdt('3'), settlements: 6, coinFeesUsdt: NO_USDT, otherFeesUsdt: usdt('0') }
  small.held = [longCarry(), reverseCarry()].map(hedge => holdingOf(hedge, { market, booked, nowMs: NOW_MS }))
  const summary = small.summary()
  return {
    ...small,
    summary: () => ({ ...summary, nowMs: NOW_MS, equityUsdt: '100012.345' }),
    holdings: () => small.held,
  }
}

test('the line of a running engine says money: equity, funding, net, the next settlement with its sign', () => {
  const line = statusLine(view(), { fundingUsdt: '1.5', netUsdt: '-4' })
  expect(line).toContain('2026-01-05 03:00 (60×)  trading  equity 100,012.35 USDT  funding +7.50  net +')
  // The long pays one rate and the reverse is paid it.
  expect(line).toContain('next 0.00 in 5 h')
  expect(line).toContain('hedges 1 hedged')
  expect(line).not.toContain('LEDGER')
})

test('a figure of which a part is not known is a dash', () => {
  const small = smallView()
  const booked = { fundingUsdt: NO_USDT, settlements: 0, coinFeesUsdt: NO_USDT, otherFeesUsdt: usdt('0') }
  small.held = [holdingOf(longCarry(), { market: undefined, booked, nowMs: NOW_MS })]
  expect(statusLine(small, undefined)).toMatch(/net – {2}hedges/)
})

test('a terminal that nobody reads stops nothing, and the end says that open hedges stay open', async () => {
  const clock = new VirtualClock(0)
  const written: string[] = []
  const stop = showStatus({
    view: view(),
    url: 'http://127.0.0.1:8787',
    loginLink: () => 'http://127.0.0.1:8787/#login=x',
    clock,
    out: text => written.push(text),
    isTerminal: true,
  })
  for (let at = 5_000; at <= 15_000; at += 5_000) {
    clock.advanceTo(at)
    await new Promise(setImmediate)
  }
  stop()
  expect(written[0]).toContain('sign in: http://127.0.0.1:8787/#login=x')
  expect(written.filter(line => line.includes('equity'))).toHaveLength(1)
  expect(written.at(-1)).toBe('stopping; 2 open hedges stay open; the next start continues from here\n')
})

const say = (isTerminal: boolean) => {
  const written: string[] = []
  const doing = startSteps({ version: '1.2.3', mode: 'sim', out: text => written.push(text), isTerminal })
  doing('starting the database')
  return written.join('')
}

test('a start that takes a while says from its first moment what it does', () => {
  expect(say(true)).toBe('hedgerow 1.2.3, mode sim\n  starting the database…\n')
})

test('off a terminal it says nothing: the log is for programs', () => {
  expect(say(false)).toBe('')
})
