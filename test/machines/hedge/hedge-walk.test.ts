/** Every transition of the hedge's chart on the real durable actor, with a crash after every step of the way. */
import { describe, expect, inject, test } from 'vitest'
import { hedgeMachine } from '../../../machines/hedge/hedge.ts'
import type { JsonObject } from '../../../src/domain/json.ts'
import { covering, expectSameWalk, type Subject } from '../../support/machines/durable-walk.ts'
import { hedgeModel } from '../../support/machines/hedge-model.ts'
import { shortestPaths, untakenTransitions } from '../../support/machines/model.ts'
import { SYMBOL_ACTOR } from '../../support/machines/sample-hedge.ts'

const subject: Subject<typeof hedgeMachine> = {
  machine: hedgeMachine,
  actorId: 'hedge:HEDGE00001',
  kind: 'hedge',
  input: hedgeModel.input as unknown as JsonObject,
  listeners: [SYMBOL_ACTOR],
  answers: {
    confirmPlan: ['plan.confirmed', 'plan.refused'],
    decideStep: [
      'step.order',
      'step.wait',
      'step.done',
      'step.unwind',
      'step.stuck',
      'step.rest',
      'step.cancel',
      'legs.found',
    ],
    placeOrder: ['order.accepted', 'order.rejected', 'order.unknown'],
    findOrder: ['order.open', 'order.absent', 'order.unanswered', 'order.closed'],
    cancelOrder: [],
    verifyLegs: ['legs.verified', 'legs.differ', 'legs.owing', 'legs.found'],
    findLegs: ['legs.found'],
    alert: [],
    decideFailed: ['failed.held', 'failed.level', 'hedge.unwind'],
  },
}

/** Only an order that waits in an entry can be left behind by a failure; in the other regions the way to ask about one stands guard. */
const GUARDS = /quiet on always → .*unknown|resuming on always → .*ordering/
const REBALANCING = ['hedge.hedged.rebalancing']

const paths = shortestPaths(hedgeMachine, hedgeModel)
const walked = covering(paths)

describe(`a hedge on ${walked.length} of ${paths.length} paths`, () => {
  test('every transition is met, but those that take thirty orders or a hundred waits in a row', () => {
    const untaken = untakenTransitions(hedgeMachine, walked, hedgeModel)
    const leftBehind = ['hedge.entering.spreadOrder', ...REBALANCING, 'hedge.unwinding.spreadOrder']
    // The thirty-first setback and the waiting with legs apart have examples of their own in hedge.test.ts.
    const other = untaken.filter(
      each => !GUARDS.test(each) || !leftBehind.some(place => each.startsWith(place)),
    )
    expect(other).toEqual(
      ['hedge.entering', 'hedge.hedged.rebalancing', 'hedge.unwinding'].flatMap(phase => [
        `${phase}.work.deciding on step.wait → hedge.failed [0]`,
        `${phase}.work.ordering on always → hedge.failed [0]`,
      ]),
    )
  })

  test('promises 2, 5 and 7: it takes each path alike, whether or not its process dies after every step', async () => {
    const some = walked.filter((_, nth) => inject('thorough') || nth % 10 === 0)
    for (const path of some) await expectSameWalk(subject, path, hedgeModel.key)
  })
})
