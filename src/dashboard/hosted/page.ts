/**
 * The page of the hosted inspector: a frame of the other site, and the engine's inspection events handed to it by its own
 * library. A program of its own: the pages beside it know neither the frame nor the library.
 */
import { createBrowserInspector } from '@statelyai/inspect'
import type { InspectionEvent } from 'xstate'
import type { HostedEvent } from '../../api/inspection-view.ts'

// What the inspector's library takes for its window. Left alone it posts to whatever origin the frame is at, and believes
// every window that says it is the inspector: through this door it speaks and listens to one frame at one origin only.

/** @param onConnected - called each time the frame says that it is there, after the library heard it */
function door(frame: HTMLIFrameElement, origin: string, onConnected: () => void): Window {
  const post = (message: unknown) => frame.contentWindow?.postMessage(message, origin)
  const opened = {
    open: () => ({ postMessage: post }),
    addEventListener: (_type: 'message', hear: (event: MessageEvent) => void) => {
      addEventListener('message', event => {
        if (event.origin !== origin || event.source !== frame.contentWindow) return
        hear(event)
        if ((event.data as { type?: unknown } | null)?.type === '@statelyai.connected') onConnected()
      })
    },
  }
  return opened as unknown as Window
}

type About = { url: string; definitions: Record<string, object> }

/** Charts nest deeper than the library writes by itself; a cut chart could not be drawn. */
const DEPTH_MAX = 40

const status = element('#status')
const say = (text: string) => {
  status.textContent = text
}

const about = await fetch('/api/hosted-inspector')
if (about.status === 401) say('Sign in first: open the login link, then reload this page.')
else if (!about.ok) say(`The engine refused: ${about.status} ${about.statusText}`)
else show((await about.json()) as About)

function show({ url, definitions }: About): void {
  const { origin } = new URL(url)
  const frame = document.createElement('iframe')
  frame.title = `Inspector of ${origin}`
  frame.referrerPolicy = 'no-referrer'
  // It may run and keep what it keeps, and not lead this window elsewhere.
  frame.setAttribute('sandbox', 'allow-scripts allow-same-origin allow-forms allow-popups allow-downloads')
  const stream = createStream(event => inspector.inspect.next?.(asInspected(event, definitions)), origin)
  const inspector = createBrowserInspector({
    url,
    window: door(frame, origin, stream.begin),
    serialize: event => event,
    serializationDepthLimit: DEPTH_MAX,
    // Whatever the frame missed, the engine tells again from the beginning.
    maxDeferredEvents: 0,
  })
  say(`Waiting for ${origin} to answer.`)
  frame.src = url
  element('main').append(frame)
  document.addEventListener('visibilitychange', () => (document.hidden ? stream.pause() : stream.resume()))
}

/** The engine's stream: begun when the frame is there, anew when it comes back, closed while nobody looks. */
function createStream(hear: (event: HostedEvent) => void, origin: string) {
  let source: EventSource | undefined
  let isAsked = false
  let count = 0
  const pause = () => {
    source?.close()
    source = undefined
  }
  const resume = () => {
    if (!isAsked || document.hidden || source) return
    source = new EventSource('/api/hosted-inspector/events')
    source.addEventListener('inspected', ({ data }) => {
      const events = JSON.parse(data as string) as HostedEvent[]
      events.forEach(hear)
      count += events.length
      say(`${count} events shown to ${origin}; text and secrets are withheld.`)
    })
    source.addEventListener('error', () => say('The engine’s stream is lost; trying again.'))
  }
  const begin = () => {
    pause()
    isAsked = true
    resume()
  }
  return { begin, pause, resume }
}

/** The event as XState itself would give it: actors are references, of which the library reads these parts. */
function asInspected(event: HostedEvent, definitions: About['definitions']): InspectionEvent {
  const { id, rootId } = event
  const actor = (known: string) => ({ id: known, sessionId: known })
  if (event.type === '@xstate.event') {
    const sourceRef = event.sourceId === undefined ? undefined : actor(event.sourceId)
    return { ...event, rootId, sourceRef, actorRef: actor(id) } as unknown as InspectionEvent
  }
  if (event.type === '@xstate.snapshot')
    return { ...event, rootId, actorRef: actor(id) } as unknown as InspectionEvent
  const { kind, parentId, snapshot } = event
  const actorRef = {
    ...actor(id),
    _parent: parentId === undefined ? undefined : actor(parentId),
    logic: { config: definitions[kind] },
    getSnapshot: () => snapshot,
  }
  return { type: event.type, rootId, actorRef } as unknown as InspectionEvent
}

function element(selector: string): Element {
  const found = document.querySelector(selector)
  if (!found) throw new Error(`hosted-inspector.html: expected ${selector}`)
  return found
}
