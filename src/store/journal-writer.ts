/**
 * Makes one batch durable and settles each of its entries, whatever the database does meanwhile: away, it is asked again;
 * its answer lost, the commit ids are looked up before the same is tried again; refused, the batch is halved until the
 * guilty record stands alone.
 */
import { setTimeout as pause } from 'node:timers/promises'
import { classifyFault } from './database-faults.ts'
import type { Lane } from './journal-lane.ts'
import type { Entry } from './journal-queue.ts'
import { batchStatement, FENCED, storedStatement } from './journal-statement.ts'
import { FencedError, JournalRefused } from './records.ts'

export const RETRY_FIRST_MS = 20
export const RETRY_LAST_MS = 1000

export type WriterPorts = {
  account: string
  epoch: bigint
  /** These wait no more: durable, or failed. */
  settle(entries: readonly Entry[], failure?: Error): void
  fatal(error: Error): void
  /** A closing journal does not wait for a database that is away. */
  closing(): boolean
}

/** A batch on its way. */
type Course = {
  left: readonly Entry[]
  /** An earlier try may have come through: look before trying again. */
  inDoubt: boolean
  refusal: Error | undefined
}

export type Writer = (lane: Lane, batch: readonly Entry[]) => Promise<void>

/** Never throws: every entry is settled when it returns. */
export function createWriter(ports: WriterPorts): Writer {
  const { account, epoch, settle } = ports
  let fenced: FencedError | undefined

  const write: Writer = async (lane, batch) => {
    const course: Course = { left: batch, inDoubt: false, refusal: undefined }
    let pauseMs = RETRY_FIRST_MS
    while (course.left.length > 0) {
      try {
        await attempt(lane, course)
      } catch (error) {
        const next = await meet(lane, course, asError(error))
        if (next === 'over') return
        if (next === 'later') await pause(pauseMs)
        if (next === 'later') pauseMs = Math.min(RETRY_LAST_MS, pauseMs * 2)
      }
    }
  }

  const meet = async (lane: Lane, course: Course, error: Error): Promise<'over' | 'now' | 'later'> => {
    if (isFence(error)) {
      fence(course.left, error)
      return 'over'
    }
    const fault = classifyFault(error)
    if (fault === 'refused' && course.inDoubt) {
      // A look that is refused itself holds the bad record as surely as the batch does.
      await divide(lane, course.left, course.refusal ?? error)
      return 'over'
    }
    if (fault === 'refused') {
      // Refused, perhaps, because an earlier try came through after all: look.
      course.refusal = error
      course.inDoubt = true
      return 'now'
    }
    course.inDoubt ||= fault === 'unknown'
    if (!ports.closing()) return 'later'
    settle(course.left, closedEarly(error))
    return 'over'
  }

  const attempt = async (lane: Lane, course: Course): Promise<void> => {
    if (fenced) throw fenced
    if (course.inDoubt) {
      const before = course.left.length
      course.left = await withoutStored(lane, course.left)
      const { left, refusal } = course
      course.inDoubt = false
      course.refusal = undefined
      if (refusal && left.length === before) {
        course.left = []
        await divide(lane, left, refusal)
      }
    }
    if (course.left.length === 0) return
    await lane.query(batchStatement(account, epoch, course.left))
    settle(course.left)
    course.left = []
  }

  /** Settles what is stored already and gives the rest. */
  const withoutStored = async (lane: Lane, entries: readonly Entry[]): Promise<readonly Entry[]> => {
    const records = entries.flatMap(({ record }) => record ?? [])
    const { rows } = await lane.query<{ commit_id: string }>(storedStatement(account, records))
    const stored = new Set(rows.map(row => row.commit_id))
    const isStored = ({ record }: Entry) => record !== undefined && stored.has(record.commitId)
    settle(entries.filter(isStored))
    return entries.filter(entry => !isStored(entry))
  }

  /** One bad record must not take its neighbours along. The halves go one after the other: order within an actor holds. */
  const divide = async (lane: Lane, left: readonly Entry[], error: Error): Promise<void> => {
    if (left.length > 1) {
      const middle = left.length >> 1
      await write(lane, left.slice(0, middle))
      return write(lane, left.slice(middle))
    }
    const record = left[0]?.record
    const what = record ? `${record.actorId} step ${record.seq} (${record.event.type})` : 'an acknowledgement'
    const refused = new JournalRefused(`journal: ${what} was refused: ${error.message}`, { cause: error })
    ports.fatal(refused)
    settle(left, refused)
  }

  const fence = (left: readonly Entry[], error: Error) => {
    fenced ??= new FencedError(`journal: ${error.message}`)
    ports.fatal(fenced)
    settle(left, fenced)
  }

  return write
}

export const asError = (error: unknown): Error => (error instanceof Error ? error : new Error(String(error)))

export const isFence = (error: unknown): boolean =>
  error instanceof FencedError || (error as { code?: string }).code === FENCED

const closedEarly = (error: Error) =>
  new Error(`journal: closed before the record was durable: ${error.message}`, { cause: error })
