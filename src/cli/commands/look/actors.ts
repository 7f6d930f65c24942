/** `actors`: who runs and in which state, once or as they move. `transitions`: how one of them came there. */
import type { EngineSummary, TransitionView } from '../../../api/engine-view.ts'
import { clockText, instantText, lengthText } from '../../../wording/figures.ts'
import { eventText, plainState } from '../../../wording/stories.ts'
import type { Shown } from '../../kit/asking.ts'
import { type Client, engineClient } from '../../kit/client.ts'
import { CliFailure } from '../../kit/failure.ts'
import { type Actor, actorPath, didYouMean, noSuchActor } from '../../kit/known-actors.ts'
import { type Heard, listen, untilStopped } from '../../kit/live.ts'
import {
  bold,
  dim,
  green,
  print,
  printJson,
  printJsonLine,
  red,
  table,
  tableLines,
  yellow,
} from '../../kit/output.ts'
import { openScreen } from '../../kit/screen.ts'

type Filters = { kind?: string; state?: string; trouble?: boolean }
type Options = Shown & Filters & { watch?: boolean }

const COLUMNS = {
  id: 'ACTOR',
  kind: 'KIND',
  state: 'STATE',
  age: 'FOR',
  version: 'STEPS',
  restarts: 'RESTARTS',
}
const SPARE = ['kind', 'restarts', 'version']

/** Prints who runs, once or at each change. */
export async function showActors({ json, watch, kind, state, trouble, ...where }: Options): Promise<void> {
  const client = engineClient(where)
  const wanted = chosen({ ...(kind && { kind }), ...(state && { state }), ...(trouble && { trouble }) })
  if (watch) return untilStopped(signal => follow(listen(client, signal), wanted, json))
  const [actors, engine] = (await Promise.all([client.get('/api/actors'), client.get('/api/engine')])) as [
    Actor[],
    EngineSummary,
  ]
  assertKind(kind, actors)
  const found = actors.filter(wanted)
  if (json) return printJson(found)
  if (found.length === 0) return print(trouble ? green('no actor is in trouble') : 'no actor matches')
  print(table(found.map(rowAt(engine.nowMs)), COLUMNS, { spare: SPARE }))
}

/** @throws CliFailure when no actor is of that kind */
function assertKind(kind: string | undefined, actors: readonly Actor[]): void {
  const kinds = [...new Set(actors.map(actor => actor.kind))].sort()
  if (kind === undefined || kinds.includes(kind)) return
  throw new CliFailure(
    `--kind: expected one of ${kinds.join(', ')}; found ${kind}${didYouMean(kind, kinds)}`,
    2,
  )
}

const chosen =
  ({ kind, state, trouble }: Filters) =>
  (actor: Actor): boolean =>
    (!kind || actor.kind === kind) &&
    (!state || actor.state.startsWith(state)) &&
    (!trouble || isTroubled(actor))

const isTroubled = ({ state, quarantined, restarts }: Actor) => quarantined || restarts > 0 || isBad(state)
const isBad = (state: string) => /^failed\b|\btroubled\b/.test(plainState(state))

const rowAt = (nowMs: number) => (actor: Actor) => ({
  ...actor,
  state: stateText(actor),
  age: lengthText(Math.max(0, nowMs - actor.sinceMs)),
  restarts: actor.restarts > 0 ? yellow(String(actor.restarts)) : '0',
})

/** The regions that rest say nothing: what is at work comes first. */
function stateText({ state: told, quarantined }: Actor): string {
  const state = plainState(told)
  if (quarantined) return red(`${state} (quarantined)`)
  if (isBad(state)) return red(state)
  return /^hedged\b/.test(state)
    ? green(state)
    : /^(entering|unwinding)\b/.test(state)
      ? yellow(state)
      : state
}

