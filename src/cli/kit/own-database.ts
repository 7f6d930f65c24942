/** The database in the data folder, for a command that needs no engine. */
import { type DatabaseAddress, silentStoreLog } from '../../store/database.ts'
import { startEmbedded } from '../../store/embedded/embedded.ts'
import { CliFailure } from './failure.ts'

/** Its server runs as long as it is used; where an engine is connected, it is left to that. @throws CliFailure when it does not start */
export async function withOwnServer<Result>(
  dataDir: string,
  use: (address: DatabaseAddress) => Promise<Result>,
): Promise<Result> {
  const server = await startEmbedded({ dataDir, log: silentStoreLog }).catch(error => {
    throw new CliFailure(error instanceof Error ? error.message : String(error))
  })
  try {
    return await use(server)
  } finally {
    await server.stop()
  }
}
