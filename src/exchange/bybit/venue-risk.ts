/** The port's reads of danger over a wire, and paying a debt back. */
import type { Clock } from '../../clock/clock.ts'
import type { CollateralTerms, Repayment } from '../../domain/risk/risk-facts.ts'
import type { Exchange, RiskReads } from '../exchange.ts'
import { adlAlert } from './streams/adl-alerts.ts'
import { isUnknown, rejectReasonOf, said } from './translate/errors.ts'
import { garbled, type Row, rowOf, rowsAt, textAt } from './translate/fields.ts'
import { borrowTerms, collateralTiers, isCollateral, riskBand, systemNotice } from './translate/risk.ts'
import { spreadInstrument } from './translate/spreads.ts'
import { ask, each, pages, type Report, reading } from './venue-reads.ts'
import { type Params, type Wire, WireFailure } from './wire/wire.ts'

const HOUR_MS = 3_600_000
/** Bybit takes no repayment from 04:00 to 05:30 of each hour: it counts the interest then. A little more for the clocks. */
const BLACKOUT_FROM_MS = 4 * 60_000 - 1_000
const BLACKOUT_TO_MS = 5.5 * 60_000 + 1_000

/** Is this instant within, or within a second of, the minutes in which Bybit takes no repayment? */
export const isRepayBarred = (atMs: number): boolean => {
  const intoHourMs = atMs % HOUR_MS
  return intoHourMs >= BLACKOUT_FROM_MS && intoHourMs < BLACKOUT_TO_MS
}

const listAt = async (wire: Wire, path: string, params: Params, signed: boolean): Promise<Row[]> =>
  rowsAt(rowOf((await ask(wire, path, params, signed)).result, 'result'), 'list')

export function venueRisk(wire: Wire, report: Report): RiskReads {
  return {
    spreadInstruments: () =>
      reading('spread instruments', async () => {
        if (wire.spreads === false) return []
        const rows = await pages(wire, '/v5/spread/instrument', { limit: 500 }, false)
        return each(rows, row => spreadInstrument(row), report).flatMap(one => one ?? [])
      }),
    collateralTiers: () => reading('collateral', () => readCollateral(wire, report)),
    riskTiers: symbol =>
      reading(`risk tiers of ${symbol}`, async () => {
        const rows = await listAt(wire, '/v5/market/risk-limit', { category: 'linear', symbol }, false)
        const own = rows.filter(row => row.symbol === symbol).map(riskBand)
        if (own.length === 0) throw garbled('list', `tiers of ${symbol}`, rows)
        return own.sort((a, b) => Number(a.upToUsdt) - Number(b.upToUsdt))
      }),
    borrowTerms: coin => reading(`borrow terms of ${coin}`, () => readTerms(wire, coin)),
    systemNotices: () =>
      reading('system status', async () => {
        const rows = await listAt(wire, '/v5/system/status', {}, false)
        return each(rows, systemNotice, report, 'unread-notice')
      }),
    adlAlerts: () =>
      reading('deleveraging alerts', async () => {
        const rows = await listAt(wire, '/v5/market/adlAlert', {}, false)
        const own = rows.filter(row => row.coin === 'USDT')
        return each(own, adlAlert, report, 'unread-alert')
      }),
    spotMarginReady: () =>
      reading('spot margin state', async () => {
        const { result } = await ask(wire, '/v5/spot-margin-trade/state', {})
        return textAt(rowOf(result, 'result'), 'spotMarginMode') === '1'
      }),
  }
}

/** Ratios are public; whether a coin counts is the account's; how near the platform's limit is, only the wallet says. */
async function readCollateral(wire: Wire, report: Report): Promise<Record<string, CollateralTerms>> {
  const [ratios, info, accounts] = await Promise.all([
    listAt(wire, '/v5/spot-margin-trade/collateral', {}, false),
    listAt(wire, '/v5/account/collateral-info', {}, true),
    listAt(wire, '/v5/account/wallet-balance', { accountType: 'UNIFIED' }, true),
  ])
  const counting = new Set(info.filter(isCollateral).map(row => textAt(row, 'currency')))
  const held = accounts.flatMap(account => rowsAt(account, 'coin'))
  const restricted = new Set(held.filter(({ colRes }) => colRes === '2').map(row => textAt(row, 'coin')))
  const entryOf = (row: Row): [string, CollateralTerms] => {
    const coin = textAt(row, 'currency')
    const terms = { enabled: counting.has(coin), restricted: restricted.has(coin) }
    return [coin, { ...terms, tiers: collateralTiers(row) }]
  }
  return Object.fromEntries(each(ratios, entryOf, report, 'unread-collateral'))
}

async function readTerms(wire: Wire, coin: string) {
  const rows = await listAt(wire, '/v5/account/collateral-info', { currency: coin }, true)
  const own = rows.find(row => row.currency === coin)
  if (!own) throw garbled('list', `a row for ${coin}`, rows)
  // Newer than the rest of the interface: where it is refused, the account's own limit is all that is known.
  const lent = await wire.get('/v5/spot-margin-trade/flexible-available-inventory', { currency: coin }, true)
  const inventory = lent.retCode === 0 ? rowOf(lent.result, 'result').availableInventory : undefined
  if (inventory !== undefined && typeof inventory !== 'string')
    throw garbled('availableInventory', 'a decimal string', inventory)
  return borrowTerms(own, inventory || undefined)
}

/** Pays back over REST; see the port. */
export function venueRepay(wire: Wire, clock: Pick<Clock, 'nowMs'>): Pick<Exchange, 'repay'> {
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