async function follow(
  stream: AsyncGenerator<Heard>,
  wanted: (actor: Actor) => boolean,
  json: boolean | undefined,
): Promise<void> {
  if (!json && process.stdout.isTTY) return drawAll(stream, wanted)
  const seen = new Map<string, string>()
  for await (const heard of stream) {
    if (heard.kind === 'away') process.stderr.write(`${heard.because}\n`)
    if (heard.kind !== 'state') continue
    for (const actor of heard.rows.filter(wanted)) {
      // After a restart every actor is told again.
      const now = `${actor.version} ${actor.state} ${actor.quarantined}`
      if (seen.get(actor.id) === now) continue
      seen.set(actor.id, now)
      if (json) printJsonLine(actor)
      else print(`${clockText(actor.sinceMs)}  ${actor.id}  ${stateText(actor)}`)
    }
    for (const id of heard.removed.filter(each => seen.delete(each))) {
      if (json) printJsonLine({ id, removed: true })
      else print(`          ${id}  ended`)
    }
  }
}

/** The table in place. What does not fit is left out from the end: who moved last comes first. */
async function drawAll(stream: AsyncGenerator<Heard>, wanted: (actor: Actor) => boolean): Promise<void> {
  const screen = openScreen()
  let actors = new Map<string, Actor>()
  let engine: EngineSummary | undefined
  let away = ''
  const draw = () => {
    const nowMs = engine?.nowMs ?? Math.max(0, ...[...actors.values()].map(({ sinceMs }) => sinceMs))
    const found = [...actors.values()].filter(wanted)
    const room = screen.rows - 3
    const newest = found.length > room ? found.toSorted((a, b) => b.sinceMs - a.sinceMs) : found
    const left = found.length - room
    const state = away ? red(away) : engine ? `${engine.state}${dim(` · ${clockText(nowMs)}`)}` : ''
    screen.draw([
      `${bold(`${found.length} of ${actors.size} actors`)} · ${state}${dim(' · Ctrl-C ends')}`,
      ...tableLines(newest.slice(0, room).map(rowAt(nowMs)), COLUMNS, { spare: SPARE }),
      ...(left > 0 ? [dim(`… and ${left} more that changed longer ago`)] : []),
    ])
  }
  try {
    for await (const heard of stream) {
      away = heard.kind === 'away' ? heard.because : ''
      if (heard.kind === 'engine') engine = heard.engine
      if (heard.kind === 'state') {
        if (heard.reset) actors = new Map()
        for (const actor of heard.rows) actors.set(actor.id, actor)
        for (const id of heard.removed) actors.delete(id)
      }
      draw()
    }
  } finally {
    screen.end()
  }
}

const PAGE = 1000

/** Prints an actor's steps, oldest first. @throws CliFailure when there is no such actor */
export async function showTransitions(
  actor: string,
  { json, last, ...where }: Shown & { last?: number },
): Promise<void> {
  const client = engineClient(where)
  const all = await transitionsOf(client, actor)
  if (!all) throw await noSuchActor(client, actor)
  const rows = last ? all.slice(-last) : all
  if (json) return printJson({ rows })
  if (rows.length === 0) return print(`${actor} keeps no journal`)
  const columns = { seq: 'STEP', at: 'AT (UTC)', what: 'WHAT HAPPENED', to: 'LED TO' }
  print(
    table(
      rows.map(({ seq, atMs, event, from, to }) => ({
        seq,
        at: instantText(atMs),
        what: eventText(event),
        to: from === to ? 'same' : restless(to),
      })),
      columns,
    ),
  )
}

/** All steps of an actor, oldest first; undefined when nothing of that name was ever stored. */
export async function transitionsOf(client: Client, actor: string): Promise<TransitionView[] | undefined> {
  const rows: TransitionView[] = []
  let fromSeq: number | null = 0
  while (fromSeq !== null) {
    const path: string = `${actorPath(actor)}/transitions?fromSeq=${fromSeq}&limit=${PAGE}`
    const page = (await client.find(path)) as { rows: TransitionView[]; next: number | null } | undefined
    if (!page) return undefined
    rows.push(...page.rows)
    fromSeq = page.next
  }
  return rows
}

/** A state without its regions at rest. */
const restless = (state: string) => {
  const regions = state.split(' | ')
  const atWork = regions.filter(region => !region.endsWith('.quiet'))
  return (atWork.length > 0 ? atWork : regions).join(' | ')
}
