/** How long until an instant of the engine's time; it runs as fast as the engine's clock does. */

import { lengthText } from '../../wording/figures.ts'
import { useEngineNowMs } from '../data/use-live.ts'

export function Countdown({ atMs }: { atMs: number }) {
  const leftMs = atMs - useEngineNowMs()
  return <span className="live">{leftMs > 0 ? `in ${lengthText(leftMs)}` : 'due'}</span>
}

export function Age({ sinceMs }: { sinceMs: number }) {
  const ageMs = useEngineNowMs() - sinceMs
  return <span className="live">{sinceMs > 0 ? lengthText(Math.max(0, ageMs)) : '–'}</span>
}
