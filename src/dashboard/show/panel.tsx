/** A titled part of a page. The title is a real heading, so that a reader of headings finds it. */
import { type ReactNode, type Ref, useId } from 'react'

type Parts = { title: string; note?: ReactNode; actions?: ReactNode; children: ReactNode; className?: string }

export function Panel({ title, note, actions, children, className = '' }: Parts) {
  const id = useId()
  return (
    <section aria-labelledby={id} className={`panel min-w-0 ${className}`}>
      <header className="flex min-h-[40px] flex-wrap items-center gap-x-3 gap-y-1 border-b border-line px-4 py-1">
        <h2 id={id} className="text-[13px] font-semibold">
          {title}
        </h2>
        {note && <span className="text-[12px] text-faint">{note}</span>}
        {actions && (
          <div className="ml-auto flex flex-wrap items-center gap-1.5 text-[12.5px]">{actions}</div>
        )}
      </header>
      {children}
    </section>
  )
}

/** What a page says when there is nothing to show, and why. */
export const Empty = ({ children }: { children: ReactNode }) => (
  <p className="px-4 py-6 text-center text-soft">{children}</p>
)

/** A read that failed: what was expected and found, as the engine said it. */
export const Failed = ({ error }: { error: unknown }) => (
  <p role="alert" className="px-4 py-6 text-center text-bad">
    {error instanceof Error ? error.message : String(error)}
  </p>
)

// One key figure: its name, the figure, and what stands behind it.

type TileParts = {
  name: string
  children: ReactNode
  unit?: string
  tone?: 'good' | 'bad' | 'warn' | undefined
  note?: ReactNode
  /** It rests on figures that were the last known. */
  isOld?: boolean
}

const COLOURS = { good: 'text-good', bad: 'text-bad', warn: 'text-warn' }

export function Tile({ name, children, unit, tone, note, isOld = false }: TileParts) {
  return (
    <div
      className="panel min-w-0 px-4 py-2.5"
      data-stale={isOld || undefined}
      title={isOld ? 'A feed is stale: this uses the last known figures' : undefined}
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

// Loads the next page of a list.

export function MoreRows({ more, isLoading }: { more: (() => void) | undefined; isLoading: boolean }) {
  if (!more) return null
  return (
    <div className="border-t border-line px-4 py-2 text-center">
      <button type="button" className="btn" onClick={more} disabled={isLoading}>
        {isLoading ? 'Loading…' : 'Older rows'}
      </button>
    </div>
  )
}

// A part of the page that scrolls by itself: named, and reachable by keys, so that it can be scrolled with them.

type RegionParts = {
  label: string
  testId: string
  className?: string
  ref?: Ref<HTMLElement>
  children: ReactNode
}

export const ScrollRegion = ({ label, testId, className = '', ref, children }: RegionParts) => (
  <section
    ref={ref}
    aria-label={label}
    data-testid={testId}
    tabIndex={0}
    className={`min-h-0 flex-1 overflow-auto ${className}`}
  >
    {children}
  </section>
)
