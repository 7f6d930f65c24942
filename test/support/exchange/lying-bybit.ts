/**
 * A small server that answers as each test says: Bybit's truth and its lies, on 127.0.0.1. Not the simulator; it knows no market.
 * A test replaces the handlers it cares about and reads what came in.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { type WebSocket, WebSocketServer } from 'ws'

type Frame = Record<string, unknown>
export type Says = (frame: Frame, socket: WebSocket, connection: number) => void

export type LyingBybit = {
  rest: string
  ws: string
  /** Every frame and request received, in order; `connection` counts from 1 per path. */
  heard: { path: string; frame: Frame; connection: number }[]
  requests: { url: string; headers: IncomingMessage['headers']; body: string }[]
  /** Open sockets by path. */
  sockets: Map<string, Set<WebSocket>>
  connections: Map<string, number>
  /** Handshake headers by path, of the last connection. */
  handshakes: Map<string, IncomingMessage['headers']>
  onRest: (request: { url: string; body: string }, response: ServerResponse) => void
  /** How each path answers frames; unset paths follow the truth. */
  says: Map<string, Says>
  /** Called at each new connection; may close it. */
  onConnect: (path: string, socket: WebSocket, connection: number) => void
  push(path: string, frame: unknown): void
  drop(path: string): void
  close(): Promise<void>
}

export const send = (socket: WebSocket, frame: unknown) =>
  socket.send(typeof frame === 'string' ? frame : JSON.stringify(frame))

export const ok = (result: unknown = {}) => ({
  retCode: 0,
  retMsg: 'OK',
  result,
  retExtInfo: {},
  time: 1_700_000_000_000,
})

/** How an honest Bybit answers pings, auth and subscriptions. */
export const truth =
  (path: string): Says =>
  (frame, socket) => {
    if (frame.op === 'ping') send(socket, { success: true, ret_msg: 'pong', op: 'ping' })
    if (frame.op === 'auth' && path === '/v5/trade')
      send(socket, { retCode: 0, retMsg: 'OK', op: 'auth', connId: 'c' })
    if (frame.op === 'auth' && path !== '/v5/trade')
      send(socket, { success: true, ret_msg: '', op: 'auth', conn_id: 'c' })
    if (frame.op === 'subscribe' || frame.op === 'unsubscribe')
      send(socket, { success: true, ret_msg: '', conn_id: 'c', req_id: frame.req_id, op: frame.op })
    if (frame.op === 'order.create')
      send(socket, {
        reqId: frame.reqId,
        retCode: 0,
        retMsg: 'OK',
        op: 'order.create',
        data: { orderId: 'order-1', orderLinkId: 'link' },
        retExtInfo: {},
        header: { Timenow: '1700000000000' },
        connId: 'c',
      })
  }

export async function startLyingBybit(): Promise<LyingBybit> {
  const plain = new Set<Socket>()
  const http = createServer((request, response) => {
    let body = ''
    request.on('data', part => {
      body += String(part)
    })
    request.on('end', () => {
      lying.requests.push({ url: request.url ?? '', headers: request.headers, body })
      lying.onRest({ url: request.url ?? '', body }, response)
    })
  })
  http.on('connection', socket => {
    plain.add(socket)
    socket.on('close', () => plain.delete(socket))
  })
  const server = new WebSocketServer({ server: http })
  await new Promise<void>(resolve => http.listen(0, '127.0.0.1', resolve))
  const { port } = http.address() as AddressInfo
  const lying: LyingBybit = {
    rest: `http://127.0.0.1:${port}`,
    ws: `ws://127.0.0.1:${port}`,
    heard: [],
    requests: [],
    sockets: new Map(),
    connections: new Map(),
    handshakes: new Map(),
    says: new Map(),
    onRest: (_request, response) => response.end(JSON.stringify(ok())),
    onConnect: () => {},
    push(path, frame) {
      for (const socket of lying.sockets.get(path) ?? []) send(socket, frame)
    },
    drop(path) {
      for (const socket of lying.sockets.get(path) ?? []) socket.terminate()
    },
    async close() {
      for (const socket of server.clients) socket.terminate()
      for (const socket of plain) socket.destroy()
      await new Promise(resolve => http.close(resolve))
    },
  }
  server.on('connection', (socket, request) => {
    const path = request.url ?? ''
    const connection = (lying.connections.get(path) ?? 0) + 1
    lying.connections.set(path, connection)
    lying.handshakes.set(path, request.headers)
    const open = lying.sockets.get(path) ?? new Set()
    lying.sockets.set(path, open.add(socket))
    socket.on('close', () => open.delete(socket))
    socket.on('error', () => {})
    socket.on('message', data => {
      const frame = JSON.parse(String(data)) as Frame
      lying.heard.push({ path, frame, connection })
      const says = lying.says.get(path) ?? truth(path)
      says(frame, socket, connection)
    })
    lying.onConnect(path, socket, connection)
  })
  return lying
}
