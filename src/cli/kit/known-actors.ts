/** Names as people type them: an unknown one is answered with the nearest. */
import type { ActorSummary } from '../../api/engine-view.ts'
import type { Client } from './client.ts'
import { CliFailure } from './failure.ts'

const SHOWN_MAX = 3

/** Names that hold the typed text first, then those a few slips of the finger away. */
function nearest(typed: string, names: readonly string[]): string[] {
  const wanted = typed.toLowerCase()
  const ranked = [...new Set(names)].flatMap(name => {
    const known = name.toLowerCase()
    const tail = known.replace(/^.*?:/, '')
    if (wanted.length > 1 && known.includes(wanted)) return [{ name, slips: -1 }]
    const slips = Math.min(slipsBetween(wanted, known), slipsBetween(wanted, tail))
    return slips <= Math.max(1, wanted.length / 3) ? [{ name, slips }] : []
  })
  const best = Math.min(...ranked.map(({ slips }) => slips))
  return ranked
    .filter(({ slips }) => slips === best)
    .slice(0, SHOWN_MAX)
    .map(({ name }) => name)
}

/** The names nearest to what was typed, as a line for an error; '' where none is near. */
export function didYouMean(typed: string, names: readonly string[]): string {
  const near = nearest(typed, names)
  return near.length > 0 ? `\n  did you mean ${near.join(', ')}?` : ''
}

/** Levenshtein's distance, by rows. */
function slipsBetween(a: string, b: string): number {
  let above = Array.from({ length: b.length + 1 }, (_, at) => at)
  for (const [row, letter] of [...a].entries()) {
    const here = [row + 1]
    for (const [at, other] of [...b].entries()) {
      const swap = (above[at] ?? 0) + (letter === other ? 0 : 1)
      here.push(Math.min(swap, (above[at + 1] ?? 0) + 1, (here[at] ?? 0) + 1))
    }
    above = here
  }
  return above.at(-1) ?? 0
}

/** An actor as the API lists it. */
export type Actor = ActorSummary & { since: string }

/** Is this symbol meant: by its name, or by its coin (`pepe` for 1000PEPEUSDT)? */
export const isCalled = (symbol: string, typed: string): boolean =>
  [symbol, symbol.replace(/^1(0+)(?=[A-Z])/, '')].some(name =>
    [name, name.replace(/USDT$/, '')].includes(typed.toUpperCase()),
  )

/** Where the API keeps an actor. */
export const actorPath = (id: string) => `/api/actors/${encodeURIComponent(id)}`

/** An id that nothing answers to: a closed hedge is said to be one, for any other name the nearest are offered. */
export async function noSuchActor(client: Client, id: string): Promise<CliFailure> {
  const hedgeId = /^(?:hedge:)?([0-9A-Za-z]{10})$/.exec(id)?.[1]
  const hedge = hedgeId && ((await client.find(`/api/hedges/${hedgeId}`)) as { state: string } | undefined)
  if (hedge) return new CliFailure(`hedge ${hedgeId} is ${hedge.state}: it accepts no more events`)
  const actors = (await client.get('/api/actors')) as Actor[]
  const near = didYouMean(
    id,
    actors.map(actor => actor.id),
  )
  return new CliFailure(`no actor is called ${id}${near || ': `hedgerow actors` lists them'}`)
}

/** A tracked symbol by its name or its coin. @throws CliFailure that offers the nearest when none is meant */
export async function trackedSymbol(client: Client, typed: string): Promise<string> {
  const actors = (await client.get('/api/actors?kind=symbol')) as Actor[]
  const names = actors.map(({ id }) => id.replace(/^symbol:/, ''))
  const name = typed.replace(/^symbol:/, '')
  const found =
    names.find(symbol => symbol === name.toUpperCase()) ?? names.find(symbol => isCalled(symbol, name))
  if (found !== undefined) return found
  throw new CliFailure(`no symbol ${typed} is tracked${didYouMean(name, names)}`)
}
