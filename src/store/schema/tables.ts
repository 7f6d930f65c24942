/** All tables of the store. */
import { journalTables } from './journal.ts'
import { marketTables } from './market.ts'
import { operatorTables } from './operator.ts'
import { tradeTables } from './trade.ts'

export const tables = [...journalTables, ...tradeTables, ...marketTables, ...operatorTables]
