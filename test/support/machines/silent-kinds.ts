/** The engine's charts with every effect they name and none that is ever answered: what is pending stays so. */
import { deskKind } from '../../../actors/desk.ts'
import { engineKind } from '../../../actors/engine.ts'
import { hedgeKind } from '../../../actors/hedge.ts'
import type { EnginePorts } from '../../../actors/ports.ts'
import type { DurableKind } from '../../../actors/runtime/running.ts'
import { supervisorKind } from '../../../actors/supervisor.ts'
import { symbolKind } from '../../../actors/tree.ts'
import type { Journal } from '../../../src/store/schema/records.ts'

const PORTS = {} as EnginePorts
const KINDS: Readonly<Record<string, DurableKind>> = {
  engine: engineKind(PORTS, () => ({ supervisors: [], children: {} }), {} as Journal),
  supervisor: supervisorKind(PORTS),
  desk: deskKind(PORTS),
  symbol: symbolKind(),
  hedge: hedgeKind(PORTS),
}

export const silentKinds: Readonly<Record<string, DurableKind>> = Object.fromEntries(
  Object.entries(KINDS).map(([name, { machine, effects }]) => [
    name,
    {
      machine,
      effects: Object.fromEntries(
        Object.keys(effects).map(type => [type, () => new Promise<never>(() => {})]),
      ),
    },
  ]),
)
