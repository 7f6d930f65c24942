/**
 * Sends an event to an actor as it was seen. The engine compares versions at the very moment of sending; where only the
 * version went on and the state is the one the person saw, the question is put again with the version of now.
 */
import { command, Problem } from '../../data/client.ts'

export type Seen = { actorId: string; state: string; version: number }

const TRIES = 4

/** @throws Problem: 409 with the present state when that is not what was seen, or the event is not legal in it */
export async function sendAsSeen(
  seen: Seen,
  event: { type: string; id?: string; because?: string },
): Promise<string> {
  let { version } = seen
  for (let tried = 1; ; tried++) {
    try {
      const path = `/api/actors/${encodeURIComponent(seen.actorId)}/events`
      return (await command(path, event, { expectVersion: version })).state
    } catch (error) {
      const isOnlyLate =
        error instanceof Problem &&
        error.status === 409 &&
        error.row.state === seen.state &&
        error.row.version !== undefined &&
        error.row.version !== version
      if (!isOnlyLate || tried === TRIES) throw error
      version = error.row.version ?? version
    }
  }
}
