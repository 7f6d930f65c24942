/** Faults of the wire: what happens to one message between a client and the exchange. */
import { objectIn, scalarText } from '../kit/params.ts'
import type { RateLimits } from '../server/rate-limits.ts'
import type { Carriage, Deliver, Parcel } from '../server/sockets/connection.ts'
import { stuckTopics } from './core.ts'
import type { Faults } from './faults.ts'
import { type FaultName, msOf } from './plan.ts'

/** Requests that can move money, over REST and over the trade socket. */
const ORDER = /^(\/v5\/order\/|order\.)(create|amend|cancel)/
const CREATE = /^(\/v5\/order\/|order\.)create/

const PAGE =
  '<html><head><title>502 Bad Gateway</title></head><body><h1>Service unavailable</h1></body></html>'
const BUSY = '{"retCode":10016,"retMsg":"Internal System Error.","result":{},"retExtInfo":{},"time":0}'

type Later = (run: () => void, delayMs: number) => void

/** Puts the faults on a wire. @param later - runs something after so many simulated milliseconds */
export function faultyDeliver(faults: Faults, later: Later, onward: Deliver): Deliver {
  /** Connections that carry nothing, until when. */
  const dead = new Map<string, number>()
  const topics = stuckTopics<string>(faults)
  return (parcel, carriage) => {
    if ((dead.get(parcel.connection) ?? 0) > faults.nowMs()) return
    dead.delete(parcel.connection)
    const strikes = (name: FaultName) => faults.strikes(name, parcel)
    const silence = strikes('half-open')
    if (silence) {
      dead.set(parcel.connection, faults.nowMs() + msOf(silence))
      return
    }
    if (parcel.kind === 'request') {
      for (const topic of topicsOf(parcel)) topics.subscribed(parcel.connection, topic)
      request(parcel, carriage, strikes, onward)
    } else if (parcel.kind === 'push') {
      if (topics.carries(parcel.connection, parcel.channel, parcel.what))
        pushed(parcel, carriage, strikes, onward)
    } else reply(parcel, carriage, { strikes, later, onward })
  }
}

function pushed(parcel: Parcel, carriage: Carriage, strikes: Strikes, onward: Deliver): void {
  if (strikes('drop-socket')) carriage.cut()
  else onward(parcel, carriage)
}

/** What a request subscribes. */
function topicsOf({ what, text }: Parcel): string[] {
  const args = what === 'subscribe' ? objectIn(text)?.args : undefined
  return Array.isArray(args) ? args.map(scalarText) : []
}

type Strikes = (name: FaultName) => ReturnType<Faults['strikes']>

function request(parcel: Parcel, carriage: Carriage, strikes: Strikes, onward: Deliver): void {
  if (parcel.what === 'auth' && strikes('drop-in-auth')) carriage.cut()
  else if (!(ORDER.test(parcel.what) && strikes('lost-request'))) onward(parcel, carriage)
}

type Ways = { strikes: Strikes; later: Later; onward: Deliver }

function reply(parcel: Parcel, carriage: Carriage, { strikes, later, onward }: Ways): void {
  const { text, channel, what } = parcel
  if (ORDER.test(what) && strikes('lost-ack')) return
  const slow = strikes('slow-reply') ?? (CREATE.test(what) ? strikes('fill-before-ack') : undefined)
  const leave = (() => {
    if (channel === 'rest' && strikes('http-500')) return () => carriage.pass(BUSY, 500)
    if (channel === 'rest' && strikes('html-body')) return () => carriage.pass(PAGE, 200)
    if (strikes('truncated-body')) return () => carriage.pass(text.slice(0, text.length / 2))
    return () => onward(parcel, carriage)
  })()
  if (slow) later(leave, msOf(slow))
  else leave()
}

/** Limits that are hit though they were kept, as they are when others use the same address or Bybit is under load. */
export function faultyLimits(faults: Faults, limits: RateLimits): RateLimits {
  let forbiddenUntilMs = 0
  return {
    account(uid, method, path, category, cost) {
      const limit = limits.account(uid, method, path, category, cost)
      const refused = faults.strikes('too-many-visits', { what: path })
      return refused ? { ...limit, granted: 0, left: 0, resetAtMs: faults.nowMs() + 1_000 } : limit
    },
    address(address) {
      const burst = faults.nowMs() < forbiddenUntilMs ? undefined : faults.strikes('forbidden-burst')
      if (burst) forbiddenUntilMs = faults.nowMs() + msOf(burst)
      return limits.address(address) && faults.nowMs() >= forbiddenUntilMs
    },
  }
}
