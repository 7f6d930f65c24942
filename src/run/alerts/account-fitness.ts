/** Is the account fit to be traded? Looked at before the engine starts, and again while it runs; one list of checks for both. */
import type { Alerts } from '../../alerts/alerts.ts'
import type { Clock } from '../../clock/clock.ts'
import type { Config } from '../../config/config.ts'
import type { HedgePair } from '../../domain/instrument.ts'
import {
  type AccountFinding,
  type AccountNeeds,
  examineAccount,
} from '../../exchange/bybit/account-checks.ts'
import type { Exchange } from '../../exchange/exchange.ts'

/** What this configuration needs of its account. @param pairs - those tracked; none before they are known */
export const needsOf = (
  { account, rules }: Pick<Config, 'account' | 'rules'>,
  pairs: readonly HedgePair[],
): AccountNeeds => ({
  pairs: pairs.map(({ symbol, spot }) => ({ symbol, coin: spot.baseCoin })),
  borrows: rules.strategy.directions.includes('reverse-carry'),
  leverage: account.leverage,
  expiryAlertMs: account.keyExpiryAlertMs,
})

/** May the engine set the account as it needs it? One that it made itself it may. */
export const managesAccount = ({ mode, exchangeUrl, account }: Managed): boolean =>
  account.manage || (mode === 'sim' && exchangeUrl === undefined)

type Managed = Pick<Config, 'mode' | 'exchangeUrl' | 'account'>
type FitnessPorts = {
  config: Pick<Config, 'rules'> & Managed
  exchange: Exchange
  /** Engine time. */
  clock: Clock
  wall: Clock
  pairs: () => readonly HedgePair[]
  alerts: Pick<Alerts, 'raise' | 'clear'>
  /** No new risk until a person has looked. */
  halt(because: string): void
}

/** A key that ends, or a mode that somebody switches, is found within this; of the wall. */
const EVERY_MS = 3_600_000
/** While the exchange is away. */
const AGAIN_MS = 60_000

/** Looks now and then. Alerts name each check that fails; what refuses to be traded halts the engine once. Gives how to stop. */
export function watchFitness(ports: FitnessPorts): () => void {
  const { config, exchange, clock, wall, pairs } = ports
  const refused = new Set<string>()
  let stopped = false
  const look = async () => {
    const at = { atMs: clock.nowMs(), manage: managesAccount(config) }
    const findings = await examineAccount(exchange, needsOf(config, pairs()), at)
    if (stopped) return
    for (const finding of findings) report(ports, finding, refused)
    const isAway = findings.some(({ grade }) => grade === 'away')
    timer = wall.setTimeout(() => void look(), isAway ? AGAIN_MS : EVERY_MS)
  }
  let timer = wall.setTimeout(() => void look(), 0)
  return () => {
    stopped = true
    wall.clearTimeout(timer)
  }
}

function report({ alerts, halt }: FitnessPorts, finding: AccountFinding, refused: Set<string>): void {
  const { name, grade, says } = finding
  // A refused key has an alert of its own, and ends without a person.
  if (grade === 'away' || name === 'key') return
  if (grade === 'ok' || grade === 'advice') {
    refused.delete(name)
    alerts.clear('account.unfit', name)
    return
  }
  alerts.raise(grade === 'refuse' ? 'page' : 'ticket', 'account.unfit', { subject: name, because: says })
  if (grade !== 'refuse' || refused.has(name)) return
  refused.add(name)
  halt(says)
}
