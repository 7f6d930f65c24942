/**
 * Asks before something is done, naming what it does. A native dialog: focus stays inside, Escape leaves everything as it is.
 */
import { type FormEvent, type ReactNode, useEffect, useId, useRef, useState } from 'react'

type Parts = {
  open: boolean
  title: string
  /** What will happen, in words. */
  children: ReactNode
  /** The words of the button that does it. */
  act: string
  /** The words of the button that does not. */
  keep?: string
  dangerous?: boolean
  onClose: () => void
  /** A rejection is shown in the dialog, which stays open. */
  onAct: () => Promise<unknown>
}

export function ConfirmDialog(parts: Parts) {
  const { open, title, children, act, keep = 'Keep as is', dangerous = false, onClose, onAct } = parts
  const ref = useRef<HTMLDialogElement>(null)
  const titleId = useId()
  const [fault, setFault] = useState('')
  const [busy, setBusy] = useState(false)

  useEffect(() => {
    const dialog = ref.current
    if (!dialog || dialog.open === open) return
    setFault('')
    if (open) dialog.showModal()
    else dialog.close()
  }, [open])

  const submit = async (event: FormEvent) => {
    event.preventDefault()
    setBusy(true)
    try {
      await onAct()
      onClose()
    } catch (error) {
      setFault(error instanceof Error ? error.message : String(error))
    } finally {
      setBusy(false)
    }
  }

  return (
    <dialog
      ref={ref}
      aria-labelledby={titleId}
      onClose={onClose}
      className="panel w-[min(480px,92vw)] p-0 text-ink shadow-2xl"
    >
      {open && (
        <form onSubmit={submit} className="p-5">
          <h2 id={titleId} className="text-[16px] font-semibold">
            {title}
          </h2>
          <div className="mt-2 space-y-3 text-[13.5px] text-soft">{children}</div>
          {fault && (
            <p role="alert" className="mt-3 text-[13px] text-bad">
              {fault}
            </p>
          )}
          <div className="mt-5 flex justify-end gap-2">
            <button type="button" className="btn" onClick={onClose}>
              {keep}
            </button>
            <button type="submit" className="btn" data-tone={dangerous ? 'bad' : 'accent'} disabled={busy}>
              {act}
            </button>
          </div>
        </form>
      )}
    </dialog>
  )
}
