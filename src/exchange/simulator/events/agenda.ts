/** What is scheduled to happen, kept in the saved state and done at its instant, so that a restart or a replay does it too. */
import type { JsonObject } from '../../../domain/json.ts'
import { badRequest, type Refusal } from '../kit/params.ts'
import {
  announceDelisting,
  announceListing,
  closeDelivered,
  deliver,
  launch,
} from '../universe/listing-life.ts'
import type { World } from '../world.ts'
import { reduceByAdl, warnOfAdl } from './adl.ts'
import { readHappening } from './agenda-shape.ts'
import type { Happening } from './agenda-types.ts'
import { beginCascade, keepCascades } from './cascades.ts'
import { announceMaintenance } from './maintenance.ts'
import { recall } from './recall.ts'

/** Adds one; what must be known ahead (a delisting, a listing, a maintenance) is announced at once. */
export function schedule(world: World, asked: JsonObject): Refusal | undefined {
  const happening = readHappening(asked)
  if (typeof happening === 'string') return badRequest(happening)
  const fault = faultOf(world, happening)
  if (fault) return badRequest(fault)
  if (happening.kind === 'delisting') announceDelisting(world, happening)
  if (happening.kind === 'listing') announceListing(world, happening)
  if (happening.kind === 'maintenance') announceMaintenance(world, happening)
  world.state.agenda.push(happening)
  world.state.agenda.sort((a, b) => a.atMs - b.atMs)
  return undefined
}

/** What no shape can say: the past, symbols that do not exist, prices that cannot be moved. */
function faultOf(world: World, happening: Happening): string | undefined {
  const { kind, atMs } = happening
  const { nowMs } = world.state
  if (atMs < nowMs) return `atMs is past: expected ${nowMs} or later, found ${atMs}`
  if ('untilMs' in happening && happening.untilMs <= atMs)
    return `untilMs: expected later than ${atMs}, found ${happening.untilMs}`
  if ('coin' in happening && !world.universe.coins.includes(happening.coin))
    return `coin invalid: ${happening.coin}`
  if (['premium', 'interval', 'shock', 'cascade'].includes(kind) && !world.market.press)
    return `kind: expected one that recorded history can do, found ${kind}`
  if (!('symbol' in happening)) return undefined
  const market = 'market' in happening ? happening.market : 'linear'
  return world.universe.find(market, happening.symbol) ? undefined : `symbol invalid: ${happening.symbol}`
}

type Doing<Kind extends Happening['kind']> = (world: World, step: Extract<Happening, { kind: Kind }>) => void

const DOINGS: { [Kind in Happening['kind']]: Doing<Kind> } = {
  delisting: (world, { symbol }) => deliver(world, symbol),
  listing: (world, { market, symbol }) => launch(world, market, symbol),
  adl: (world, { symbol, share }) => reduceByAdl(world, symbol, share ?? '1'),
  premium: (world, { symbol, premium, untilMs }) =>
    world.market.press?.(indexOf(world, symbol), premium, untilMs),
  interval: (world, { symbol, hours }) =>
    world.market.settleEvery?.(indexOf(world, symbol), hours * 3_600_000),
  shock: (world, { symbol, change, overMs }) =>
    world.market.shock?.(indexOf(world, symbol), change, overMs ?? 0),
  cascade: (world, step) => beginCascade(world, indexOf(world, step.symbol), step),
  restart: ({ state }) => {
    state.restartedAtMs = state.nowMs
  },
  // By the clock: see maintenance.ts.
  maintenance: () => {},
  lending: ({ state }, { coin, inventory }) => {
    state.lending[coin] = inventory
  },
  recall: (world, { coin }) => recall(world, coin),
  collateral: ({ state }, { coin, restriction }) => {
    state.collateral[coin] = restriction
  },
  'collateral-ratio': ({ state }, { coin, ratio }) => {
    state.ratios[coin] = ratio
  },
  'min-value': ({ state }, { market, symbol, minValue }) => {
    state.minValues[`${market} ${symbol}`] = minValue
  },
  'risk-limit': ({ state }, { symbol, share }) => {
    state.riskShares[symbol] = share
  },
  reject: ({ state }, { market, symbol, count }) => {
    state.rejects[`${market} ${symbol}`] = count
  },
}

/** Known when it was scheduled; a universe does not lose symbols. */
const indexOf = (world: World, symbol: string): number =>
  world.universe.find('linear', symbol)?.listing.index ?? -1

const happen = <Kind extends Happening['kind']>(world: World, step: Extract<Happening, { kind: Kind }>) =>
  DOINGS[step.kind as Kind](world, step)

export const nextAgendaAtMs = (world: World): number =>
  world.state.agenda[0]?.atMs ?? Number.POSITIVE_INFINITY

/** Does what is due. */
export function keepAgenda(world: World): void {
  const { state } = world
  for (const step of state.agenda) if (step.kind === 'adl') warnOfAdl(world, step.symbol, step.atMs)
  closeDelivered(world)
  keepCascades(world)
  while ((state.agenda[0]?.atMs ?? Number.POSITIVE_INFINITY) <= state.nowMs) {
    const step = state.agenda.shift()
    if (step) happen(world, step)
  }
}
