/** The live store as React reads it. */
import { useEffect, useState, useSyncExternalStore } from 'react'
import { createConnection } from './connection.ts'
import { type ActorRow, createLiveStore, type Live } from './store.ts'

const store = createLiveStore(requestAnimationFrame)
export const connection = createConnection(store)

/** A part of the live state. `pick` must give the same thing for the same state: no fresh objects. */
export function useLive<Part>(pick: (live: Live) => Part): Part {
  return useSyncExternalStore(store.subscribe, () => pick(store.get()))
}

export const useActor = (id: string): ActorRow | undefined => useLive(live => live.actors.get(id))

/** Is what the page shows older than it should be? */
export const useIsStale = (): boolean => useLive(live => live.line !== 'live')

/** The engine's time now: told with each frame, carried on by the page's own clock and the engine's speed. */
export function engineNowMs({ engine, heardAtMs, line }: Live): number {
  if (!engine) return 0
  const sinceMs = line === 'live' || line === 'connecting' ? performance.now() - heardAtMs : 0
  return engine.nowMs + sinceMs * engine.pace
}

/** Engine time, looked at once a second. Stands still while the line is lost. */
export function useEngineNowMs(everyMs = 1000): number {
  const [nowMs, setNowMs] = useState(() => engineNowMs(store.get()))
  useEffect(() => {
    const timer = setInterval(() => setNowMs(engineNowMs(store.get())), everyMs)
    return () => clearInterval(timer)
  }, [everyMs])
  return nowMs || engineNowMs(store.get())
}
