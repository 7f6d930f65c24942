/** What everybody must know before they read a figure: a lost line, a halt, a limit that is reached, a flatten under way. */
import type { EngineState } from '../live/store.ts'
import { useLive } from '../live/use-live.ts'
import { reasonText } from '../show/reasons.ts'
import { topState } from '../show/state-words.ts'
import { shortInstantText } from '../show/time.ts'

type Said = { text: string; tone: 'bad' | 'warn' | 'good' }

export function Banner() {
  const lost = useLive(live => live.line === 'lost')
  const engine = useLive(live => live.engine)
  const said: Said[] = lost
    ? [{ text: 'The engine does not answer. What is shown is the last it said.', tone: 'bad' }]
    : standing(engine)
  if (said.length === 0) return null
  return (
    <div
      className="border-b border-line px-4 py-1.5 text-[13px] font-medium"
      role={lost ? 'alert' : undefined}
    >
      {said.map(({ text, tone }) => (
        <p key={text} className={TONES[tone]}>
          {text}
        </p>
      ))}
    </div>
  )
}

const NOT_YET: Readonly<Record<string, string>> = {
  booting: 'The engine is starting: nothing is traded yet.',
  reconciling:
    'Reconciling: the engine asks the exchange what it holds before it opens anything new. Hedges that are open stay.',
  stopping: 'The engine is stopping. Open hedges stay as they are; the next start takes them up.',
}

const TONES = { bad: 'text-bad', warn: 'text-warn', good: 'text-good' }

/** Why nothing new is opened, who or what set it, and what ends it. */
export function standing(engine: EngineState | null): Said[] {
  if (!engine) return []
  const { halt, risk, state } = engine
  const said: Said[] = []
  if (halt)
    said.push({
      text: `Halted by ${byText(halt.by)} at ${shortInstantText(halt.atMs)} UTC: ${reasonText(halt.because)}. Open hedges stay; nothing new is opened until somebody resumes.`,
      tone: 'warn',
    })
  else if (risk && state.startsWith('reducing'))
    said.push({
      text: `Reducing since ${shortInstantText(risk.atMs)} UTC, set by ${byText(risk.setBy ?? 'the engine')}: ${reasonText(risk.because, risk.found, risk.limit)}. Nothing new is opened, what is open may shrink; it ends by itself when the figure is back.`,
      tone: 'warn',
    })
  const busy = NOT_YET[topState(state)]
  if (busy) said.push({ text: busy, tone: 'warn' })
  return [...said, ...flattening(engine)]
}

/** A setting is named as one: people look it up by its key. */
const byText = (by: string) =>
  by === 'token' ? 'a program with the API token' : /^\w+\.\w+$/.test(by) ? `the limit ${by}` : by

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
