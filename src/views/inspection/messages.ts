/** Who told whom what, around one actor: the arrows of the sequence view, from the ring of what all actors heard. */
import type { Message } from '../../api/inspection-view.ts'
import type { Hub, Line } from './hub.ts'

/** Takes part beside the actors: the exchange and everything else that effects reach. */
const OUTSIDE = 'outside'
const PERSON = 'person'
const CLOCK = 'clock'

/** The last arrows of an actor and of those it speaks with, oldest first. */
export function messagesAround(hub: Hub, actorId: string, limit: number): Message[] {
  const all = hub.lines(Number.POSITIVE_INFINITY).flatMap(arrowsOf)
  const partners = new Set([actorId])
  for (const { from, to } of all) {
    if (from === actorId && isActor(to)) partners.add(to)
    if (to === actorId && isActor(from)) partners.add(from)
  }
  return all
    .filter(({ from, to }) => from === actorId || to === actorId || (partners.has(from) && partners.has(to)))
    .slice(-limit)
}

const isActor = (name: string) => name !== OUTSIDE && name !== PERSON && name !== CLOCK

function arrowsOf(line: Line): Message[] {
  const { n, atMs, actorId, event, effects, ignored } = line
  const heard: Message = { n, atMs, to: actorId, event: event.type, ignored, ...senderOf(line) }
  const asked = effects
    .filter(({ type }) => type !== 'send')
    .map(
      ({ type }): Message => ({
        n,
        atMs,
        from: actorId,
        to: OUTSIDE,
        event: type,
        kind: 'effect',
        ignored: false,
      }),
    )
  return [heard, ...asked]
}

function senderOf({ actorId, event, acks }: Line): Pick<Message, 'from' | 'kind'> {
  const sender = acks[0]?.split('#')[0]
  if (sender !== undefined && sender !== actorId) return { from: sender, kind: 'message' }
  if (sender !== undefined) return { from: OUTSIDE, kind: 'answer' }
  if ('commandKey' in event) return { from: PERSON, kind: 'command' }
  if (event.type.startsWith('xstate.after.')) return { from: CLOCK, kind: 'timer' }
  return { from: OUTSIDE, kind: 'fact' }
}
