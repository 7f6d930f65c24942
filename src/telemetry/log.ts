/**
 * Log lines: a message that never changes plus fields, as JSON (or aligned text on a terminal). A log is never the
 * record: the journal is. So a log pipe that breaks must not stop the engine.
 */
import { fstatSync } from 'node:fs'
import winston from 'winston'
import type { KeptLines } from './line-out.ts'
import { type LineStream, lineStream } from './line-out.ts'
import { redaction } from './redaction.ts'

export type LogLevel = 'error' | 'warn' | 'info' | 'debug'
/** Names are the vocabulary of the design: hedge, symbol, orderLinkId, actor… */
export type LogFields = Readonly<Record<string, unknown>>

export type Log = {
  error(message: string, fields?: LogFields): void
  warn(message: string, fields?: LogFields): void
  info(message: string, fields?: LogFields): void
  debug(message: string, fields?: LogFields): void
  /** The same log with these fields on every line. */
  child(fields: LogFields): Log
}

type LogOptions = {
  level: LogLevel
  /** Values that no line may hold. */
  secrets: readonly string[]
  /** Defaults to the standard output. */
  to?: LineStream
  /** Keeps what is worth a line, whatever is shown. */
  kept?: Pick<KeptLines, 'stream'>
}

/** Where winston keeps the finished line of a record. */
const LINE = Symbol.for('message')

/** The root log of a process. */
export function createLog({ level, secrets, to = process.stdout, kept }: LogOptions): Log {
  // Lost lines are better than a lost engine: the reader of a pipe may go away at any time.
  to.on('error', () => {})
  const { combine, timestamp, json } = winston.format
  const shape = to.isTTY ? pretty(!process.env.NO_COLOR) : json()
  const hidden = redacted(redaction(secrets))
  const logger = winston.createLogger({
    level: level === 'debug' || !kept ? level : 'info',
    format: combine(
      flat(),
      timestamp({ alias: 'at' }),
      dropped('timestamp')(),
      shape,
      hidden(),
      ...(isJournal(to) ? [prioritised()] : []),
    ),
    transports: [
      new winston.transports.Stream({ stream: lineStream(to, droppedLines(to)), eol: '\n', level }),
      ...(kept
        ? [new winston.transports.Stream({ stream: kept.stream, eol: '', format: combine(json(), hidden()) })]
        : []),
    ],
  })
  return logWith(logger, {})
}

/** What stands in the log where lines are missing: nobody read them in time. */
const droppedLines = (to: LineStream) => (lines: number) => {
  const record = { level: 'warn', message: 'log.dropped', lines }
  return to.isTTY ? `log.dropped lines=${lines}\n` : `${JSON.stringify(record)}\n`
}

/** A log that says nothing, for tests and short commands. */
export function silentLog(): Log {
  const log: Log = { error: () => {}, warn: () => {}, info: () => {}, debug: () => {}, child: () => log }
  return log
}

function logWith(logger: winston.Logger, bound: LogFields): Log {
  // Fields travel in one property: winston itself would splice a field called `message` or `stack` into the text.
  const at =
    (level: LogLevel) =>
    (message: string, fields: LogFields = {}) => {
      logger.log({ level, message, fields: { ...bound, ...fields } })
    }
  const child = (fields: LogFields) => logWith(logger, { ...bound, ...fields })
  return { error: at('error'), warn: at('warn'), info: at('info'), debug: at('debug'), child }
}

const flat = winston.format(info => {
  const { fields, ...rest } = info
  const written = Object.entries((fields ?? {}) as LogFields).map(([name, value]) => [name, plain(value)])
  return { ...Object.fromEntries(written), ...rest }
})

const dropped = (name: string) =>
  winston.format(info => {
    delete info[name]
    return info
  })

const redacted = (hide: (text: string) => string) =>
  winston.format(info => {
    info[LINE] = hide(String(info[LINE]))
    return info
  })

/** sd-daemon(3): `<4>` before a line tells the journal how bad it is, and is not part of what it keeps. */
const PRIORITIES: Record<LogLevel, number> = { error: 3, warn: 4, info: 6, debug: 7 }
const prioritised = winston.format(info => {
  info[LINE] = `<${PRIORITIES[info.level as LogLevel]}>${info[LINE]}`
  return info
})

/** Is this the very stream that systemd gave its service? A child may inherit the variable and write elsewhere. */
function isJournal(to: LineStream): boolean {
  const stream = process.env.JOURNAL_STREAM
  if (stream === undefined || to.fd === undefined) return false
  const { dev, ino } = fstatSync(to.fd)
  return stream === `${dev}:${ino}`
}

/** Errors have no own enumerable properties: JSON would write them as {}. */
function plain(value: unknown): unknown {
  if (!(value instanceof Error)) return value
  const cause = value.cause === undefined ? {} : { cause: plain(value.cause) }
  return { name: value.name, message: value.message, stack: value.stack, ...cause }
}

const COLOURS: Record<LogLevel, number> = { error: 31, warn: 33, info: 36, debug: 90 }

function pretty(coloured: boolean) {
  const paint = (code: number, text: string) => (coloured ? `\u001b[${code}m${text}\u001b[39m` : text)
  return winston.format.printf(({ level, message, at, ...fields }) => {
    const rest = Object.entries(fields).map(([name, value]) => `${paint(90, `${name}=`)}${fieldText(value)}`)
    const colour = COLOURS[level as LogLevel]
    return [String(at).slice(11, 23), paint(colour, level.padEnd(5)), message, ...rest].join(' ')
  })
}

function fieldText(value: unknown): string {
  if (typeof value === 'object' && value !== null && 'stack' in value) return String(value.stack)
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? String(value))
}
