/** One key figure: its name, the figure, and what stands behind it. */
import type { ReactNode } from 'react'

type Parts = {
  name: string
  children: ReactNode
  unit?: string
  tone?: 'good' | 'bad' | 'warn' | undefined
  note?: ReactNode
  /** It rests on figures that were the last known. */
  isOld?: boolean
}

const COLOURS = { good: 'text-good', bad: 'text-bad', warn: 'text-warn' }

export function Tile({ name, children, unit, tone, note, isOld = false }: Parts) {
  return (
    <div
      className="panel min-w-0 px-4 py-2.5"
      data-stale={isOld || undefined}
      title={isOld ? 'A feed is not trusted now: this rests on the last figures that were known' : undefined}
    >
      <dt className="text-[12px] text-soft">{name}</dt>
      <dd className="mt-0.5">
        <span
          className={`live text-[20px] font-semibold leading-7 tabular-nums ${tone ? COLOURS[tone] : ''}`}
        >
          {children}
        </span>
        {unit && <span className="ml-1 text-[12px] text-faint">{unit}</span>}
        {note && <span className="live block truncate text-[12px] text-soft">{note}</span>}
      </dd>
    </div>
  )
}

export const Tiles = ({ children }: { children: ReactNode }) => (
  <dl className="grid grid-cols-2 gap-2.5 md:grid-cols-4 xl:grid-cols-[repeat(auto-fit,minmax(170px,1fr))]">
    {children}
  </dl>
)
