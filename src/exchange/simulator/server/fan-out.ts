/** Hands the core's pushes to whoever listens; a public push is put into text once for all of them. */
import type { Frame } from '../history/recorded-frames.ts'
import type { Push } from '../simulated.ts'
import type { Hub } from './sockets.ts'
import { pushPrivate } from './sockets-private.ts'

/** Hands on one frame as it was recorded. */
export function playOut(hub: Hub, { channel, topic, text }: Frame): void {
  for (const connection of hub.listeners(channel, topic)) connection.push(topic, text)
}

/** @param isPlayed - topics that a recording has taken over */
export function fanOut(
  hub: Hub,
  pushes: readonly Push[],
  isPlayed: (channel: Push['channel'], topic: string) => boolean,
): void {
  for (const push of pushes) {
    if (isPlayed(push.channel, push.topic)) continue
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
