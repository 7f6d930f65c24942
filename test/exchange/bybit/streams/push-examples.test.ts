/** Documented and recorded private pushes, through the adapter: each is read, or is of another market. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { VirtualClock } from '../../../../src/clock/virtual-clock.ts'
import { createBybitExchange } from '../../../../src/exchange/bybit/venue.ts'
import type { AccountFact } from '../../../../src/exchange/exchange.ts'
import { SERVER_MS, scriptedWire } from '../../../support/exchange/scripted-wire.ts'

function watching() {
  const wire = scriptedWire()
  const reports: string[] = []
  const account: AccountFact[] = []
  const exchange = createBybitExchange(wire, {
    name: 'scripted',
    clock: new VirtualClock(SERVER_MS),
    orderDeadlineMs: 5_000,
    report: (kind, detail) => reports.push(`${kind}: ${detail}`),
  })
  exchange.watchAccount(fact => account.push(fact))
  const own = wire.privateHear
  if (!own) throw new Error('expected a private stream')
  return { account, reports, own }
}

const fixtures = new URL('../../../../../shared/fixtures/', import.meta.url)
const present = existsSync(fixtures)
if (!present) console.log('skipped: no documented examples at ../shared/fixtures beside the checkout')

const pushOf = (name: string) =>
  JSON.parse(readFileSync(new URL(name, fixtures), 'utf8')) as Record<string, unknown>

describe.skipIf(!present)('examples of private pushes', () => {
  const examples = present
    ? ['bybit-docs', 'nautilus-bybit'].flatMap(folder =>
        readdirSync(new URL(folder, fixtures))
          .filter(name => /^(websocket_private_|ws_account_)(order|execution|position|wallet)/.test(name))
          .filter(name => !name.includes('_fast'))
          .map(name => `${folder}/${name}`)
          // Some examples are the request, not the push.
          .filter(name => Array.isArray(pushOf(name).data)),
      )
    : []

  test.each(examples)('%s is read, or is of another market', name => {
    const message = pushOf(name)
    const { account, own, reports } = watching()
    own.message(message)
    expect(reports).toEqual([])
    const ours = (message.data as { category?: string }[]).filter(
      row => row.category === undefined || row.category === 'linear' || row.category === 'spot',
    )
    expect(account).toHaveLength(ours.length)
  })

  test('a spot execution names its own fee coin, a forced one its cause', () => {
    const heard = (name: string) => {
      const { account, own } = watching()
      own.message(JSON.parse(readFileSync(new URL(`nautilus-bybit/${name}`, fixtures), 'utf8')))
      return account
    }
    expect(heard('ws_account_execution_adl.json')).toMatchObject([{ fill: { cause: 'adl' } }])
    expect(heard('ws_account_execution_funding.json')).toMatchObject([{ fill: { cause: 'funding' } }])
    expect(heard('ws_account_execution_spot.json')).toMatchObject([{ fill: { market: 'spot' } }])
  })
})
