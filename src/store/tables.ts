/** All tables of the store. */
import { journalTables } from './tables-journal.ts'
import { marketTables } from './tables-market.ts'
import { operatorTables } from './tables-operator.ts'
import { tradeTables } from './tables-trade.ts'

export const tables = [...journalTables, ...tradeTables, ...marketTables, ...operatorTables]
