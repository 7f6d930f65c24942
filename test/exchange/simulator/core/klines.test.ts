/** Klines of every interval over the stream, against what REST lists. */
import { expect, test } from 'vitest'
import type { JsonObject } from '../../../../src/domain/json.ts'
import { builtInUniverse } from '../../../../src/exchange/simulator/universe/universe.ts'
import { openDesk } from '../../../support/exchange/simulator-core.ts'

const MINUTE = 60_000
const universe = builtInUniverse(['SOLUSDT'])

type Kline = { start: number; confirm: boolean; interval: string } & Record<string, string>

test.each([
  ['3', 3],
  ['15', 15],
  ['60', 60],
])('a candle of %s minutes is confirmed once, with the prices that REST then lists', (interval, minutes) => {
  const desk = openDesk({ universe })
  const topic = `kline.${interval}.SOLUSDT`
  const intervalMs = minutes * MINUTE
  desk.core.want(asked => asked === topic)
  const heard = (messages: readonly JsonObject[]) =>
    messages.flatMap(({ data }) => data as unknown as Kline[])
  const [first] = heard(desk.core.subscribe('public-linear', topic) ?? [])
  expect(first).toMatchObject({ interval, confirm: false })
  const startMs = Number(first?.start)
  expect(startMs % intervalMs).toBe(0)
  const rows: Kline[] = []
  while (desk.core.nowMs() < startMs + 2 * intervalMs + MINUTE) {
    desk.core.advance(desk.core.nowMs() + MINUTE / 2)
    rows.push(...heard(desk.core.takePushes().map(push => push.message)))
  }
  const closed = rows.filter(row => row.confirm)
  expect(closed.map(row => row.start)).toEqual([startMs, startMs + intervalMs])
  const range = { start: String(startMs), end: String(startMs + intervalMs) }
  const asked = { category: 'linear', symbol: 'SOLUSDT', interval, ...range }
  const listed = desk.list('/v5/market/kline', asked) as unknown as string[][]
  expect(listed.reverse()).toEqual(
    closed.map(row => [String(row.start), row.open, row.high, row.low, row.close, row.volume, row.turnover]),
  )
})

test('an interval that Bybit has not is no topic', () => {
  const { core } = openDesk({ universe })
  for (const topic of ['kline.2.SOLUSDT', 'kline.60.NOSUCH', 'kline.SOLUSDT'])
    expect(core.subscribe('public-linear', topic)).toBeUndefined()
  expect(core.subscribe('public-spot', 'kline.D.SOLUSDT')).toHaveLength(1)
})
