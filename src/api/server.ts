/**
 * The socket under the API. Bounded in time against slow clients, and it closes without waiting for idle ones.
 */
import { createServer, type Server } from 'node:http'
import { type AddressInfo, createServer as createSocketServer, isIPv6 } from 'node:net'
import { createAdaptorServer } from '@hono/node-server'
import { WebSocketServer } from 'ws'

export class PortInUse extends Error {
  override name = 'PortInUse'
}

export type Listening = { url: string; port: number; close(): Promise<void> }

type Sockets = NonNullable<Parameters<typeof createAdaptorServer>[0]['websocket']>
type Fetch = (request: Request, env: object) => Response | Promise<Response>
type Where = { host: string; port: number; endStreams: () => void }

/** @throws PortInUse, with what to do about it. */
export async function startServer(fetch: Fetch, { host, port, endStreams }: Where): Promise<Listening> {
  const sockets = new WebSocketServer({ noServer: true, maxPayload: 1024 })
  const server = createAdaptorServer({
    fetch,
    // The adapter's own type of it knows no optional fields as this compiler does.
    websocket: { server: sockets } as unknown as Sockets,
    createServer,
    serverOptions: { requestTimeout: 30_000, headersTimeout: 10_000, keepAliveTimeout: 5000 },
  }) as Server
  await bind(server, host, port)
  const bound = (server.address() as AddressInfo).port
  const close = () =>
    new Promise<void>((resolve, reject) => {
      endStreams()
      for (const socket of sockets.clients) socket.terminate()
      server.close(error => (error ? reject(error) : resolve()))
      server.closeAllConnections()
    })
  return { url: `http://${isIPv6(host) ? `[${host}]` : host}:${bound}`, port: bound, close }
}

function bind(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (error: NodeJS.ErrnoException) => reject(explained(error, host, port))
    server.once('error', fail)
    server.listen(port, host, () => {
      server.off('error', fail)
      resolve()
    })
  })
}

function explained(error: NodeJS.ErrnoException, host: string, port: number): Error {
  if (error.code === 'EADDRINUSE')
    return new PortInUse(
      `port ${port} on ${host} is taken: stop what listens there, or set HEDGEROW_PORT to another`,
    )
  if (error.code === 'EACCES')
    return new PortInUse(`port ${port} on ${host} is not allowed to this user: set HEDGEROW_PORT above 1023`)
  if (error.code === 'ENOTFOUND' || error.code === 'EAI_AGAIN' || error.code === 'EADDRNOTAVAIL')
    return new PortInUse(
      `HEDGEROW_HOST: expected a name or an address of this machine, found ${host} (${error.code})`,
    )
  return error
}

/** @throws PortInUse */
export function assertPortFree(host: string, port: number): Promise<void> {
  if (port === 0) return Promise.resolve()
  return new Promise((resolve, reject) => {
    const probe = createSocketServer()
    probe.once('error', (error: NodeJS.ErrnoException) => reject(explained(error, host, port)))
    probe.listen(port, host, () => probe.close(() => resolve()))
  })
}
