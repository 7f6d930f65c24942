/** A raw WebSocket client for tests: keeps what it receives in order and waits for a message that fits. */
import { WebSocket } from 'ws'

type Message = Record<string, unknown>
export type Peer = {
  send(message: object): void
  /** The first message, not yet taken, that fits; earlier ones that do not are dropped. */
  next(fits: (message: Message) => boolean): Promise<Message>
  /** Stops reading. */
  pause(): void
  closedByPeer: Promise<void>
  close(): void
}

export async function peer(url: string): Promise<Peer> {
  const socket = new WebSocket(url)
  const waiting: Message[] = []
  let wake = () => {}
  socket.on('message', data => {
    waiting.push(JSON.parse(String(data)) as Message)
    wake()
  })
  socket.on('error', () => {})
  const closedByPeer = new Promise<void>(resolve => socket.on('close', () => resolve()))
  await new Promise<void>((resolve, reject) => {
    socket.once('open', () => resolve())
    socket.once('error', reject)
  })
  return {
    send: message => socket.send(JSON.stringify(message)),
    async next(fits) {
      for (;;) {
        for (let message = waiting.shift(); message; message = waiting.shift())
          if (fits(message)) return message
        await new Promise<void>(resolve => {
          wake = resolve
        })
      }
    },
    pause: () => socket.pause(),
    closedByPeer,
    close: () => socket.terminate(),
  }
}
