/** What will happen by itself, and when. */
import type { FocusedTimer } from '../../../api/inspection-view.ts'
import { lengthText } from '../../../wording/figures.ts'
import { eventWords } from '../chart/chart.ts'
import { useNowMs } from '../feed.ts'

export function Timers({ timers }: { timers: readonly FocusedTimer[] }) {
  if (timers.length === 0) return null
  return (
    <section aria-label="Timers" className="panel shrink-0 px-3 py-2">
      <h2 className="text-[13px] font-semibold">Timers</h2>
      <ul className="mt-1 space-y-1">
        {timers.map(timer => (
          <Timer key={timer.event} timer={timer} />
        ))}
      </ul>
    </section>
  )
}

function Timer({ timer }: { timer: FocusedTimer }) {
  const nowMs = useNowMs(250)
  const leftMs = Math.max(0, timer.dueAtMs - nowMs)
  const share = timer.lengthMs ? Math.max(0, Math.min(1, leftMs / timer.lengthMs)) : 0
  const from = /^xstate\.after\.[^.]+\.(.*)$/.exec(timer.event)?.[1]
  return (
    <li className="text-[12px]">
      <span className="flex gap-2">
        <span className="font-mono text-warn">{eventWords(timer.event)}</span>
        <span className="truncate text-faint" title={from}>
          {from?.split('.').slice(-2).join('.')}
        </span>
        <span className="ml-auto shrink-0 tabular-nums text-soft">{lengthText(leftMs)}</span>
      </span>
      <span className="mt-0.5 block h-[3px] rounded bg-raised" aria-hidden="true">
        <span className="block h-full rounded bg-warn" style={{ width: `${share * 100}%` }} />
      </span>
    </li>
  )
}
