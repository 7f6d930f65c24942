/**
 * A terminal that never stops the process. Node writes to one synchronously: while somebody holds it (Ctrl-S), or reads it no
 * more, a plain write would not return. Opened a second time without blocking, it takes what fits, and the rest is dropped.
 */
import { constants, openSync, writeSync } from 'node:fs'

export type Out = (text: string) => void

/** Writes to the terminal that `stream` stands for; to the stream itself where it is none, or none can be opened. */
export function terminalOut(stream: NodeJS.WriteStream = process.stdout): Out {
  const fd = stream.isTTY ? opened() : undefined
  if (fd === undefined) return text => void stream.write(text)
  return text => {
    try {
      writeSync(fd, text)
    } catch {
      // Held, or gone: a line that nobody can read now is no loss.
    }
  }
}

function opened(): number | undefined {
  try {
    return openSync('/dev/tty', constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOCTTY)
  } catch {
    // A terminal that controls nothing, such as that of a container.
    return undefined
  }
}
