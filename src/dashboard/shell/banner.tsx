/** What everybody must know before they read a figure: a lost line, a halt, a limit that is reached, a flatten under way. */
import { useLive } from '../data/use-live.ts'
import { bannerLines, type Said } from './banner-words.ts'

export function Banner() {
  const lost = useLive(live => live.line === 'lost')
  const engine = useLive(live => live.engine)
  const said: Said[] = lost
    ? [{ text: 'The engine does not answer. What is shown is the last it said.', tone: 'bad' }]
    : bannerLines(engine)
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

const TONES = { bad: 'text-bad', warn: 'text-warn', good: 'text-good' }
