/** Intent first, one order per intent, unknown is a state, replay is exact, one writer: promises 1, 2, 3, 7 and 8. */
import { sabotage } from './sabotage.ts'

const HEDGE = 'test/machines/hedge/hedge.test.ts'
const WALK = 'test/machines/hedge/hedge-walk.test.ts'
const RUNTIME = 'test/actors/runtime/runtime.test.ts'
const OUTBOX = 'test/actors/runtime/outbox.test.ts'
const DURABLE = 'test/actors/runtime/durable.test.ts'

export const DURABILITY = [
  sabotage(
    1,
    'effects leave before their record is durable',
    'actors/runtime/runtime.ts',
    [
      'journal.append(record).then(\n    () => settled(run, record, ageMs),\n    error => stop(run, error),\n  )',
      'settled(run, record, ageMs); journal.append(record).catch(error => stop(run, error))',
    ],
    RUNTIME,
  ),
  sabotage(
    1,
    'a fenced journal does not stop the engine',
    'actors/runtime/runtime.ts',
    ['    error => stop(run, error),\n  )', '    () => settled(run, record, ageMs),\n  )'],
    OUTBOX,
  ),
  sabotage(
    1,
    'what an earlier process left pending is never driven again',
    'actors/runtime/runtime.ts',
    ['  outbox.redrive()\n  return rows.length', '  return rows.length'],
    RUNTIME,
  ),
  sabotage(
    1,
    'an effect that throws is not tried again',
    'actors/runtime/outbox.ts',
    ['entry.retry = ports.clock.setTimeout(() => void drive(entry, true), pauseMs)', 'void pauseMs'],
    OUTBOX,
  ),
  sabotage(
    1,
    'an effect is acknowledged though its actor has yet to hear the answer',
    'actors/runtime/outbox.ts',
    ["else if (hears === 'never') acknowledge", 'else acknowledge'],
    'test/actors/runtime/supervision.test.ts',
  ),
  sabotage(
    2,
    'an order is sent again after a crash',
    'actors/hedge.ts',
    ['if (redriven) return', 'if (redriven && ageMs() < 0) return'],
    'test/actors/hedge.test.ts',
  ),
  sabotage(
    2,
    'two attempts share a name',
    'machines/hedge/orders.ts',
    ['step: book.step + 1, order: ask', 'step: book.step, order: ask'],
    HEDGE,
    WALK,
  ),
  sabotage(
    2,
    'a new order while the one before it has no known end',
    'machines/hedge/orders.ts',
    ['  assertFree(context, orders)\n', ''],
    HEDGE,
    WALK,
    'test/machines/hedge/hedge-routes.test.ts',
  ),
  sabotage(
    2,
    'an order of a person whose name only begins like ours is taken for ours',
    'src/domain/legs/order.ts',
    ['-([SPC])[EXRB][0-9A-Z]{4}$/.exec(id)\n  const leg', '-([SPC])[EXRB][0-9A-Z]{4}/.exec(id)\n  const leg'],
    'test/domain/legs/order.test.ts',
  ),
  sabotage(
    3,
    'an unknown outcome is taken for a refusal',
    'machines/hedge/leg.ts',
    [
      "'order.unknown': { guard: own, target: 'unknown' }",
      "'order.unknown': { guard: own, actions: { type: 'forget', params: of }, target: 'quiet' }",
    ],
    HEDGE,
  ),
  sabotage(
    3,
    'one negative answer proves that an order is absent',
    'machines/hedge/setup.ts',
    ['context[leg].absents + 1 >= context.execution.asksMin &&', 'context[leg].absents + 1 >= 1 &&'],
    HEDGE,
  ),
  sabotage(
    3,
    'an order counts as absent while the exchange may still accept it',
    'machines/hedge/setup.ts',
    [
      '  event.serverAtMs > windowEndsAtMs(context, context[leg].order?.decidedAtMs ?? 0)',
      '  event.serverAtMs > 0',
    ],
    HEDGE,
  ),
  sabotage(
    3,
    'a silent order is never asked about',
    'machines/hedge/leg.ts',
    ["      working: {\n        after: { ORDER_SILENCE: 'unknown' },", '      working: {'],
    HEDGE,
  ),
  sabotage(
    3,
    'Bybit not knowing is read as a refusal',
    'src/exchange/bybit/translate/errors.ts',
    ["if (isUnknown(reply)) return { kind: 'unknown', cause: said(reply) }", ''],
    'test/exchange/bybit/orders.test.ts',
  ),
  sabotage(
    3,
    'a duplicate id is read as a refusal',
    'src/exchange/bybit/translate/errors.ts',
    ["if (DUPLICATE.has(reply.retCode)) return { kind: 'unknown', cause: 'duplicate' }", ''],
    'test/exchange/bybit/orders.test.ts',
  ),
  sabotage(
    3,
    'a late fill of an order counted as absent is dropped',
    'machines/hedge/setup.ts',
    [
      '(context.absentOrders.includes(event.orderLinkId) || isOwnOrder(context, event, event.leg)),',
      'isOwnOrder(context, event, event.leg),',
    ],
    HEDGE,
    WALK,
  ),
  sabotage(
    5,
    'timers are forgotten when an actor is restored',
    'actors/runtime/runtime.ts',
    [
      'if (begin(run, self, acks, restored)) run.timers.arm(id, row.timers)',
      'begin(run, self, acks, restored)',
    ],
    RUNTIME,
    'test/actors/runtime/timers.test.ts',
  ),
  sabotage(
    7,
    'regions are restored in the order they were entered',
    'actors/runtime/durable.ts',
    ['{ value: valueInOrder(snapshot.machine.root, snapshot.value) }', '{ value: snapshot.value }'],
    DURABLE,
    'test/actors/runtime/replay.test.ts',
  ),
  sabotage(
    7,
    'a spent timer stays in its row',
    'actors/runtime/durable.ts',
    ['let timers = cell.timers.filter(timer => !isSpent(timer, event))', 'let timers = [...cell.timers]'],
    DURABLE,
  ),
  sabotage(
    8,
    'the fencing epoch is not looked at',
    'src/store/journal/statement.ts',
    [
      'select journal_expect((select epoch from fence), $2,',
      'select journal_expect(coalesce($2, (select epoch from fence)), $2,',
    ],
    'test/store/journal/journal.test.ts',
    'test/store/journal/journal-faults.test.ts',
  ),
  sabotage(
    8,
    'a new owner keeps the old epoch',
    'src/store/lease.ts',
    ['set epoch = epoch + 1, holder', 'set epoch = epoch, holder'],
    'test/store/lease.test.ts',
  ),
  sabotage(
    8,
    'a lost heartbeat goes unnoticed',
    'src/store/lease.ts',
    [
      'if (found instanceof Error) doubt(',
      'if (found instanceof Error) ((_: string) => later(beat, heartbeatEveryMs))(',
    ],
    'test/store/lease.test.ts',
  ),
  sabotage(
    8,
    'a process that froze sends what it decided before',
    'actors/hedge.ts',
    ['if (ageMs() > SEND_WITHIN_MS)', 'if (ageMs() > SEND_WITHIN_MS * 1e9)'],
    'test/actors/hedge.test.ts',
  ),
]
