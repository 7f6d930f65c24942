/** The keys, and where to read on. */
import { useEffect, useRef } from 'react'

const KEYS: readonly [keys: string, does: string][] = [
  ['Ctrl K', 'Go to a page, a symbol, a hedge or an actor, or give a command'],
  ['?', 'Show this list'],
  ['Tab, Shift Tab', 'Move through all controls'],
  ['↑ ↓', 'In the inspector: move through actors; in the palette: through results'],
  ['Enter', 'Open the selection; in a dialog: confirm'],
  ['Escape', 'Leave a dialog without doing anything'],
]

export function Help({ onClose }: { onClose: () => void }) {
  const ref = useRef<HTMLDialogElement>(null)
  useEffect(() => ref.current?.showModal(), [])
  return (
    <dialog
      ref={ref}
      aria-labelledby="help-title"
      onClose={onClose}
      className="panel w-[min(560px,92vw)] p-0 text-ink shadow-2xl"
    >
      <div className="p-5">
        <h2 id="help-title" className="text-[16px] font-semibold">
          Keys and help
        </h2>
        <dl className="mt-3 grid grid-cols-[auto_1fr] gap-x-4 gap-y-1.5 text-[13px]">
          {KEYS.map(([keys, does]) => (
            <div key={keys} className="contents">
              <dt className="whitespace-nowrap">
                <kbd className="chip font-mono">{keys}</kbd>
              </dt>
              <dd className="text-soft">{does}</dd>
            </div>
          ))}
        </dl>
        <p className="mt-4 text-[13px] text-soft">
          Programs: <a href="/docs">the HTTP API</a>, <a href="/openapi.json">its description</a>. In a
          terminal: <code>hedgerow --help</code>; what to do when something fails is in RUNBOOK.md.
        </p>
        <div className="mt-4 flex justify-end">
          <button type="button" className="btn" onClick={onClose}>
            Close
          </button>
        </div>
      </div>
    </dialog>
  )
}
