import { expect, test } from 'vitest'
import { hostsOf } from '../../src/exchange/bybit/hosts.ts'
import { unanswered } from '../../src/run/venue.ts'

const of = (cause: string, mode: 'live' | 'testnet' = 'testnet') =>
  unanswered({ mode, region: 'eu' }, new Error(cause)).message

test('an exchange that does not answer is named by its host; a name that is not found leads to the network', () => {
  expect(of('server time: transport: ENOTFOUND')).toBe(
    `${hostsOf('testnet', 'eu').rest} does not answer (server time: transport: ENOTFOUND): is this machine on the network?`,
  )
  expect(of('server time: HTTP 503', 'live')).toBe(
    `${hostsOf('live', 'eu').rest} does not answer (server time: HTTP 503)`,
  )
})
