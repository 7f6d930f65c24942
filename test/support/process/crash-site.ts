/**
 * The ground of a crash test: one simulated exchange and one database that live through all kills, a folder with rules under
 * which hedges come and go all the time, and a running count of what the exchange accepted without an intent.
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import { silentStoreLog } from '../../../src/store/database.ts'
import { startEmbedded } from '../../../src/store/embedded/embedded.ts'
import { freshFolder } from '../store/fresh-folder.ts'
import { openJournal } from './journal-outside.ts'
import type { Kill } from './kill-plan.ts'
import { ordersBeyond } from './outside.ts'
import { endAll, launch, type Running, startSimulator } from './processes.ts'

/** Hedges that open at any carry, in many slices, and are left as soon as the basis moves: most kills hit one at work. */
const RULES = `
strategy:
  symbols: [BTCUSDT, ETHUSDT, SOLUSDT, XRPUSDT, DOGEUSDT, WIFUSDT, 1000PEPEUSDT, ADAUSDT]
  entryAprMin: -1
  exitJudgementsMin: 1
  coolDownMs: 1000
  settlementGuardMs: 0
  basisStopBps: 1
  basisStopMs: 0
execution:
  sliceNotionalUsdtMax: 120
  entryDeadlineMs: 600000
  recvWindowMs: 1000
limits:
  hedgeNotionalUsdtMax: 600
  hedgesMax: 8
  bookAgeMsMax: 120000
  tickerAgeMsMax: 600000
  feesDayUsdtMax: 100000
  lossDayUsdtMax: 100000
`

export type Site = Awaited<ReturnType<typeof openSite>>

export async function openSite(seed: number, speed: string) {
  const { folder, remove } = freshFolder()
  const dataDir = join(folder, 'data')
  const sendsFile = join(folder, 'sends')
  writeFileSync(join(folder, 'hedgerow.yaml'), RULES)
  writeFileSync(sendsFile, '')
  const simulator = await startSimulator(folder, { seed: String(seed), speed })
  // The test's own hold on the database: the server lives through every kill, and past the engine's orderly end.
  const embedded = await startEmbedded({ dataDir, log: silentStoreLog })
  const journal = await openJournal(embedded)
  const known = new Set<string>()
  const ids: string[] = []
  const env = { HEDGEROW_DATA_DIR: dataDir, HEDGEROW_PORT: '0', HEDGEROW_EXCHANGE_URL: simulator.url }

  return {
    dataDir,
    sendsFile,
    exchange: simulator.url,
    embedded,
    journal,
    /** Ids of all orders that the exchange was seen with, in the order of finding. */
    ids,
    /** With a kill it dies where that says; without one it is the engine as people run it. */
    startEngine(kill?: Kill): Running {
      const script = kill ? 'test/support/process/crashing-engine.ts' : 'src/cli.ts'
      const args = kill ? [kill.point, String(kill.nth), sendsFile] : ['run']
      return launch({ script, args, cwd: folder, env })
    },
    /** Promise 1, judged while the engine is dead: a restart would decide the same again and hide it. */
    async judgeIntents(): Promise<void> {
      const fresh = await ordersBeyond(simulator.url, known)
      if (fresh.length === 0) return
      expect(await journal.isMade(), 'a journal, as there are orders').toBe(true)
      // An order that is still open is counted when it has ended.
      const ended = fresh.filter(({ status }) => !['New', 'PartiallyFilled', 'Untriggered'].includes(status))
      const intents = await journal.intents(ended.map(order => order.orderLinkId))
      for (const { orderId, orderLinkId } of ended) {
        expect([orderLinkId, intents.get(orderLinkId)], 'committed intents').toEqual([orderLinkId, 1])
        known.add(orderId)
        ids.push(orderLinkId)
      }
    },
    async accepted(): Promise<number> {
      const status = await fetch(`${simulator.url}/simulator/status`)
      return ((await status.json()) as { orders: number }).orders
    },
    async close(): Promise<void> {
      endAll()
      await journal.close()
      await embedded.stop()
      remove()
    },
  }
}
