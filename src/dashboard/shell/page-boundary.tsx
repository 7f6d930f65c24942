/**
 * A page that fails, or could not be loaded because the engine went away under it, takes nothing else from the screen: banner,
 * kill switch and the way to other pages stay.
 */
import { Component, type ReactNode, useEffect, useRef } from 'react'
import { useLive } from '../data/use-live.ts'

/** `at`: the address; another one is another chance. */
type Props = { at: string; children: ReactNode }

export class PageBoundary extends Component<Props, { fault: string | null }> {
  override state = { fault: null }

  static getDerivedStateFromError(error: unknown) {
    return { fault: error instanceof Error ? error.message : String(error) }
  }

  override componentDidUpdate(before: Props) {
    if (before.at !== this.props.at && this.state.fault !== null) this.setState({ fault: null })
  }

  override render() {
    const { fault } = this.state
    return fault === null ? this.props.children : <Broken fault={fault} />
  }
}

/** Loads again by itself once the engine is back; a fault of the page alone would only come again. */
function Broken({ fault }: { fault: string }) {
  const line = useLive(live => live.line)
  const wasLost = useRef(false)
  useEffect(() => {
    if (line === 'lost') wasLost.current = true
    if (line === 'live' && wasLost.current) location.reload()
  }, [line])
  return (
    <div className="p-4" role="alert">
      <h1 className="text-base font-semibold">This page could not be shown</h1>
      <p className="mt-1 text-soft">{fault}</p>
      <button type="button" className="mt-3 underline" onClick={() => location.reload()}>
        Load it again
      </button>
    </div>
  )
}
