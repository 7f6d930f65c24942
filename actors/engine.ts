/** The engine's kind: starts the tree of actors, reconciles, and says when the engine is ready. */
import { engineMachine } from '../machines/engine.ts'
import type { ChildSpec } from '../machines/supervisor.ts'
import type { JsonObject } from '../src/domain/json.ts'
import type { Journal } from '../src/store/schema/records.ts'
import { reconcileEffect } from './account/reconciler.ts'
import type { Ports } from './ports.ts'
import type { Answer } from './runtime/outbox.ts'
import type { DurableKind } from './runtime/running.ts'

type EngineKindPorts = Ports<
  | 'clock'
  | 'exchange'
  | 'board'
  | 'rules'
  | 'telemetry'
  | 'alerts'
  | 'runtime'
  | 'assertOwner'
  | 'bookNow'
  | 'announceReady'
>

/** The supervision tree as data, in start order: a supervisor's name and its children. */
export type Tree = { supervisors: ChildSpec[]; children: Readonly<Record<string, ChildSpec[]>> }

/** The engine's chart with its effects: starting the tree, reconciling, telling the service manager. */
export const engineKind = (ports: EngineKindPorts, tree: () => Tree, journal: Journal): DurableKind => ({
  machine: engineMachine,
  effects: {
    startTree: () => startTree(ports, tree(), journal),
    reconcile: reconcileEffect(ports),
    async announceReady() {
      ports.announceReady()
      return undefined
    },
  },
})

/** The root supervisor, then those below it, then their children. What lives already, or is held back, is left alone. */
async function startTree(ports: Ports<'runtime'>, tree: Tree, journal: Journal): Promise<Answer> {
  const runtime = ports.runtime()
  const ensure = async ({ id, kind, input }: ChildSpec, parentId: string) => {
    if (!runtime.get(id) && !(await journal.loadActor(id))) runtime.spawn(id, kind, parentId, input)
  }
  await ensure({ id: ROOT, kind: 'supervisor', input: { name: ROOT } }, 'engine')
  for (const spec of tree.supervisors) await ensure(spec, ROOT)
  runtime.deliver(ROOT, { type: 'children.ensure', children: asJson(tree.supervisors) })
  for (const [supervisor, children] of Object.entries(tree.children)) {
    runtime.deliver(supervisor, { type: 'children.ensure', children: asJson(children) })
  }
  return { type: 'tree.started' }
}

const ROOT = 'root'

const asJson = (specs: readonly ChildSpec[]): JsonObject[] =>
  specs.map(({ id, kind, input }) => ({ id, kind, input }))
