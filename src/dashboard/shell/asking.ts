/** What is asked over the page: a command that is confirmed first, the palette, or help. */
import { createSignal } from '../data/signal.ts'

export type Asking = 'halt' | 'resume' | 'flatten' | 'palette' | 'help' | undefined

export const askedFor = createSignal<Asking>(undefined)
