/** Why nothing new is opened, and how a flatten goes, in sentences. */
import { shortInstantText } from '../../wording/figures.ts'
import { reasonText, spokenReason } from '../../wording/reasons.ts'
import { topState } from '../../wording/stories.ts'
import type { EngineState } from '../data/store.ts'

export type Said = { text: string; tone: 'bad' | 'warn' | 'good' }

const NOT_YET: Readonly<Record<string, string>> = {
  booting: 'The engine is starting: nothing is traded yet.',
  reconciling:
    'Reconciling: the engine asks the exchange what it holds before it opens anything new. Open hedges stay.',
  stopping: 'The engine is stopping. Open hedges stay as they are; the next start continues them.',
}

/** Why nothing new is opened, who or what set it, and what ends it. */
export function bannerLines(engine: EngineState | null): Said[] {
  if (!engine) return []
  const { halt, risk, state } = engine
  const said: Said[] = []
  if (halt)
    said.push({
      text: `Halted by ${byText(halt.by)} at ${shortInstantText(halt.atMs)} UTC: ${haltText(halt)}. Open hedges stay; nothing new is opened until somebody resumes.`,
      tone: 'warn',
    })
  else if (risk && state.startsWith('reducing'))
    said.push({
      text: `Reducing since ${shortInstantText(risk.atMs)} UTC, set by ${byText(risk.setBy ?? 'the engine')}: ${reasonText(risk)}. Nothing new is opened and hedges may be reduced; it ends by itself when the figure is back within its limit.`,
      tone: 'warn',
    })
  const busy = NOT_YET[topState(state)]
  if (busy) said.push({ text: busy, tone: 'warn' })
  return [...said, ...flattening(engine)]
}

/** A limit's reason is the engine's; a person's words stay as they are. */
export const haltText = ({ by, because }: { by: string; because: string }) =>
  isSetting(by) ? spokenReason(because) : because

/** A setting is named as one: people look it up by its key. */
const isSetting = (by: string) => /^\w+\.\w+$/.test(by)

const byText = (by: string) =>
  by === 'token' ? 'a program with the API token' : isSetting(by) ? `the limit ${by}` : by

function flattening({ flatten, halt }: EngineState): Said[] {
  // Once trading goes on, how the last flatten ended is history: the audit keeps it.
  if (!flatten || !halt) return []
  const { by, askedAtMs, endedAtMs, left } = flatten
  if (endedAtMs === 0)
    return [
      {
        text: `Flattening, asked by ${by} at ${shortInstantText(askedAtMs)} UTC: every hedge is being closed.`,
        tone: 'warn',
      },
    ]
  const at = `${shortInstantText(endedAtMs)} UTC`
  return left.length > 0
    ? [{ text: `Flatten ended at ${at}, but the exchange still shows: ${left.join('; ')}.`, tone: 'bad' }]
    : [{ text: `Flat since ${at}: the exchange shows nothing of ours.`, tone: 'good' }]
}

type Signs = { isLost: boolean; isHalted: boolean; standing: { pages: number; all: number } | undefined }

/** What the tab says before the page's name, the worst first, and how its icon looks. */
export function tabText({ isLost, isHalted, standing }: Signs): {
  prefix: string
  icon: 'calm' | 'warn' | 'bad'
} {
  const { pages = 0, all = 0 } = standing ?? {}
  if (isLost) return { prefix: '✕ no answer · ', icon: 'bad' }
  const alerts = all > 0 ? `(${all}) ` : ''
  const halted = isHalted ? '■ halted · ' : ''
  return { prefix: `${alerts}${halted}`, icon: pages > 0 ? 'bad' : isHalted || all > 0 ? 'warn' : 'calm' }
}
