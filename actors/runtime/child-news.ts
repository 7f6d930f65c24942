/**
 * What parents must be told of their plain or failed children. A parent may be away, or throw at the news: it is told
 * again when it is back, until a step of its own has taken note.
 */
import type { Answer } from './outbox.ts'

type News = { parentId: string; event: Answer; acks: readonly string[] }

type NewsPorts = {
  deliver(actorId: string, event: Answer, acks: readonly string[]): boolean
  /** Takes note by committing a step; a plain actor has heard when it was told. */
  keepsJournal(actorId: string): boolean
}

/** News that parents have not taken note of yet, one for each child. */
export function createFamilyNews({ deliver, keepsJournal }: NewsPorts) {
  const unheard = new Map<string, News>()
  const announce = (childId: string) => {
    const news = unheard.get(childId)
    if (!news || !deliver(news.parentId, news.event, news.acks)) return
    if (!keepsJournal(news.parentId)) unheard.delete(childId)
  }
  return {
    tell(childId: string, news: News): void {
      unheard.set(childId, news)
      announce(childId)
    },
    /** Its parent is back. */
    tellAgain(parentId: string): void {
      for (const [childId, news] of unheard) if (news.parentId === parentId) announce(childId)
    },
    /** An actor decided on an event, or to ignore it. */
    heard(actorId: string, { type, id }: { type?: string; id?: unknown }): void {
      if (type !== 'child.failed' && type !== 'child.done') return
      if (unheard.get(String(id))?.parentId === actorId) unheard.delete(String(id))
    },
    /** The child runs again: what was to be told is past. */
    forget: (childId: string): boolean => unheard.delete(childId),
  }
}
