/** What the engines of a day warned of, in order: the story of a day that failed tells it beside the steps of its hedges. */
import { type LogFields, silentLog } from '../../telemetry/log.ts'
import { createMetrics } from '../../telemetry/metrics.ts'
import { type Telemetry, telemetryOf } from '../../telemetry/telemetry.ts'

type Note = { atMs: number; text: string }

/** Of the same words: what is warned of again and again says nothing new. */
const SAME_MAX = 3
const NOTES_MAX = 2_000

/** Telemetry whose warnings are kept; what cannot be read of a faulty answer is warned of all day and is not. */
export function createNotes(nowMs: () => number): { telemetry: Telemetry; notes: readonly Note[] } {
  const notes: Note[] = []
  const times = new Map<string, number>()
  const note = (message: string, fields: LogFields = {}) => {
    if (message === 'input.refused' || notes.length >= NOTES_MAX) return
    const text = `${message} ${Object.entries(fields)
      .map(([name, value]) => `${name} ${String(value)}`)
      .join(', ')}`
    const before = times.get(text) ?? 0
    times.set(text, before + 1)
    if (before < SAME_MAX) notes.push({ atMs: nowMs(), text })
  }
  const log = { ...silentLog(), warn: note, error: note }
  return { telemetry: telemetryOf(log, createMetrics({ process: false })), notes }
}
