/** The keys that work on every page; what they open is loaded when it is first asked for. */
import { lazy, Suspense, useEffect } from 'react'
import { askedFor } from '../data/signal.ts'

const Palette = lazy(async () => ({ default: (await import('./palette.tsx')).Palette }))
const Help = lazy(async () => ({ default: (await import('./help.tsx')).Help }))

export function Keys() {
  const asked = askedFor.use()
  useEffect(() => {
    const hear = (event: KeyboardEvent) => {
      if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'k') {
        event.preventDefault()
        askedFor.set('palette')
      } else if (event.key === '?' && !isTyping(event.target) && !document.querySelector('dialog[open]'))
        askedFor.set('help')
    }
    addEventListener('keydown', hear)
    return () => removeEventListener('keydown', hear)
  }, [])
  const close = () => askedFor.set(undefined)
  return (
    <Suspense fallback={null}>
      {asked === 'palette' && <Palette onClose={close} />}
      {asked === 'help' && <Help onClose={close} />}
    </Suspense>
  )
}

const isTyping = (target: EventTarget | null) =>
  target instanceof HTMLElement && (target.matches('input, textarea, select') || target.isContentEditable)
