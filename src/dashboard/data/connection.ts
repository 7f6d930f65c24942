/**
 * Keeps the stream open while the tab is looked at, and fills the store from it. A browser allows six streams a host, so
 * a hidden tab lets go of its own and comes back with its cursor; an engine that restarted answers that with a reset.
 */

import { ask, Problem } from './client.ts'
import {
  type EngineState,
  type HoldingsFrame,
  type LiveStore,
  type StateFrame,
  withEngine,
  withFrame,
  withHoldings,
  withLine,
} from './store.ts'

/** The engine beats every 5 s; silence for longer than this is a lost line, whatever the socket says. */
const SILENT_MS_MAX = 12_000
const AGAIN_MS = 1000

export type Connection = { open(): void; close(): void; signedOut(): void }

type Ears = { heard: () => void; lost: () => void }
/** How far the stream was read. */
type Place = { cursor: string | undefined }

/** Opens a stream where the last was left, and puts each of its frames into the store. */
function openStream(place: Place, store: LiveStore, { heard, lost }: Ears): EventSource {
  const { cursor } = place
  const opened = new EventSource(cursor ? `/api/live?since=${encodeURIComponent(cursor)}` : '/api/live')
  const on = <Data>(name: string, hear: (data: Data, id: string) => void) =>
    opened.addEventListener(name, event => {
      heard()
      hear(JSON.parse(event.data) as Data, event.lastEventId)
    })
  opened.onopen = () => {
    heard()
    store.change(withLine('live'))
  }
  opened.onerror = lost
  on<EngineState>('engine', engine => store.change(withEngine(engine, performance.now())))
  on<StateFrame>('state', (frame, id) => {
    place.cursor = id
    store.change(withFrame(frame))
  })
  on<HoldingsFrame>('holdings', frame => store.change(withHoldings(frame)))
  on('beat', () => {})
  return opened
}

export function createConnection(store: LiveStore): Connection {
  let source: EventSource | undefined
  const place: Place = { cursor: undefined }
  let wanted = false
  let watch: number | undefined

  const heard = () => {
    clearTimeout(watch)
    watch = setTimeout(() => lost(), SILENT_MS_MAX)
  }

  const drop = () => {
    clearTimeout(watch)
    source?.close()
    source = undefined
  }

  const lost = () => {
    drop()
    if (!wanted || document.hidden) return
    store.change(withLine('lost'))
    watch = setTimeout(() => void tryAgain(), AGAIN_MS)
  }

  /** A stream says nothing about why it was refused; a plain question does. */
  const tryAgain = async () => {
    try {
      const engine = await ask('/api/engine')
      store.change(withEngine(engine, performance.now()))
      if (wanted && !source) dial()
    } catch (error) {
      const isRefused = error instanceof Problem && error.status === 401
      if (wanted && !source && !isRefused) lost()
    }
  }

  const dial = () => {
    drop()
    source = openStream(place, store, { heard, lost })
    heard()
  }

  const look = () => {
    if (!wanted) return
    if (document.hidden) {
      drop()
      store.change(withLine('paused'))
    } else void tryAgain()
  }

  return {
    open() {
      if (wanted) return look()
      wanted = true
      document.addEventListener('visibilitychange', look)
      store.change(withLine('connecting'))
      void tryAgain()
    },
    /** The engine no longer knows this session: asking again is of no use. */
    signedOut() {
      drop()
      store.change(withLine('signed-out'))
    },
    close() {
      wanted = false
      document.removeEventListener('visibilitychange', look)
      drop()
    },
  }
}
