/** One value that several parts of the page share, told to those that read it. */
import { useSyncExternalStore } from 'react'

export type Signal<Value> = { set(value: Value): void; use(): Value }

export function createSignal<Value>(first: Value): Signal<Value> {
  let value = first
  const readers = new Set<() => void>()
  const subscribe = (hear: () => void) => {
    readers.add(hear)
    return () => readers.delete(hear)
  }
  return {
    set(next) {
      value = next
      for (const hear of readers) hear()
    },
    use: () => useSyncExternalStore(subscribe, () => value),
  }
}

// What is asked over the page: a command that is confirmed first, the palette, or help.

type Asking = 'halt' | 'resume' | 'flatten' | 'palette' | 'help' | undefined

export const askedFor = createSignal<Asking>(undefined)
