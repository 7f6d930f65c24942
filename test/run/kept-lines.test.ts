/** What a terminal does not show can still be asked for: the last lines, at the level wanted, without secrets. */
import { Writable } from 'node:stream'
import { expect, test } from 'vitest'
import { keptLines } from '../../src/telemetry/line-out.ts'
import { createLog, type LogLevel } from '../../src/telemetry/log.ts'

const ALL = { after: 0, level: 'debug', limit: 100 }

function logOf(level: LogLevel, max?: number) {
  const kept = keptLines(max)
  const shown: string[] = []
  const to = new Writable({
    write(text, _encoding, done) {
      shown.push(String(text))
      done()
    },
  })
  return { kept, shown, log: createLog({ level, secrets: ['sesame'], to, kept }) }
}

test('lines that are not shown are kept, with their fields and without secrets', () => {
  const { kept, shown, log } = logOf('warn')
  log.info('venue.asked', { symbol: 'BTCUSDT', note: 'sesame' })
  log.warn('lease.doubted')
  expect(shown).toHaveLength(1)
  expect(kept.lines(ALL)).toMatchObject([
    { seq: 1, level: 'info', message: 'venue.asked', fields: { symbol: 'BTCUSDT', note: '[hidden]' } },
    { seq: 2, level: 'warn', message: 'lease.doubted' },
  ])
})

test('they are asked for by level, number, and from where one was', () => {
  const { kept, log } = logOf('info')
  for (const message of ['a', 'b', 'c']) log.info(message)
  log.error('d')
  const messages = (query: Partial<typeof ALL>) =>
    kept.lines({ ...ALL, ...query }).map(({ message }) => message)
  expect(messages({ level: 'warn' })).toEqual(['d'])
  expect(messages({ limit: 2 })).toEqual(['c', 'd'])
  expect(messages({ after: 2 })).toEqual(['c', 'd'])
})

test('the oldest goes when there is no room', () => {
  const { kept, log } = logOf('info', 3)
  for (const message of ['a', 'b', 'c', 'd']) log.info(message)
  expect(kept.lines(ALL).map(({ seq, message }) => `${seq} ${message}`)).toEqual(['2 b', '3 c', '4 d'])
})
