/** Instants and lengths as people read them. All instants are UTC: the engine, the exchange and the log agree on it. */

/** `2026-11-22 09:51:24` */
export const instantText = (atMs: number): string =>
  atMs > 0 ? new Date(atMs).toISOString().slice(0, 19).replace('T', ' ') : '–'

/** `09:51:24` */
export const clockText = (atMs: number): string =>
  atMs > 0 ? new Date(atMs).toISOString().slice(11, 19) : '–'

/** `22 Nov 09:51` */
export function shortInstantText(atMs: number): string {
  if (atMs <= 0) return '–'
  const at = new Date(atMs)
  return `${at.getUTCDate()} ${MONTHS[at.getUTCMonth()]} ${at.toISOString().slice(11, 16)}`
}

/** `22 Nov 09:51:24` */
export const storyInstantText = (atMs: number): string =>
  atMs > 0 ? `${shortInstantText(atMs)}${new Date(atMs).toISOString().slice(16, 19)}` : '–'

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

const PARTS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1000],
] as const

/** The two largest parts: `2 d 4 h`, `3 m 10 s`, `850 ms`. */
export function lengthText(ms: number): string {
  if (ms < 0) return `−${lengthText(-ms)}`
  if (ms < 1000) return `${Math.round(ms)} ms`
  const first = PARTS.findIndex(([, size]) => ms >= size)
  const shown = PARTS.slice(first, first + 2).reduce<{ rest: number; words: string[] }>(
    ({ rest, words }, [unit, size]) => {
      const count = Math.floor(rest / size)
      return { rest: rest - count * size, words: count > 0 ? [...words, `${count} ${unit}`] : words }
    },
    { rest: ms, words: [] },
  )
  return shown.words.join(' ')
}
