/**
 * Settings of the account, read and set, and paying a debt back: all over REST. What is set is answered as a value, never thrown.
 */
import { Decimal } from 'decimal.js'
import type { Clock } from '../../clock/clock.ts'
import type { Repayment } from '../../domain/risk/risk-facts.ts'
import {
  type AccountSettings,
  type Exchange,
  ExchangeFailure,
  type SettingChange,
  type SettingVerbs,
} from '../exchange.ts'
import { askWire, listAt, readWith } from './pages.ts'
import { accountSettings } from './translate/account.ts'
import { failureOf, isSet, isUnknown, rejectReasonOf, said } from './translate/errors.ts'
import { decimalOr, garbled, rowOf, textAt } from './translate/fields.ts'
import { type Params, type Wire, WireFailure } from './wire/wire.ts'

/** See the port. */
export function settingVerbs(wire: Wire): SettingVerbs {
  const leverage = (symbol: string) =>
    readWith(`leverage of ${symbol}`, async () => {
      const rows = await listAt(wire, '/v5/position/list', { category: 'linear', symbol }, true)
      const own = rows.find(row => row.symbol === symbol)
      if (!own) throw garbled('list', `a row for ${symbol}`, rows)
      return decimalOr(own, 'leverage', '') || null
    })
  return {
    settings: () => readWith('account settings', () => readSettings(wire)),
    leverage,
    collateralSwitches: () =>
      readWith('collateral switches', async () => {
        const rows = await listAt(wire, '/v5/account/collateral-info', {}, true)
        const taken = rows.filter(row => row.marginCollateral === true)
        return Object.fromEntries(taken.map(row => [textAt(row, 'currency'), row.collateralSwitch === true]))
      }),
    async setLeverage(symbol, wanted) {
      const asked = { category: 'linear', symbol, buyLeverage: wanted, sellLeverage: wanted }
      const change = await set(wire, '/v5/position/set-leverage', asked)
      if (change.kind !== 'done') return change
      try {
        const found = await leverage(symbol)
        if (found !== null && new Decimal(found).eq(wanted)) return change
        return { kind: 'refused', reason: 'other', detail: `expected leverage ${wanted}, found ${found}` }
      } catch (error) {
        return { kind: 'unknown', cause: failureOf(error, `leverage of ${symbol}`).message }
      }
    },
    setDeltaNeutral: on => set(wire, '/v5/account/set-delta-mode', { deltaEnable: on ? '1' : '0' }),
    setSpotMargin: on => set(wire, '/v5/spot-margin-trade/switch-mode', { spotMarginMode: on ? '1' : '0' }),
    setBeyondPriceLimit: (market, to) =>
      set(wire, '/v5/account/set-limit-px-action', { category: market, modifyEnable: to === 'move' }),
  }
}

/** Bybit's demo does not show them. */
async function readSettings(wire: Wire): Promise<AccountSettings> {
  try {
    return accountSettings(
      rowOf((await askWire(wire, '/v5/account/user-setting-config', {})).result, 'result'),
    )
  } catch (error) {
    if (error instanceof ExchangeFailure && error.kind === 'refused') return accountSettings({})
    throw error
  }
}

async function set(wire: Wire, path: string, body: Params): Promise<SettingChange> {
  try {
    const reply = await wire.post(path, body)
    if (isSet(reply)) return { kind: 'done' }
    if (isUnknown(reply)) return { kind: 'unknown', cause: said(reply) }
    return { kind: 'refused', reason: rejectReasonOf(reply), detail: said(reply) }
  } catch (error) {
    const cause = failureOf(error, path).message
    if (error instanceof WireFailure && !error.sent)
      return { kind: 'refused', reason: 'not-sent', detail: cause }
    return { kind: 'unknown', cause }
  }
}

const HOUR_MS = 3_600_000
/** Bybit takes no repayment from 04:00 to 05:30 of each hour: it counts the interest then. A little more for the clocks. */
const BLACKOUT_FROM_MS = 4 * 60_000 - 1_000
const BLACKOUT_TO_MS = 5.5 * 60_000 + 1_000

/** Is this instant within, or within a second of, the minutes in which Bybit takes no repayment? */
export const isRepayBarred = (atMs: number): boolean => {
  const intoHourMs = atMs % HOUR_MS
  return intoHourMs >= BLACKOUT_FROM_MS && intoHourMs < BLACKOUT_TO_MS
}

/** Pays back over REST; see the port. */
export function repayVerb(wire: Wire, clock: Pick<Clock, 'nowMs'>): Pick<Exchange, 'repay'> {
  return {
    async repay(coin) {
      if (isRepayBarred(clock.nowMs()))
        return { kind: 'refused', reason: 'blackout', detail: 'not sent: no repayment from 04:00 to 05:30' }
      try {
        const reply = await wire.post('/v5/account/no-convert-repay', { coin })
        if (isUnknown(reply)) return { kind: 'unknown', cause: said(reply) }
        if (reply.retCode !== 0) return refusal(rejectReasonOf(reply), said(reply))
        return repayment((reply.result as { resultStatus?: unknown } | null)?.resultStatus)
      } catch (error) {
        const cause = error instanceof Error ? error.message : 'failed in an unknown way'
        if (error instanceof WireFailure && !error.sent) return refusal('other', `not sent: ${cause}`)
        return { kind: 'unknown', cause }
      }
    },
  }
}

const refusal = (why: string, detail: string): Repayment => ({
  kind: 'refused',
  reason: why === 'insufficient-balance' || why === 'rate-limited' ? why : 'other',
  detail,
})

function repayment(status: unknown): Repayment {
  if (status === 'SU') return { kind: 'repaid' }
  if (status === 'P') return { kind: 'processing' }
  if (status === 'FA') return refusal('other', 'the exchange says that it failed')
  return { kind: 'unknown', cause: `resultStatus ${String(status)}` }
}
