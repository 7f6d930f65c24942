/** Takes the account of an engine away, as an engine on another machine would: raises its epoch and cuts its sessions. */
import { openDatabase, silentStoreLog } from '../../../src/store/database.ts'
import { startEmbedded } from '../../../src/store/embedded/embedded.ts'

const [dataDir = ''] = process.argv.slice(2)
const server = await startEmbedded({ dataDir, log: silentStoreLog })
const database = await openDatabase({ ...server, log: silentStoreLog })
await database.pool.query('update lease set epoch = epoch + 1')
await database.close()
