/** What is scheduled to happen, kept in the saved state and done at its instant, so that a restart or a replay does it too. */
import { reduceByAdl, warnOfAdl } from './adl.ts'
import type { Happening } from './agenda-types.ts'
import { announceDelisting, announceListing, closeDelivered, deliver, launch } from './listing-life.ts'
import { badRequest, type Refusal } from './params.ts'
import type { World } from './world.ts'

/** Adds one; what must be known ahead (a delisting, a listing) is announced at once. */
export function schedule(world: World, happening: Happening): Refusal | undefined {
  const fault = faultOf(world, happening)
  if (fault) return badRequest(fault)
  if (happening.kind === 'delisting') announceDelisting(world, happening)
  if (happening.kind === 'listing') announceListing(world, happening)
  world.state.agenda.push(structuredClone(happening))
  world.state.agenda.sort((a, b) => a.atMs - b.atMs)
  return undefined
}

const KINDS = ['delisting', 'listing', 'adl', 'premium', 'restart', 'lending', 'collateral', 'reject']

function faultOf(world: World, happening: Happening): string | undefined {
  if (!KINDS.includes(happening.kind)) return `kind must be one of ${KINDS.join(', ')}`
  if ('share' in happening && !/^(1|0?\.\d{1,8})$/.test(String(happening.share)))
    return 'share must be at most 1'
  if (!Number.isFinite(happening.atMs)) return 'atMs must be an instant'
  if (happening.atMs < world.state.nowMs) return `atMs is past: ${happening.atMs}`
  if (!('symbol' in happening)) return undefined
  const market = 'market' in happening ? happening.market : 'linear'
  return world.universe.find(market, happening.symbol) ? undefined : `symbol invalid: ${happening.symbol}`
}

function happen(world: World, step: Happening): void {
  const { state } = world
  if (step.kind === 'delisting') deliver(world, step.symbol)
  else if (step.kind === 'listing') launch(world, step.market, step.symbol)
  else if (step.kind === 'adl') reduceByAdl(world, step.symbol, step.share ?? '1')
  else if (step.kind === 'restart') state.restartedAtMs = state.nowMs
  else if (step.kind === 'lending') state.lending[step.coin] = step.inventory
  else if (step.kind === 'collateral') state.collateral[step.coin] = step.restriction
  else if (step.kind === 'reject') state.rejects[`${step.market} ${step.symbol}`] = step.count
  else {
    const index = world.universe.find('linear', step.symbol)?.listing.index
    if (index !== undefined) world.market.press?.(index, step.premium, step.untilMs)
  }
}

export const nextAgendaAtMs = (world: World): number =>
  world.state.agenda[0]?.atMs ?? Number.POSITIVE_INFINITY

/** Does what is due. */
export function keepAgenda(world: World): void {
  const { state } = world
  for (const step of state.agenda) if (step.kind === 'adl') warnOfAdl(world, step.symbol, step.atMs)
  closeDelivered(world)
  while ((state.agenda[0]?.atMs ?? Number.POSITIVE_INFINITY) <= state.nowMs) {
    const step = state.agenda.shift()
    if (step) happen(world, step)
  }
}
