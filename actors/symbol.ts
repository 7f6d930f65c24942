/** A symbol only speaks to others: every effect of its chart is a message. */
import { symbolMachine } from '../machines/symbol.ts'
import type { DurableKind } from './runtime/running.ts'

/** The symbol's chart; it has no effects of its own. */
export const symbolKind = (): DurableKind => ({
  machine: symbolMachine,
  effects: {},
})
