/** Questions to the exchange that several pages ask at once: asked once for all of them, and its failures told as its own. */
import type { Clock } from '../../clock/clock.ts'
import { HttpRefusal } from '../access/problem.ts'

/** One question at a time for each `key`, and its answer for a while. A failure is not kept. */
export function shared<Answer>(
  clock: Clock,
  everyMs: number,
): (key: string, ask: () => Promise<Answer>) => Promise<Answer> {
  const known = new Map<string, { atMs: number; answer: Promise<Answer> }>()
  return (key, ask) => {
    const nowMs = clock.nowMs()
    for (const [each, { atMs }] of known) if (nowMs - atMs >= everyMs) known.delete(each)
    const last = known.get(key)
    if (last) return last.answer
    const mine = { atMs: nowMs, answer: ask() }
    known.set(key, mine)
    mine.answer.catch(() => {
      if (known.get(key) === mine) known.delete(key)
    })
    return mine.answer
  }
}

/** The exchange's failures are its own; anything else is ours and stays a 500. @throws HttpRefusal of 503 */
export async function asked<Answer>(answer: Promise<Answer>): Promise<Answer> {
  try {
    return await answer
  } catch (error) {
    if (error instanceof Error && error.name === 'ExchangeFailure')
      throw new HttpRefusal(503, `the exchange: ${error.message}`)
    throw error
  }
}
