/** A part of the page that scrolls by itself: named, and reachable by keys, so that it can be scrolled with them. */
import type { ReactNode, Ref } from 'react'

type Parts = {
  label: string
  testId: string
  className?: string
  ref?: Ref<HTMLElement>
  children: ReactNode
}

export const ScrollRegion = ({ label, testId, className = '', ref, children }: Parts) => (
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
