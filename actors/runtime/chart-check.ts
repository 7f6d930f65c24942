/**
 * Reads a durable chart before it may run and lists what would go wrong later without a word: XState fires an unknown
 * delay at once, drops an unknown action, and forgets what an inline function or a spawned child was.
 * A chart with faults is not started. The list is read from `machine.root`, so it covers what the config became.
 */
import type { AnyStateMachine, AnyStateNode } from 'xstate'
import { BUILT_IN_EFFECTS } from './built-in-effects.ts'
import type { Kind } from './running.ts'

type ChartExpectation = {
  /** 'hedge' and 'symbol' must carry the five lifecycle states. */
  kind: string
  /** Names of the actions that the dispatcher carries out after the commit. */
  effects: ReadonlySet<string>
}

const LIFECYCLE = ['idle', 'entering', 'hedged', 'unwinding', 'failed']
const TOP_LEVEL: Readonly<Record<string, readonly string[]>> = {
  symbol: LIFECYCLE,
  hedge: [...LIFECYCLE, 'closed'],
}

/** Built-ins that are folded into the snapshot or the timers, so that nothing of them is lost between commit and restart. */
const KEPT = new Set(['xstate.assign', 'xstate.raise', 'xstate.cancel'])
const INSTEAD: Readonly<Record<string, string>> = {
  'xstate.sendTo': "sending is an effect, use a named action such as 'send'",
  'xstate.spawnChild': "spawning is an effect, use a named action such as 'spawn'",
  'xstate.stopChild': "stopping is an effect, use a named action such as 'stop'",
  'xstate.emit': 'an emitted event is not committed, use a named effect',
  'xstate.log': 'logging belongs to the wrapper, the journal has every transition',
  'xstate.enqueueActions': 'its actions cannot be read beforehand, use guards and named actions',
}

type Builtin = { type: string; assignment?: unknown; event?: unknown; delay?: unknown }
type Chart = { machine: AnyStateMachine; effects: ReadonlySet<string>; nodes: ReadonlySet<AnyStateNode> }

/**
 * Faults of a durable chart, each naming the place, what was expected and what was found. Empty: the chart may start.
 * An unknown target or an empty compound state never gets here: `createMachine` itself throws on them.
 */
export function checkChart(machine: AnyStateMachine, { kind, effects }: ChartExpectation): string[] {
  const nodes = [...everyNode(machine.root)]
  const chart: Chart = { machine, effects, nodes: new Set(nodes) }
  return [
    ...versionFaults(machine),
    ...lifecycleFaults(machine, kind),
    ...(spawnsInside(machine.config.context) ? [`${machine.id}: context spawns: spawning is an effect`] : []),
    ...delayFaults(machine),
    ...nodes.flatMap(node => nodeFaults(chart, node)),
    ...implementationFaults(chart),
  ].map(fault => `chart '${kind}': ${fault}`)
}

function* everyNode(node: AnyStateNode): Generator<AnyStateNode> {
  yield node
  for (const child of Object.values<AnyStateNode>(node.states)) yield* everyNode(child)
}

/** Rows keep the chart's version as a whole number, and `migrate` goes by it. */
function versionFaults({ id, version }: AnyStateMachine): string[] {
  return typeof version === 'string' && /^[1-9]\d*$/.test(version)
    ? []
    : [`${id}: version: expected a whole number from '1', found ${JSON.stringify(version) ?? 'none'}`]
}

function lifecycleFaults({ root }: AnyStateMachine, kind: string): string[] {
  const expected = TOP_LEVEL[kind]
  if (!expected) return []
  const found = Object.keys(root.states)
  const faults = [
    ...expected.filter(name => !found.includes(name)).map(name => `state '${name}' is missing`),
    ...found
      .filter(name => !expected.includes(name))
      .map(name => `state '${name}' is not one of ${expected.join(', ')}`),
  ]
  const closed = root.states.closed
  if (expected.includes('closed') && closed && closed.type !== 'final')
    faults.push(`state 'closed': expected a final state, found ${closed.type}`)
  return faults.map(fault => `${root.id}: ${fault}`)
}

