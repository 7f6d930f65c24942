/** The real core over a kill: a new server on what the old one left tells the same story, to the byte. */
import { cpSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { RestClientV5 } from 'bybit-api'
import { expect, test } from 'vitest'
import { createSimulatedBybit } from '../../../../src/exchange/simulator/create.ts'
import { SIMULATOR_KEY, SIMULATOR_SECRET } from '../../../../src/exchange/simulator/server/accounts.ts'
import type { SimulatorServer } from '../../../../src/exchange/simulator/server/server.ts'
import { closeAfterEach, onCleanup, start } from '../../../support/exchange/simulator-server-fixture.ts'

closeAfterEach()

const startOn = (stateFile: string) => start({ core: createSimulatedBybit, balance: '100000', stateFile })
const client = (server: SimulatorServer) =>
  new RestClientV5({ baseUrl: server.url, key: SIMULATOR_KEY, secret: SIMULATOR_SECRET })

/** All that the account was ever told. */
async function story(server: SimulatorServer) {
  const rest = client(server)
  const of = async (category: 'spot' | 'linear') => ({
    orders: (await rest.getHistoricOrders({ category })).result.list,
    open: (await rest.getActiveOrders({ category, settleCoin: 'USDT' })).result.list,
    fills: (await rest.getExecutionList({ category })).result.list,
  })
  const wallet = await rest.getWalletBalance({ accountType: 'UNIFIED' })
  return {
    spot: await of('spot'),
    linear: await of('linear'),
    log: (await rest.getTransactionLog({})).result.list,
    wallet: wallet.result.list[0]?.coin.map(coin => [coin.coin, coin.walletBalance]),
    position: (await rest.getPositionInfo({ category: 'linear', symbol: 'BTCUSDT' })).result.list[0]?.size,
    rates: (await rest.getFundingRateHistory({ category: 'linear', symbol: 'BTCUSDT' })).result.list,
  }
}

test('orders, fills, log, balances, positions and rates are the same after a kill and a second kill', async () => {
  const root = mkdtempSync(join(tmpdir(), 'simulator-restart-'))
  onCleanup(() => rmSync(root, { recursive: true, force: true }))
  let folder = mkdtempSync(join(root, 'first-'))
  let server = await startOn(join(folder, 'account.json'))
  for (const round of [1, 2]) {
    const rest = client(server)
    const book = await rest.getOrderbook({ category: 'linear', symbol: 'BTCUSDT' })
    const farPrice = String(Math.floor(Number(book.result.b[0]?.[0]) * 0.995))
    const perp = { category: 'linear', symbol: 'BTCUSDT' } as const
    const replies = [
      await rest.submitOrder({ ...perp, side: 'Sell', orderType: 'Market', qty: '0.003' }),
      await rest.submitOrder({ ...perp, side: 'Buy', orderType: 'Limit', qty: '0.01', price: farPrice }),
      await rest.submitOrder({
        category: 'spot',
        symbol: 'BTCUSDT',
        side: 'Buy',
        orderType: 'Market',
        qty: '100',
      }),
    ]
    expect(replies.map(reply => reply.retCode)).toEqual([0, 0, 0])
    const told = await story(server)
    expect(told.linear.open).toHaveLength(round)
    expect(told.log.length).toBeGreaterThan(2)
    // What a killed process leaves: its files as they are, less the claim of a process that is gone.
    const copy = mkdtempSync(join(root, 'killed-'))
    for (const name of readdirSync(folder).filter(name => /^account\.json(\.\d+\.log)?$/.test(name)))
      cpSync(join(folder, name), join(copy, name))
    folder = copy
    server = await startOn(join(copy, 'account.json'))
    expect(await story(server)).toEqual(told)
  }
})
