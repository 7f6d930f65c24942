/** The supervisor's kind, and which of its children a booting runtime must not start by itself. */
import { type SupervisorContext, supervisorMachine } from '../machines/supervisor.ts'
import type { ActorRow } from '../src/store/schema/records.ts'
import type { Ports } from './ports.ts'
import type { DurableKind } from './runtime/running.ts'

/** The supervisor's chart with its effect: the alert of a child that was given up. */
export const supervisorKind = (ports: Ports<'alerts'>): DurableKind => ({
  machine: supervisorMachine,
  effects: {
    async alert({ because }, { actorId }) {
      // The chart's sentence begins with the child.
      const [subject = actorId] = String(because).split(' ')
      ports.alerts.raise('page', 'actor.quarantined', { subject, because: String(because) })
      return undefined
    },
  },
})

/**
 * Children that wait for their restart or are quarantined, by their supervisor's own row. A row that cannot be read holds nobody: it
 * fails where it is restored.
 */
export function heldChildren(rows: readonly ActorRow[]): ReadonlySet<string> {
  const held = new Set<string>()
  for (const { kind, snapshot } of rows)
    if (kind === 'supervisor')
      for (const child of childrenIn(snapshot)) if (child.status !== 'running') held.add(child.id)
  return held
}

function childrenIn(snapshot: string): SupervisorContext['children'][string][] {
  try {
    const { context } = JSON.parse(snapshot) as { context: SupervisorContext }
    return Object.values(context.children).filter(child => child !== null)
  } catch {
    return []
  }
}