function delayFaults({ id, implementations }: AnyStateMachine): string[] {
  return Object.entries<unknown>(implementations.delays)
    .filter(([, delay]) => typeof delay !== 'function' && !isLength(delay))
    .map(
      ([name, delay]) =>
        `${id}: delay '${name}': expected milliseconds from 0 or a function, found ${String(delay)}`,
    )
}

const isLength = (delay: unknown) => typeof delay === 'number' && Number.isFinite(delay) && delay >= 0

function nodeFaults(chart: Chart, node: AnyStateNode): string[] {
  const at = node.id
  const handled = [...node.transitions.values()].flat()
  return [
    ...initialFaults(chart, node),
    ...(node.config.invoke ? [`${at}: invoke: a promise runs again after a restart, use an effect`] : []),
    ...node.entry.flatMap(action => actionFaults(chart, action, `${at} entry`)),
    ...node.exit.flatMap(action => actionFaults(chart, action, `${at} exit`)),
    ...node.after.flatMap(({ delay }) => delayNameFaults(chart, delay, `${at} after`)),
    ...[...handled, ...(node.always ?? [])].flatMap(transition => {
      const where = `${at} on '${String(transition.eventType) || 'always'}'`
      return [
        ...(transition.target ?? [])
          .filter(target => !chart.nodes.has(target))
          .map(target => `${where}: target '${String(target?.id)}' is not a state of this chart`),
        ...(transition.guard === undefined ? [] : guardFaults(chart, transition.guard, where, true)),
        ...transition.actions.flatMap(action => actionFaults(chart, action, where)),
      ]
    }),
  ]
}

/** XState resolves `initial` only when the state is entered, and throws there. */
function initialFaults(chart: Chart, node: AnyStateNode): string[] {
  if (node.type !== 'compound') return []
  const { initial } = node.config
  const name = typeof initial === 'string' ? initial : initial?.target
  if (typeof name !== 'string' || !Object.hasOwn(node.states, name))
    return [
      `${node.id}: initial: expected one of ${Object.keys(node.states).join(', ')}, found ${String(name)}`,
    ]
  return node.initial.actions.flatMap(action => actionFaults(chart, action, `${node.id} initial`))
}

function delayNameFaults({ machine }: Chart, delay: unknown, where: string): string[] {
  if (delay === undefined || typeof delay === 'function' || isLength(delay)) return []
  if (typeof delay === 'string' && Object.hasOwn(machine.implementations.delays, delay)) return []
  return [`${where}: delay '${String(delay)}' is not implemented, it would fire at once`]
}

function actionFaults(chart: Chart, action: unknown, where: string): string[] {
  if (typeof action === 'function') {
    const builtin = asBuiltin(action)
    return builtin
      ? builtinFaults(chart, builtin, where)
      : [
          `${where}: inline action '${action.name || 'anonymous'}': only its name would survive, name it in setup`,
        ]
  }
  const named = asReference(action)
  if (!named) return [`${where}: action: expected a name or {type, params}, found ${String(action)}`]
  const implemented: unknown = ownValue(chart.machine.implementations.actions, named.type)
  const faults = paramFaults(named.params, `${where}: action '${named.type}'`)
  if (implemented === undefined) faults.push(`${where}: action '${named.type}' is not implemented`)
  else if (!asBuiltin(implemented) && !chart.effects.has(named.type))
    faults.push(`${where}: action '${named.type}' is neither built in nor an effect that anyone carries out`)
  return faults
}

function builtinFaults(chart: Chart, builtin: Builtin, where: string): string[] {
  if (!KEPT.has(builtin.type))
    return [`${where}: ${builtin.type}: ${INSTEAD[builtin.type] ?? 'expected assign, raise or cancel'}`]
  if (builtin.type === 'xstate.raise' && !isAfterEvent(builtin.event))
    return delayNameFaults(chart, builtin.delay, `${where} raise`)
  return spawnsInside(builtin.assignment) ? [`${where}: assign spawns: spawning is an effect`] : []
}

/** The raise behind an `after` is checked as the `after` it came from. */
const isAfterEvent = (event: unknown) =>
  typeof event === 'object' && event !== null && String(asReference(event)?.type).startsWith('xstate.after.')

