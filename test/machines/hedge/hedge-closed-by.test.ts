/** Who closed a hedge, and what its symbol hears of it (promise 13). */
import { expect, test } from 'vitest'
import { closed, done, hedgedHedge, orderStep } from '../../support/machines/told-hedge.ts'

test.each([
  ['a person', { by: 'ann' }, 'closed by ann'],
  ['a person who says that it may be opened again', { by: 'ann', reopen: true }, ''],
  ['the engine itself', {}, ''],
])('%s unwinds it: its symbol hears at the end whether it is to stay closed', (_who, sender, keepOut) => {
  const hedge = hedgedHedge()
  hedge.tell({ type: 'hedge.unwind', because: 'enough', ...sender })
  hedge.tell(orderStep('spot', 'exit', false))
  hedge.tell({ ...closed(hedge, 'spot', '10'), base: '-10' })
  hedge.tell(orderStep('perp', 'exit', false))
  hedge.tell({ ...closed(hedge, 'perp', '10'), base: '-10' })
  hedge.tell(done(hedge))
  hedge.tell({ ...done(hedge), type: 'legs.verified' })
  const told = hedge.steps.at(-1)?.effects.find(({ type }) => type === 'send')
  expect(told?.params).toMatchObject({ event: { type: 'hedge.moved', state: 'closed', keepOut } })
})
