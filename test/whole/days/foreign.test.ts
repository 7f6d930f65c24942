/** Whose coins and contracts are whose, when people trade in an account that hedges. */
import { Decimal } from 'decimal.js'
import { expect, test } from 'vitest'
import { Foreign } from '../../../src/simulate/judge/witness.ts'

const d = (text: string) => new Decimal(text)

test('coins a person buys are his, and sold beyond his they are the hedge’s', () => {
  const foreign = new Foreign()
  foreign.moveCoins(d('5'))
  foreign.moveCoins(d('-2'))
  expect(foreign.coins.toFixed()).toBe('3')
  foreign.moveCoins(d('-10'))
  expect(foreign.coins.toFixed()).toBe('0')
})

test.each([
  ['sells beside a short hedge: all his', '-10', ['-50'], '-50'],
  ['buys back a part of a short hedge: the hedge has less, he has nothing', '-10', ['4'], '0'],
  ['turns a short hedge over: what is beyond is his', '-10', ['20'], '10'],
  ['closes his own first, then the hedge’s', '-10', ['-5', '8'], '0'],
  ['closes a part of his own', '-10', ['-5', '3'], '-2'],
  ['buys beside a long hedge: all his', '10', ['7'], '7'],
  ['trades where there is no hedge: all his', '0', ['-3', '5'], '2'],
])('a person who %s', (_, hedge, trades, his) => {
  const foreign = new Foreign()
  let position = d(hedge)
  for (const trade of trades) {
    foreign.movePosition(d(trade), position)
    position = position.plus(trade)
  }
  expect(foreign.position.toFixed()).toBe(his)
})
