/** Is the API's port free? Asked before anything is made, so that a second start leaves no trace. */
import { createServer } from 'node:net'
import { PortInUse } from '../../api/server.ts'

/** @throws PortInUse */
export function assertPortFree(host: string, port: number): Promise<void> {
  if (port === 0) return Promise.resolve()
  return new Promise((resolve, reject) => {
    const probe = createServer()
    probe.once('error', (error: NodeJS.ErrnoException) =>
      reject(
        error.code === 'EADDRINUSE'
          ? new PortInUse(
              `port ${port} on ${host} is taken: stop what listens there, or set HEDGEROW_PORT to another`,
            )
          : error,
      ),
    )
    probe.listen(port, host, () => probe.close(() => resolve()))
  })
}
