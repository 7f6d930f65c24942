/** The inspector's one stream: open while the tab is looked at, taken up again where it was, also after a restart. */
import { useEffect, useState, useSyncExternalStore } from 'react'
import {
  type Feed,
  type FocusFrame,
  NOTHING,
  nowMsOf,
  type RowsFrame,
  toldAt,
  withFocus,
  withRows,
} from './feed-store.ts'

const AGAIN_MS = 700
/** The engine beats every 5 s: longer silence is a lost line. */
const SILENT_MS_MAX = 12_000

let feed = NOTHING
const listeners = new Set<() => void>()
let queue: ((feed: Feed) => Feed)[] = []

const apply = () => {
  const changes = queue
  queue = []
  feed = changes.reduce((state, change) => change(state), feed)
  for (const hear of listeners) hear()
}

const change = (step: (feed: Feed) => Feed) => {
  if (queue.push(step) === 1) requestAnimationFrame(apply)
}

const subscribe = (hear: () => void) => {
  listeners.add(hear)
  return () => listeners.delete(hear)
}

/** A part of the feed. `pick` must give the same thing for the same feed: no fresh objects. */
export const useFeed = <Part>(pick: (feed: Feed) => Part): Part =>
  useSyncExternalStore(subscribe, () => pick(feed))

export const readFeed = (): Feed => feed

/** The engine's time, looked at every so often. */
export function useNowMs(everyMs: number): number {
  const [, setTurn] = useState(0)
  useEffect(() => {
    const timer = setInterval(() => setTurn(turn => turn + 1), everyMs)
    return () => clearInterval(timer)
  }, [everyMs])
  return nowMsOf(feed)
}

let cursor: string | undefined

/** Follows the list of actors and the one in focus for as long as the page is open. */
export function useInspection(focus: string | undefined): void {
  useEffect(() => {
    let source: EventSource | undefined
    let timer: ReturnType<typeof setTimeout> | undefined

    const line = (to: Feed['line']) => change(state => ({ ...state, line: to }))
    const drop = () => {
      clearTimeout(timer)
      source?.close()
      source = undefined
    }
    const lost = () => {
      drop()
      line('lost')
      timer = setTimeout(dial, AGAIN_MS)
    }
    const heard = () => {
      clearTimeout(timer)
      timer = setTimeout(lost, SILENT_MS_MAX)
    }
    const dial = () => {
      drop()
      if (document.hidden) return line('paused')
      const query = new URLSearchParams({
        ...(cursor ? { since: cursor } : {}),
        ...(focus ? { focus } : {}),
      })
      const opened = new EventSource(`/api/inspection?${query}`)
      source = opened
      opened.onopen = () => {
        heard()
        line('live')
      }
      opened.onerror = lost
      opened.addEventListener('beat', heard)
      opened.addEventListener('rows', event => {
        heard()
        cursor = event.lastEventId
        const frame = JSON.parse(event.data) as RowsFrame
        const told = toldAt(frame)
        change(state => ({ ...withRows(state, frame), told }))
      })
      opened.addEventListener('focus', event => {
        heard()
        const frame = JSON.parse(event.data) as FocusFrame
        const told = toldAt(frame)
        if (focus) change(state => ({ ...withFocus(state, focus, frame), told }))
      })
    }
    if (focus) change(state => (state.focus?.id === focus ? { ...state, focus: undefined } : state))
    dial()
    document.addEventListener('visibilitychange', dial)
    return () => {
      document.removeEventListener('visibilitychange', dial)
      drop()
    }
  }, [focus])
}
