/** The ports that actors act through. `main.ts` fills them; tests fill them with small ones of their own. */

import type { Alerts } from '../src/alerts/alerts.ts'
import type { Clock } from '../src/clock/clock.ts'
import type { DustLot } from '../src/domain/entry/plan.ts'
import type { AccountExposure } from '../src/domain/risk/exposure.ts'
import type { RiskState } from '../src/domain/risk/risk-state.ts'
import type { AccountFacts, Solvency } from '../src/domain/risk/solvency.ts'
import type { Rules } from '../src/domain/rules.ts'
import type { Usdt } from '../src/domain/units.ts'
import type { Exchange } from '../src/exchange/exchange.ts'
import type { Telemetry } from '../src/telemetry/telemetry.ts'
import type { Recorder } from './account/recorder.ts'
import type { MarketBoard } from './market/board.ts'
import type { Runtime } from './runtime/runtime.ts'

/** The account as last read. */
export type Funds = {
  availableUsdt: Usdt
  /** Fractions: 1 is liquidation; null where the exchange gives none. */
  maintenanceMarginRate: string | null
  initialMarginRate: string | null
  equityUsdt: Usdt
  readAtMs: number
}

/** The account as last judged: what limits on new risk, exits and people go by. */
export type AccountRisk = {
  account: AccountExposure
  judged: RiskState
  solvency: Solvency
  /** What the verdict was made of. */
  facts: AccountFacts
  /** Perpetuals whose position the exchange lets only shrink. */
  reduceOnly: ReadonlySet<string>
  judgedAtMs: number
  /** Fees that living hedges had paid at that moment. */
  livingFeesUsdt: Usdt
}

/** All that actors act through, filled once by the composition. What one of them needs it names: `Ports<'exchange' | 'clock'>`. */
export type EnginePorts = {
  clock: Clock
  /** Stretches the loops that look again and again. 1, but for replay: hourly data needs no look each second. */
  pace: number
  /** Engine milliseconds to one of the wall: requests that only must be gentle are spaced by the wall's time. */
  speed: number
  exchange: Exchange
  board: MarketBoard
  rules: Rules
  telemetry: Telemetry
  alerts: Alerts
  /** Known only once the runtime is made, and the runtime is made with the actors: hence a call. */
  runtime: () => Runtime
  /** Why no new risk may be taken at this moment, in this symbol or at all; null when it may (promise 9). */
  newRiskRefused: (symbol?: string) => string | null
  /** Undefined until the account was judged once. */
  risk: () => AccountRisk | undefined
  /** Reads the exchange and judges the account now. @throws what the reads throw */
  judgeRisk: () => Promise<AccountRisk>
  /** Throws when this process no longer owns the account: nothing may leave it (promise 8). */
  assertOwner: () => void
  recorder: Recorder
  funds: () => Funds | undefined
  /** Coins that hedges before left over, for a new one of the coin to begin with. */
  dust: (baseCoin: string) => Promise<DustLot[]>
  /** Something happened that moves money: book it soon. */
  bookSoon: () => void
  /** Books all there is and gives the residual per coin. */
  bookNow: () => Promise<Record<string, string>>
  /** Reconciled and trading, or halted by a person: ready to be looked at. */
  announceReady: () => void
}

/** The part of the engine's ports that a function says it needs. */
export type Ports<Name extends keyof EnginePorts> = Pick<EnginePorts, Name>
