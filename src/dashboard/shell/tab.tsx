/** The browser's tab tells of a lost line, a halt and alerts, by its title and its icon: people have it in a row of many. */
import { useEffect } from 'react'
import { createSignal } from '../data/signal.ts'
import { useLive } from '../data/use-live.ts'
import { useRows } from '../data/use-rows.ts'
import calm from '../icon.svg'
import bad from '../icon-bad.svg'
import warn from '../icon-warn.svg'
import { tabText } from './banner-words.ts'

/** The name of the page that is shown. */
export const pageTitle = createSignal('')

const ICONS = { calm, warn, bad }

/** Draws nothing on the page itself. */
export function Tab() {
  const title = pageTitle.use()
  const isLost = useLive(live => live.line === 'lost')
  const isHalted = useLive(live => live.engine?.halt !== null && live.engine !== null)
  const standing = useStandingAlerts()
  const { prefix, icon } = tabText({ isLost, isHalted, standing })
  useEffect(() => {
    document.title = `${prefix}${title ? `${title} · ` : ''}Hedgerow`
    document.querySelector('link[rel="icon"]')?.setAttribute('href', ICONS[icon])
  }, [prefix, title, icon])
  return null
}

/** Those that stand and nobody took; undefined before they are known. */
export function useStandingAlerts(): { pages: number; all: number } | undefined {
  const { data } = useRows('/api/alerts', 10_000)
  if (!data) return undefined
  const open = data.filter(each => each.clearedAtMs === null && each.acknowledgedAtMs === null)
  return { pages: open.filter(({ severity }) => severity === 'page').length, all: open.length }
}
