/** The list of actors as a page follows it: rows of those that changed since its cursor, counters of the others. */
import { randomBytes } from 'node:crypto'
import type { AnyStateMachine, AnyTransitionDefinition } from 'xstate'
import type { HedgeContext } from '../../../machines/hedge/context.ts'
import type { Child, SupervisorContext } from '../../../machines/supervisor.ts'
import type {
  InspectedStatus,
  InspectionFrame,
  InspectionRow,
  InspectionTick,
} from '../../api/inspection-view.ts'
import { describeChart, edgeIds } from '../../api/rows/chart-description.ts'
import type { ChartDescription } from '../../api/rows/chart-rows.ts'
import type { Hub, Watched } from './hub.ts'

/** Charts as the inspector knows them: by kind, by hash, and which edge of the picture a taken transition is. */
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

/** Rows of a hub's actors, for any number of pages, each by its cursor. */
export function createRows(hub: Hub, charts: Charts) {
  const epoch = randomBytes(5).toString('hex')
  /** What each supervisor said of its children when it was last asked. */
  const read = new Map<string, unknown>()
  const children = new Map<string, Child>()

  const readSupervisor = (watched: Watched) => {
    const context = watched.self?.actor.getSnapshot().context as SupervisorContext | undefined
    if (!context || read.get(watched.id) === context) return
    read.set(watched.id, context)
    for (const child of Object.values(context.children)) {
      const before = children.get(child.id)
      children.set(child.id, child)
      // One that runs is watched already; one that never came up is known from here only.
      const isKnown = child.status === 'running' && !hub.actors.has(child.id)
      if (!isKnown && !isSame(before, child)) hub.changed(hub.mention(child.id, child.kind, watched.id))
    }
  }

  const symbolOf = symbolNames()
  const rowOf = (watched: Watched): InspectionRow => ({
    ...inspectionRow(watched, children.get(watched.id), charts.hashOf(watched.kind)),
    symbol: symbolOf(watched),
  })

  const seqOf = (cursor: string | undefined): number | undefined => {
    const [of, text] = cursor?.split('-') ?? []
    const at = of === epoch && text && /^\d{1,15}$/.test(text) ? Number(text) : -1
    return at >= hub.forgotten() && at <= hub.count() ? at : undefined
  }

  return {
    rowOf,
    /** Takes note of what supervisors know: restarts, back-off, quarantine. */
    refresh() {
      for (const watched of hub.actors.values()) if (watched.kind === 'supervisor') readSupervisor(watched)
    },
    frame(cursor: string | undefined): InspectionFrame | undefined {
      this.refresh()
      const since = seqOf(cursor)
      if (since === hub.count()) return undefined
      const frame: InspectionFrame = {
        cursor: `${epoch}-${hub.count()}`,
        reset: since === undefined,
        rows: [],
        ticks: [],
        removed: [],
      }
      for (const watched of hub.actors.values()) {
        if (since === undefined || watched.changed > since) frame.rows.push(rowOf(watched))
        else if (watched.touched > since) frame.ticks.push(tickOf(watched))
      }
      if (since !== undefined) for (const [id, at] of hub.removed) if (at > since) frame.removed.push(id)
      return frame
    },
  }
}

/** What a hedge is of: kept, because of one that has ended only its id is left. */
function symbolNames() {
  const symbols = new Map<string, string>()
  return ({ id, kind, self }: Watched): string | null => {
    if (kind === 'symbol') return id.replace(/^symbol:/, '')
    const known = symbols.get(id)
    if (known !== undefined || kind !== 'hedge') return known ?? null
    const symbol = planned(self?.actor.getSnapshot().context)
    if (symbol !== null) symbols.set(id, symbol)
    return symbol
  }
}

/** The symbol of a hedge, by what its chart remembers. */
const planned = (context: unknown): string | null => {
  const { plan } = (context ?? {}) as Partial<HedgeContext>
  return plan?.symbol ?? null
}

function inspectionRow(
  watched: Watched,
  child: Child | undefined,
  chart: string | null,
): Omit<InspectionRow, 'symbol'> {
  const { id, kind, parentId, state, stateVersion, sinceMs, heard, moves, last, atMs } = watched
  const status = statusOf(watched, child)
  return {
    id,
    kind,
    parentId,
    chart,
    status,
    state,
    version: Math.max(0, watched.version),
    stateVersion,
    sinceMs,
    restarts: child?.restarts ?? 0,
    dueAtMs: status === 'restarting' ? (child?.dueAtMs ?? null) : null,
    error: status === 'running' || status === 'ended' ? null : (watched.error ?? child?.error ?? null),
    heard,
    moves,
    last,
    atMs,
  }
}

const tickOf = ({ id, version, heard, moves, last, atMs }: Watched): InspectionTick => [
  id,
  version,
  heard,
  moves,
  last,
  atMs,
]

function statusOf({ status }: Watched, child: Child | undefined): InspectedStatus {
  if (status !== 'failed') return status
  if (child?.status === 'quarantined') return 'quarantined'
  return child?.status === 'waiting' ? 'restarting' : 'failed'
}

const isSame = (a: Child | undefined, b: Child) =>
  a?.status === b.status && a.restarts === b.restarts && a.dueAtMs === b.dueAtMs && a.error === b.error
