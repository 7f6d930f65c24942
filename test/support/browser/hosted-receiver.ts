/** Stands in for the other site: the library's own receiver, which keeps what it hears for a test to look at. */
import { createBrowserReceiver } from '@statelyai/inspect'

const seen: unknown[] = []
Object.assign(globalThis, { seen })
createBrowserReceiver().subscribe(event => {
  seen.push(event)
})
