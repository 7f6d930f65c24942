/**
 * Where lines go that must never stop the process, whoever holds or leaves the other end. Node writes to a terminal synchronously: while
 * somebody holds it (Ctrl-S), or reads it no more, a plain write would not return. To a pipe it queues without end.
 */
import { constants, openSync, writeSync } from 'node:fs'
import { Writable } from 'node:stream'

/** A stream of lines as processes have them. */
export type LineStream = Writable & { isTTY?: boolean; fd?: number }

/** Beyond this much that nobody took, lines are dropped, and counted. */
const QUEUED_BYTES_MAX = 2 ** 20

/** Writes text to where `stream` goes; what cannot be taken now is dropped. @param dropped - the line that says how many were */
export function lineOut(
  stream: LineStream,
  dropped: (lines: number) => string | undefined,
): (text: string) => void {
  const fd = stream.isTTY ? opened(stream.fd) : undefined
  let lost = 0
  const write = (text: string): void => {
    if (fd === undefined) stream.write(text)
    else writeSync(fd, text)
  }
  return text => {
    if (fd === undefined && stream.writableLength > QUEUED_BYTES_MAX) {
      lost++
      return
    }
    try {
      const said = lost > 0 ? dropped(lost) : undefined
      if (said !== undefined) write(said)
      lost = 0
      write(text)
    } catch {
      // Held, or gone: a line that nobody can read now is no loss, but it is counted.
      lost++
    }
  }
}

/** The same as a stream, for whoever writes to one. */
export function lineStream(stream: LineStream, dropped: (lines: number) => string | undefined): Writable {
  const out = lineOut(stream, dropped)
  return new Writable({
    decodeStrings: false,
    write(text, _encoding, done) {
      out(String(text))
      done()
    },
  })
}

/** The terminal opened a second time, without blocking: the first way in may be shared with a shell. */
function opened(fd = 1): number | undefined {
  for (const path of [`/proc/self/fd/${fd}`, '/dev/tty']) {
    try {
      return openSync(path, constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOCTTY)
    } catch {
      // A system without that folder, or a terminal that controls nothing, such as that of a container.
    }
  }
  return undefined
}

// The last lines of a log, kept in memory for whoever asks the engine: a terminal that was closed, or shows warnings alone.

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
