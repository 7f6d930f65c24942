/**
 * What must be true of the account before the engine may start: each fault as one sentence that names what to change.
 */
import type { Clock } from '../../clock/clock.ts'
import { type Exchange, ExchangeFailure } from '../exchange.ts'

/** Bybit refuses a request whose timestamp is a second ahead of its own clock, whatever the receive window. */
const CLOCK_OFF_MAX_MS = 1_000

const KEY_FAULTS = new Map<number, string>([
  [
    10003,
    'BYBIT_API_KEY is not known there: live, testnet and demo have keys of their own. Set a key of this environment, or change HEDGEROW_MODE to the one the key belongs to.',
  ],
  [
    10004,
    'BYBIT_API_SECRET does not belong to BYBIT_API_KEY: the signature is refused. Set the pair as Bybit showed it.',
  ],
  [
    10005,
    'The API key lacks a permission: allow it to read the account and to trade spot and derivatives (Unified Trading).',
  ],
  [10010, 'The API key is bound to other IP addresses: add the address of this machine to it.'],
  [33004, 'The API key has expired: create a new one and set BYBIT_API_KEY and BYBIT_API_SECRET.'],
])

const BLOCKED =
  'Bybit blocks this address (HTTP 403): it asked too often, or its region is not served. Wait ten minutes, or run from elsewhere.'

const told = (error: unknown): string =>
  error instanceof Error ? error.message : 'it failed in an unknown way'

async function checkClock(exchange: Exchange, clock: Clock, speed: number): Promise<string[]> {
  const beforeMs = clock.nowMs()
  const serverMs = await exchange.serverTimeMs()
  const afterMs = clock.nowMs()
  const halfTripMs = (afterMs - beforeMs) / 2
  const offMs = Math.round(beforeMs + halfTripMs - serverMs)
  const offMaxMs = CLOCK_OFF_MAX_MS * Math.max(1, speed)
  if (Math.abs(offMs) <= offMaxMs + halfTripMs) return []
  const way = offMs > 0 ? 'ahead of' : 'behind'
  return [
    `The clock is ${Math.abs(offMs)} ms ${way} the exchange's: expected at most ${offMaxMs} ms. Synchronise this machine's time (NTP).`,
  ]
}

async function checkFacts(exchange: Exchange): Promise<string[]> {
  const { accountType, positionMode } = await exchange.account()
  const faults: string[] = []
  const permission = KEY_FAULTS.get(10005) ?? ''
  if (accountType === 'unknown') faults.push(permission)
  if (accountType === 'classic')
    faults.push(
      'The account is not a Unified Trading Account: upgrade it on Bybit, or use a sub-account that is one.',
    )
  if (positionMode === 'hedge')
    faults.push(
      'The account is in hedge mode: switch USDT perpetuals to one-way mode on Bybit (derivatives, preferences, position mode).',
    )
  return faults
}

function sentenceOf(error: unknown): string {
  const code = error instanceof ExchangeFailure ? error.refusal?.code : undefined
  const known = code === undefined ? undefined : KEY_FAULTS.get(code)
  if (known) return known
  return told(error).includes('HTTP 403') ? BLOCKED : `The exchange did not answer: ${told(error)}`
}

/**
 * Every fault found, in the order they should be mended; an empty list is a good account. Never throws.
 * @param speed - of a simulator: its windows are that much wider, as a wire's delay is in its time
 */
export async function checkAccount(exchange: Exchange, clock: Clock, speed = 1): Promise<string[]> {
  const faults: string[] = []
  for (const check of [checkClock, checkFacts]) {
    try {
      faults.push(...(await check(exchange, clock, speed)))
    } catch (error) {
      const sentence = sentenceOf(error)
      if (!faults.includes(sentence)) faults.push(sentence)
    }
  }
  return faults
}
