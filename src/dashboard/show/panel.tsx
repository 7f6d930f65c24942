/** A titled part of a page. The title is a real heading, so that a reader of headings finds it. */
import { type ReactNode, useId } from 'react'

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
