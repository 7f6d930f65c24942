/** Hands the core's pushes to whoever listens; a public push is put into text once for all of them. */
import type { Push } from './simulated.ts'
import type { Hub } from './sockets.ts'
import { pushPrivate } from './sockets-private.ts'

export function fanOut(hub: Hub, pushes: readonly Push[]): void {
  for (const push of pushes) {
    if (push.channel === 'private') {
      for (const connection of hub.connections())
        if (connection.channel === 'private' && connection.uid === push.uid && push.uid !== '')
          pushPrivate(connection, push)
      continue
    }
    let text: string | undefined
    for (const connection of hub.listeners(push.channel, push.topic)) {
      text ??= JSON.stringify(push.message)
      connection.push(push.topic, text)
    }
  }
}
