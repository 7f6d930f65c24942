/**
 * The engine as it is, with a place to die: `crashing-engine.ts POINT N SENDS` ends itself by SIGKILL at the N-th passage of
 * POINT, or freezes itself (SIGSTOP) where POINT is `frozen-before-send`. Each order id is written to the file SENDS before the exchange hears of it: a record that survives the kill and
 * that no code of the engine can alter.
 */
import { appendFileSync } from 'node:fs'
import { enableCompileCache } from 'node:module'
import { join } from 'node:path'
import { loadConfig } from '../../../src/config/config.ts'
import type { Exchange } from '../../../src/exchange/exchange.ts'
import type { Journal } from '../../../src/store/schema/records.ts'

const die = () => process.kill(process.pid, 'SIGKILL')
const freeze = () => process.kill(process.pid, 'SIGSTOP')

/** Counts the steps of hedges: what moves money. */
function dyingJournal(journal: Journal, point: string, nth: number): Journal {
  let commits = 0
  return {
    ...journal,
    append(record) {
      if (record.kind !== 'hedge' || ++commits !== nth) return journal.append(record)
      if (point === 'before-commit') die()
      const durable = journal.append(record)
      // The writer sends in the immediate phase; a few milliseconds later the server may or may not have flushed.
      if (point === 'during-commit') setImmediate(() => setTimeout(die, nth % 4))
      return point === 'after-commit' ? durable.then(() => void die()) : durable
    },
  }
}

/** Stands still between the commit of the N-th order and its sending. */
function freezingJournal(journal: Journal, nth: number): Journal {
  let orders = 0
  return {
    ...journal,
    append(record) {
      const isHere = record.effects.some(({ type }) => type === 'placeOrder') && ++orders === nth
      const durable = journal.append(record)
      return isHere ? durable.then(() => void freeze()) : durable
    },
  }
}

function dyingExchange(exchange: Exchange, point: string, nth: number, sendsFile: string): Exchange {
  let sends = 0
  return {
    ...exchange,
    async placeOrder(order) {
      appendFileSync(sendsFile, `${order.orderLinkId}\n`)
      const isHere = ++sends === nth
      if (isHere && point === 'before-send') die()
      const answer = exchange.placeOrder(order)
      if (isHere && point === 'during-send') setTimeout(die, nth % 4)
      const placed = await answer
      if (isHere && point === 'after-send') die()
      return placed
    },
  }
}

const [point = '', nth = '0', sendsFile = ''] = process.argv.slice(2)
const config = loadConfig({ cwd: process.cwd(), env: process.env })
enableCompileCache(join(config.dataDir, 'compiled'))
const { runEngine } = await import('../../../src/main.ts')
process.exitCode = await runEngine(config, {
  journal: journal =>
    point === 'frozen-before-send'
      ? freezingJournal(journal, Number(nth))
      : dyingJournal(journal, point, Number(nth)),
  exchange: exchange => dyingExchange(exchange, point, Number(nth), sendsFile),
})
