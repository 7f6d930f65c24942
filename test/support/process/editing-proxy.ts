/** Stands before a simulator and edits some of its REST answers: an exchange, or an account, that is not as it should be. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

type Reply = { result: Record<string, unknown> } & Record<string, unknown>
/** Gives the reply to pass on; undefined leaves it as it is. */
export type Edit = (path: string, query: URLSearchParams, reply: Reply) => Reply | undefined

/** An answer in place of every V5 one; undefined lets them through. */
export type Outage = () => { status: number; body: string } | undefined

export async function editingProxy(
  target: string,
  edit: Edit,
  outage: Outage = () => undefined,
): Promise<{ url: string; close(): Promise<void> }> {
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const headers = new Headers()
    for (const [name, value] of Object.entries(request.headers)) {
      if (typeof value === 'string' && !['host', 'connection', 'content-length'].includes(name))
        headers.set(name, value)
    }
    const body = chunks.length > 0 ? { body: Buffer.concat(chunks) } : {}
    const away = request.url?.startsWith('/v5/') ? outage() : undefined
    if (away) return void response.writeHead(away.status, { 'content-type': 'text/html' }).end(away.body)
    const answer = await fetch(target + request.url, { method: request.method ?? 'GET', headers, ...body })
    const { pathname, searchParams } = new URL(request.url ?? '/', target)
    const reply = (await answer.json()) as Reply
    const told = edit(pathname, searchParams, reply) ?? reply
    response.writeHead(answer.status, { 'content-type': 'application/json' }).end(JSON.stringify(told))
  })
  // No sockets here: an engine that starts on such an account must not come that far.
  server.on('upgrade', (_, socket) => socket.destroy())
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise(resolve => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