function guardFaults(chart: Chart, guard: unknown, where: string, inChart: boolean): string[] {
  if (typeof guard === 'function') {
    if (!('check' in guard))
      return inChart ? [`${where}: inline guard '${guard.name || 'anonymous'}': name it in setup`] : []
    const parts = 'guards' in guard && Array.isArray(guard.guards) ? guard.guards : []
    return parts.flatMap(part => guardFaults(chart, part, where, inChart))
  }
  const named = asReference(guard)
  if (!named) return [`${where}: guard: expected a name or {type, params}, found ${String(guard)}`]
  return [
    ...paramFaults(named.params, `${where}: guard '${named.type}'`),
    ...(ownValue(chart.machine.implementations.guards, named.type) === undefined
      ? [`${where}: guard '${named.type}' is not implemented`]
      : []),
  ]
}

/** What stands behind the names: built-ins must be of the kept kind, effects must be no-ops that the wrapper can collect. */
function implementationFaults(chart: Chart): string[] {
  const { actions, guards } = chart.machine.implementations
  return [
    ...Object.entries<unknown>(actions).flatMap(([name, action]) => {
      const builtin = asBuiltin(action)
      const where = `${chart.machine.id} action '${name}'`
      if (!builtin) return []
      if (chart.effects.has(name))
        return [`${where}: an effect, yet implemented as ${builtin.type}: it would never leave`]
      return builtinFaults(chart, builtin, where)
    }),
    ...Object.entries<unknown>(guards).flatMap(([name, guard]) =>
      guardFaults(chart, guard, `${chart.machine.id} guard '${name}'`, false),
    ),
  ]
}

const ownValue = (table: object, name: string): unknown =>
  Object.hasOwn(table, name) ? Reflect.get(table, name) : undefined

function asBuiltin(action: unknown): Builtin | undefined {
  if (typeof action !== 'function' || !('resolve' in action) || !('type' in action)) return undefined
  const { type, assignment, event, delay } = action as typeof action & Builtin
  return { type: String(type), assignment, event, delay }
}

function asReference(value: unknown): { type: string; params: unknown } | undefined {
  if (typeof value === 'string') return { type: value, params: undefined }
  if (typeof value !== 'object' || value === null || !('type' in value)) return undefined
  if (typeof value.type !== 'string') return undefined
  return { type: value.type, params: 'params' in value ? value.params : undefined }
}

function paramFaults(params: unknown, where: string): string[] {
  if (params === undefined || typeof params === 'function' || isJson(params)) return []
  return [`${where}: params: expected JSON or a function, found something that does not survive text`]
}

function isJson(value: unknown): boolean {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return true
  if (typeof value === 'number') return Number.isFinite(value)
  if (Array.isArray(value)) return value.every(isJson)
  return (
    typeof value === 'object' &&
    Object.getPrototypeOf(value) === Object.prototype &&
    Object.values(value).every(isJson)
  )
}

/** Does a function, or one of an assigner's functions, ask for `spawn`? Such a child is in no list of actions. */
function spawnsInside(assignment: unknown): boolean {
  if (typeof assignment === 'function') {
    const text = String(assignment)
    const parameters = /^[^=]*?\(([\s\S]*?)\)\s*(=>|\{)/.exec(text)?.[1] ?? ''
    return /\{[^}]*\bspawn\b/.test(parameters) || /\.spawn\(/.test(text)
  }
  return typeof assignment === 'object' && assignment !== null && Object.values(assignment).some(spawnsInside)
}

/** Throws when a kind's chart has faults, listing all of them. */
export function assertCharts(kinds: Readonly<Record<string, Kind>>): void {
  const faults = Object.entries(kinds).flatMap(([kind, spec]) =>
    'machine' in spec
      ? checkChart(spec.machine, {
          kind,
          effects: new Set([...BUILT_IN_EFFECTS, ...Object.keys(spec.effects)]),
        })
      : [],
  )
  if (faults.length > 0) throw new Error(`charts with faults:\n${faults.join('\n')}`)
}
