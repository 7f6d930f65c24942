/**
 * Model-based testing of charts: the thin adapter that lets `@xstate/test` 1.0.0-beta.5 walk charts of xstate 5.33.
 * The beta's own scope lacks `actionExecutor` and `emit` and never passes `input`, so both are supplied here, with a
 * fresh actor system for each step. Timers are ordinary events of the model (`xstate.after.<delay>.<node>`); the system
 * under test turns them into a moved clock. Its types do not fit 5.33: the casts are all in this file.
 */
import { TestModel } from '@xstate/test'
import {
  type AnyActorScope,
  type AnyMachineSnapshot,
  type AnyStateMachine,
  type AnyTransitionDefinition,
  createEmptyActor,
  type EventFrom,
  type InputFrom,
  type InspectionEvent,
  type SnapshotFrom,
  type StateValue,
} from 'xstate'
import { getStateNodes } from 'xstate/graph'
import { canonicalJson, type Json } from '../../../src/domain/json.ts'

/** A timer or an ending as the model sees it: an event like any other. */
type ModelEvent<Machine extends AnyStateMachine> = EventFrom<Machine> | { type: `xstate.${string}` }
type State<Machine extends AnyStateMachine> = SnapshotFrom<Machine>

export type ModelPath<Machine extends AnyStateMachine> = {
  description: string
  /** The first step is the birth; `state` is the state after `event`. */
  steps: { event: ModelEvent<Machine>; state: State<Machine> }[]
}

type Cases<Machine extends AnyStateMachine> = readonly ModelEvent<Machine>[]
/** A function where the payload depends on the state, e.g. the id of the order that is out. */
type EventCases<Machine extends AnyStateMachine> = Readonly<
  Record<string, Cases<Machine> | ((state: State<Machine>) => Cases<Machine>)>
>

export type ModelOptions<Machine extends AnyStateMachine> = {
  input?: InputFrom<Machine>
  /** The concrete events of a type; a type not named here is sent bare, an empty list is never sent. */
  events?: EventCases<Machine>
  /** What of a state counts as different; by default its value and whole context. Without bounds here, walks do not end. */
  key?: (state: State<Machine>) => Json
  /** Steps of the walk before it gives up with an error. */
  traversalLimit?: number
  /** Visit each transition between two keys, not only each key. */
  edges?: boolean
}

type Traversal = { serializeState: unknown; events: unknown; traversalLimit: number; logger: object }
type Model<Machine extends AnyStateMachine> = {
  getShortestPaths(): Omit<ModelPath<Machine>, 'description'>[]
}
const BetaModel = TestModel as unknown as new <Machine extends AnyStateMachine>(
  logic: object,
  options: Traversal,
) => Model<Machine>

/** For a generic machine TypeScript does not see what every snapshot has. */
function parts(state: unknown): [status: string, value: StateValue, context: unknown] {
  const { status, value, context } = state as AnyMachineSnapshot
  return [status, value, context]
}

/** A scope that carries nothing out. `hear` is told of every microstep. */
function idleScope(hear: (event: InspectionEvent) => void = () => {}): AnyActorScope {
  const self = createEmptyActor()
  self.system.inspect(hear)
  const nothing = () => {}
  return {
    self,
    id: self.id,
    sessionId: self.sessionId,
    system: self.system,
    logger: nothing,
    defer: nothing,
    emit: nothing,
    stopChild: nothing,
    actionExecutor: nothing,
  }
}

function born<Machine extends AnyStateMachine>(
  machine: Machine,
  input: InputFrom<Machine> | undefined,
  scope = idleScope(),
): State<Machine> {
  const state = machine.getInitialSnapshot(scope, input)
  if (state.status === 'error') throw new Error(`chart ${machine.id} is not born`, { cause: state.error })
  return state as State<Machine>
}

