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
