/** The last lines of a log, kept in memory for whoever asks the engine: a terminal that was closed, or shows warnings alone. */
import { Writable } from 'node:stream'

type KeptLine = {
  /** Grows by one with each line of this process. */
  seq: number
  at: string
  level: string
  message: string
  fields: Record<string, unknown>
}

export type KeptLines = {
  /** Takes lines as JSON. */
  stream: Writable
  /** Oldest first: those after `after`, at least as bad as `level`, the last `limit` of them. */
  lines(query: { after: number; level: string; limit: number }): KeptLine[]
}

const LEVELS = ['error', 'warn', 'info', 'debug']

/** @param max - lines; the oldest goes when one more comes */
export function keptLines(max = 2_000): KeptLines {
  const kept: { seq: number; text: string }[] = []
  let seq = 0
  const stream = new Writable({
    decodeStrings: false,
    write(text, _encoding, done) {
      kept.push({ seq: ++seq, text: String(text) })
      if (kept.length > max) kept.shift()
      done()
    },
  })
  return {
    stream,
    lines({ after, level, limit }) {
      const shown = LEVELS.slice(0, LEVELS.indexOf(level) + 1)
      return kept
        .filter(line => line.seq > after)
        .map(({ seq: number, text }) => {
          const { at, level: found, message, ...fields } = JSON.parse(text)
          return { seq: number, at, level: found, message, fields }
        })
        .filter(line => shown.includes(line.level))
        .slice(-limit)
    },
  }
}
