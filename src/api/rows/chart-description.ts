/**
 * A chart as data: nodes and edges, for the inspector's picture and for the answer to "what may be sent now".
 * Drawn from `machine.root`, because `machine.definition` leaves out `always`. Pure, JSON only; equal charts give equal
 * text and an equal hash, in whatever process they are read.
 */
import { createHash } from 'node:crypto'
import type { AnyStateMachine, AnyStateNode, StateValue } from 'xstate'
import { canonicalJson } from '../../domain/json.ts'
import type { ChartDescription, ChartEdge, ChartNode } from './chart-rows.ts'

type Transition = NonNullable<AnyStateNode['always']>[number]

/** Nodes and edges of a chart in the order they were written. `hash` changes when anything in the picture does. */
export function describeChart(machine: AnyStateMachine): ChartDescription {
  const written = [...everyNode(machine.root)]
  const nodes = written.map(describeNode)
  const edges = written.flatMap(describeEdges)
  const hash = createHash('sha256')
    .update(canonicalJson({ machineId: machine.id, nodes, edges }))
    .digest('hex')
    .slice(0, 16)
  return { machineId: machine.id, hash, nodes, edges }
}

/**
 * The events that the present state has a transition for, sorted; XState's own are left out, guards are not asked.
 * A descriptor such as 'order.*' stands as written. An actor that is done or failed hears nothing.
 *
 * @param snapshot - live or as stored: only its status and value are read
 */
export function legalEvents(
  machine: AnyStateMachine,
  snapshot: { status: string; value: StateValue },
): string[] {
  if (snapshot.status !== 'active') return []
  const active = machine.resolveState({ value: snapshot.value, context: {} })._nodes
  const legal = new Set<string>()
  for (const leaf of active.filter(node => node.type === 'atomic' || node.type === 'final')) {
    // Inside out, as XState looks: an unguarded transition of the inner state hides the same event further out.
    const hidden = new Set<string>()
    for (let node: AnyStateNode | undefined = leaf; node; node = node.parent) {
      for (const [event, transitions] of node.transitions) {
        if (hidden.has(event) || event.startsWith('xstate.')) continue
        if (transitions.some(leads)) legal.add(event)
        if (transitions.some(transition => transition.guard === undefined)) hidden.add(event)
      }
    }
  }
  return [...legal].sort()
}

/** A transition without target and action is how a chart forbids an event. */
const leads = ({ target, actions, reenter }: Transition) =>
  target !== undefined || actions.length > 0 || reenter

/** The edge of the picture that each transition object of the chart is, as XState's own inspection names them. */
export function edgeIds(machine: AnyStateMachine): Map<Transition, string> {
  const ids = new Map<Transition, string>()
  for (const node of everyNode(machine.root)) {
    for (const [event, transitions] of node.transitions)
      transitions.forEach((transition, index) => void ids.set(transition, edgeId(node, event, index)))
    node.always?.forEach((transition, index) => void ids.set(transition, edgeId(node, '', index)))
  }
  return ids
}

const edgeId = (node: AnyStateNode, event: string, index: number) =>
  `${node.id}|${event || 'always'}|${index}`

function* everyNode(node: AnyStateNode): Generator<AnyStateNode> {
  yield node
  for (const child of Object.values<AnyStateNode>(node.states)) yield* everyNode(child)
}

function describeNode(node: AnyStateNode): ChartNode {
  return {
    id: node.id,
    key: node.key,
    parent: node.parent?.id ?? null,
    type: node.type,
    initial: node.type === 'compound' ? (node.initial.target[0]?.id ?? null) : null,
    tags: [...node.tags],
    description: node.description ?? null,
    entry: node.entry.map(actionLabel).filter(label => label !== TIMER),
    exit: node.exit.map(actionLabel).filter(label => label !== TIMER),
  }
}

function describeEdges(node: AnyStateNode): ChartEdge[] {
  const handled = [...node.transitions].flatMap(([event, transitions]) =>
    transitions.map((transition, index) => describeEdge(node, event, transition, index)),
  )
  const always = (node.always ?? []).map((transition, index) => describeEdge(node, '', transition, index))
  return [...handled, ...always]
}

function describeEdge(node: AnyStateNode, event: string, transition: Transition, index: number): ChartEdge {
  const kind = kindOf(event)
  return {
    id: edgeId(node, event, index),
    source: node.id,
    targets: (transition.target ?? []).map(target => target.id),
    event,
    kind,
    label: labelOf(kind, event, transition),
    guard: transition.guard === undefined ? null : guardLabel(transition.guard),
    actions: transition.actions.map(actionLabel),
    reenter: transition.reenter,
  }
}

function kindOf(event: string): ChartEdge['kind'] {
  if (event === '') return 'always'
  if (event.startsWith('xstate.after.')) return 'after'
  if (event.startsWith('xstate.done.')) return 'done'
  return event.startsWith('xstate.error.') ? 'error' : 'event'
}

function labelOf(kind: ChartEdge['kind'], event: string, transition: Transition): string {
  if (kind === 'event') return event
  if (kind === 'always') return 'always'
  if (kind !== 'after') return event.replace(/^xstate\.(done|error)\.(state|actor)\./, '$1 ')
  const delay = 'delay' in transition ? transition.delay : undefined
  return typeof delay === 'number' ? `after ${delay} ms` : `after ${String(delay)}`
}

function guardLabel(guard: unknown): string {
  if (typeof guard !== 'function') return nameOf(guard) + paramsOf(guard)
  if ('guards' in guard && Array.isArray(guard.guards)) {
    const parts = guard.guards.map(part =>
      typeof part === 'function' && 'guards' in part ? `(${guardLabel(part)})` : guardLabel(part),
    )
    return guard.name === 'not' ? `not ${parts[0]}` : parts.join(` ${guard.name} `)
  }
  if ('stateValue' in guard) return `in ${JSON.stringify(guard.stateValue).replaceAll('"', '')}`
  return guard.name || 'inline'
}

/** `(entering)` of `{ type: 'isIn', params: { phase: 'entering' } }`: guards of one name are told apart by what they ask for. */
function paramsOf(guard: unknown): string {
  const params = typeof guard === 'object' && guard !== null && 'params' in guard ? guard.params : undefined
  if (typeof params !== 'object' || params === null) return ''
  const values = Object.values(params).map(value =>
    typeof value === 'object' ? JSON.stringify(value) : String(value),
  )
  return values.length === 0 ? '' : `(${values.join(', ')})`
}

/** Marks the raise and cancel that XState itself adds for `after`: the edge shows them already. */
const TIMER = 'xstate timer'

function actionLabel(action: unknown): string {
  if (typeof action !== 'function') return nameOf(action)
  const builtin = action as { type?: unknown; event?: unknown; sendId?: unknown }
  if (typeof builtin.type !== 'string') return action.name || 'inline'
  const what = builtin.type === 'xstate.cancel' ? String(builtin.sendId) : nameOf(builtin.event, '')
  if (what.startsWith('xstate.after.')) return TIMER
  return `${builtin.type.replace(/^xstate\./, '')} ${what}`.trim()
}

function nameOf(reference: unknown, otherwise = 'inline'): string {
  if (typeof reference === 'string') return reference
  const named = typeof reference === 'object' && reference !== null && 'type' in reference
  return named ? String(reference.type) : otherwise
}