/** The shortest paths to every reachable state (or over every transition), none a beginning of another. */
export function shortestPaths<Machine extends AnyStateMachine>(
  machine: Machine,
  options: ModelOptions<Machine> = {},
): ModelPath<Machine>[] {
  const { input, events = {}, edges = false, traversalLimit = 20_000 } = options
  const key = (state: State<Machine>) =>
    options.key ? canonicalJson(options.key(state)) : JSON.stringify(parts(state))
  const transition = (state: State<Machine>, event: ModelEvent<Machine>) =>
    machine.transition(state, event, idleScope()) as State<Machine>
  const logic = Object.create(machine, {
    transition: { value: transition },
    getInitialSnapshot: { value: () => born(machine, input) },
  })
  const model = new BetaModel<Machine>(logic, {
    serializeState: (state: State<Machine>, event?: ModelEvent<Machine>, from?: State<Machine>) =>
      edges && event && from ? `${key(from)} ${JSON.stringify(event)} ${key(state)}` : key(state),
    events: (state: State<Machine>) => possibleEvents(state, events),
    traversalLimit,
    logger: {},
  })
  return model.getShortestPaths().map(path => {
    // The beta shows the last state seen under a key, not the one this path leads to: each path is walked again.
    const steps: ModelPath<Machine>['steps'] = []
    for (const { event, state } of path.steps) {
      const before = steps.at(-1)?.state
      const after = before ? transition(before, event) : born(machine, input)
      if (key(after) !== key(state))
        throw new Error(
          `model key hides a difference: expected ${key(state)} after ${event.type}, found ${key(after)}`,
        )
      steps.push({ event, state: after })
    }
    return { description: describeSteps(steps), steps }
  })
}

/** What the state listens to: the cases given for a type, else the type alone; endings and wildcards need cases. */
function possibleEvents<Machine extends AnyStateMachine>(
  state: State<Machine>,
  cases: EventCases<Machine>,
): { type: string }[] {
  const { status, _nodes } = state as AnyMachineSnapshot
  if (status !== 'active') return []
  const possible = new Set<{ type: string }>()
  const heard = new Set<string>(_nodes.flatMap(node => [...node.transitions.keys()]))
  for (const type of heard) {
    const wildcard = type.endsWith('*')
    const named = Object.keys(cases).filter(name =>
      wildcard ? name.startsWith(type.slice(0, -1)) : name === type,
    )
    for (const name of named) {
      const given = cases[name] ?? []
      for (const event of typeof given === 'function' ? given(state) : given) possible.add(event)
    }
    if (named.length === 0 && !wildcard && !/^xstate\.(done|error|snapshot)\./.test(type))
      possible.add({ type })
  }
  return [...possible]
}

function describeSteps<Machine extends AnyStateMachine>(steps: ModelPath<Machine>['steps']): string {
  const said = steps
    .slice(1)
    .map(
      ({ event: { type, ...rest } }) =>
        type + (Object.keys(rest).length > 0 ? ` ${JSON.stringify(rest)}` : ''),
    )
  return `${['born', ...said].join(' → ')} ends in ${JSON.stringify(parts(steps.at(-1)?.state)[1])}`
}

/** The transitions written in the chart that none of the paths takes, each as `source on event → targets [n]`. */
export function untakenTransitions<Machine extends AnyStateMachine>(
  machine: Machine,
  paths: readonly ModelPath<Machine>[],
  { input }: Pick<ModelOptions<Machine>, 'input'> = {},
): string[] {
  const taken = new Set<object>()
  const scope = () =>
    idleScope(heard => {
      if (heard.type === '@xstate.microstep')
        for (const transition of heard._transitions) taken.add(transition)
    })
  born(machine, input, scope())
  for (const { steps } of paths)
    steps.forEach(({ event }, at) => {
      const before = steps[at - 1]
      if (before) machine.transition(before.state, event, scope())
    })
  return [machine.root, ...getStateNodes(machine.root)]
    .flatMap(node => [...node.transitions.values(), node.always ?? []])
    .flatMap(same =>
      same.flatMap((transition, at) => (taken.has(transition) ? [] : [written(transition, at)])),
    )
}

function written({ source, eventType, target }: AnyTransitionDefinition, at: number): string {
  const targets = target?.map(({ id }) => id).join(', ') ?? 'stays'
  return `${source.id} on ${String(eventType) || 'always'} → ${targets} [${at}]`
}
