/** Charts as the inspector knows them: by kind, by hash, and which edge of the picture a taken transition is. */
import type { AnyStateMachine, AnyTransitionDefinition } from 'xstate'
import { describeChart, edgeIds } from '../../api/rows/chart-description.ts'
import type { ChartDescription } from '../../api/rows/chart-rows.ts'

export type Drawn = {
  machine: AnyStateMachine
  description: ChartDescription
  edgeOf: ReadonlyMap<AnyTransitionDefinition, string>
}

export type Charts = ReturnType<typeof createCharts>

/** Each chart is described when it is first asked for. */
export function createCharts(machines: Readonly<Record<string, AnyStateMachine>>) {
  const drawn = new Map<string, Drawn>()
  const ofKind = (kind: string): Drawn | undefined => {
    const machine = machines[kind]
    const known = drawn.get(kind)
    if (known || !machine) return known
    const fresh = { machine, description: describeChart(machine), edgeOf: edgeIds(machine) }
    drawn.set(kind, fresh)
    return fresh
  }
  return {
    ofKind,
    hashOf: (kind: string) => ofKind(kind)?.description.hash ?? null,
    byHash: (hash: string) =>
      Object.keys(machines)
        .map(ofKind)
        .find(each => each?.description.hash === hash)?.description,
  }
}
