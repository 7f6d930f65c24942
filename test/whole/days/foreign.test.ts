/** Whose coins and contracts are whose, when people trade in an account that hedges. */
import { Decimal } from 'decimal.js'
import { expect, test } from 'vitest'
import { Foreign } from '../../../src/simulate/judge/foreign.ts'

const d = (text: string) => new Decimal(text)

test.each([
  ['buys beside the hedge’s coins: all his', '10', ['5'], '5'],
  ['sells what he bought first, then the hedge’s', '10', ['5', '-7'], '0'],
  ['sells more than there is: he owes what is beyond', '10', ['-14'], '-4'],
  ['buys a coin that the hedge owes: it repays the debt, he has nothing', '-10', ['4'], '0'],
  ['buys more than is owed: what is beyond is his', '-10', ['14'], '4'],
  ['sells beside a debt: he owes that much', '-10', ['-3'], '-3'],
  ['repays his own debt first', '-10', ['-3', '5'], '0'],
])('a person who %s', (_, hedge, trades, his) => {
  const foreign = new Foreign()
  let coins = d(hedge)
  for (const trade of trades) {
    foreign.moveCoins(d(trade), coins)
    coins = coins.plus(trade)
  }
  expect(foreign.coins.toFixed()).toBe(his)
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

test.each([
  ['of the hedge first', '-10', '-4', '6', '-4'],
  ['and of people where it has less', '-10', '-4', '12', '-2'],
  ['of people alone where it has none', '0', '-4', '2', '-2'],
  ['of everybody at the delivery', '-10', '4', '6', '0'],
])('what the exchange takes it takes %s', (_, hedge, theirs, taken, left) => {
  const foreign = new Foreign()
  foreign.position = d(theirs)
  foreign.forcePosition(d(taken), d(hedge).plus(theirs))
  expect(foreign.position.toFixed()).toBe(left)
})
