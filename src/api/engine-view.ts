/**
 * What the API may ask of a running engine: it reads and commands, and decides nothing.
 * `main.ts` gives the real one; tests give a small one of their own.
 */
import type { Json, JsonObject } from '../domain/json.ts'
import type { Closings, ExitRules, Period, Returns } from './rows/closing.ts'
import type {
  DecisionRow,
  EngineLine,
  MarketHistory,
  ProfitRows,
  QualityRows,
  Settings,
} from './rows/results.ts'
import type { AccountRow, AlertRow, AuditRow, FundingTotal, Holding, Reconciliation } from './rows/rows.ts'

export type ActorSummary = {
  id: string
  kind: string
  /** Dotted state value, e.g. 'entering.work.first'; parallel regions joined by ' | '. */
  state: string
  sinceMs: number
  /** Counts the transitions: the state's version. */
  version: number
  restarts: number
  quarantined: boolean
  parentId: string
}

export type ActorDetail = ActorSummary & {
  context: JsonObject
  legalEvents: LegalEvent[]
  timers: { id: string; dueAtMs: number }[]
}

export type LegalEvent = {
  type: string
  /** May a person send it? The others are facts that only the engine reports. */
  manual: boolean
  /** Where a person's event would lead now; null when a guard says no, absent when that cannot be told. */
  to?: string | null
}

export type TransitionView = {
  seq: number
  atMs: number
  event: JsonObject
  from: string
  to: string
  effects: { type: string; params: Json }[]
}

export type SendOutcome =
  | {
      kind: 'accepted'
      state: string
      version: number
      /** The same key was used before: this is the first answer again. */
      replayed: boolean
      /** What follows from it that the sender may not expect, in words. */
      note?: string
    }
  | { kind: 'not-found' }
  /** `because`: why this very command cannot be, where the state alone does not say so. */
  | { kind: 'illegal'; state: string; version: number; legal: LegalEvent[]; because?: string }
  /** The actor is no longer at the version that the command was made for. */
  | { kind: 'moved'; state: string; version: number; legal: LegalEvent[] }
  | { kind: 'invalid'; detail: string }
  /** The key was used before for another command. */
  | { kind: 'key-reused' }

export type Command = {
  by: string
  idempotencyKey: string
  source: 'api' | 'cli' | 'dashboard' | 'telegram'
  /** Refused when the actor is not at this version at the very moment of sending. */
  expectVersion?: number
}

export type EngineSummary = {
  mode: string
  /** Dotted state of the engine actor: booting, reconciling, trading, reducing, halted, stopping. */
  state: string
  halt: { by: string; because: string; atMs: number } | null
  /** The account as last judged: which limit is reached, by which figure; null before that. */
  risk?: {
    state: 'trading' | 'reducing' | 'halted'
    because: string
    found: string
    limit: string
    setBy: string | null
    atMs: number
  } | null
  /** The last order to flatten; `endedAtMs` is 0 until the exchange was asked, `left` what it still showed. */
  flatten?: { by: string; because: string; askedAtMs: number; endedAtMs: number; left: string[] } | null
  nowMs: number
  /** Engine milliseconds to one of the wall clock, as asked for; and at this moment: less while the machine cannot follow. */
  speed: number
  pace: number
  startedAtMs: number
  exchange: string
  version: string
  hedges: Record<string, number>
  symbols: Record<string, number>
  /** Residual per coin, exchange wallet less ledger: '0' everywhere is the promise. */
  ledgerResiduals: Record<string, string>
  /** The account's, as last read; null before that. */
  equityUsdt: string | null
  health: HealthPart[]
}

export type HealthPart = { name: string; ok: boolean; detail: string }

export type Page<Row> = { rows: Row[]; next: string | null }

export type EngineView = {
  summary(): EngineSummary
  /** Alive: the process can serve. */
  live(): HealthPart[]
  /** Ready: reconciled, feeds and database well. */
  ready(): HealthPart[]
  metrics(): Promise<string>
  actors(): ActorSummary[]
  actor(id: string): ActorDetail | undefined
  transitions(id: string, fromSeq: number, limit: number): Promise<TransitionView[] | undefined>
  /** The chart of a kind, drawn from `machine.root`: nodes and edges. */
  chart(kind: string): JsonObject | undefined
  opportunities(): JsonObject[]
  /** The newest first; 200 when no limit is said. */
  hedges(limit?: number): Promise<JsonObject[]>
  hedge(id: string): Promise<JsonObject | undefined>
  /** Judgements that changed what was thought of a symbol, newest first. */
  decisions(symbol: string, page: { cursor: string | null; limit: number }): Promise<Page<DecisionRow>>
  /** Asks the exchange: funding and basis of the last hours; undefined when the symbol is not tracked. */
  history(symbol: string, hours: number): Promise<MarketHistory> | undefined
  /** What is configured; of secrets only whether they are set. */
  settings(): Settings
  /** The engine's last log lines, oldest first. */
  logs(query: { after: number; level: string; limit: number }): EngineLine[]
  /** How closed hedges were executed. */
  quality(limit: number): Promise<QualityRows>
  /** What closed hedges made by parts, and what open ones stand at. */
  profit(by: 'symbol' | 'day' | 'all'): Promise<ProfitRows>
  /** What was realised by period, on the capital really used. */
  returns(by: Period): Promise<Returns>
  /** What closing would cost now; no rows when no such hedge is open. */
  closing(request: { hedgeId?: string | undefined; share?: number | undefined }): Closings
  /** What would make a hedge close; undefined when none such is open. */
  exitRules(hedgeId: string): ExitRules | undefined
  ledger(page: {
    cursor: string | null
    limit: number
  }): Promise<Page<JsonObject> & { residuals: Record<string, string> }>
  equity(sinceMs: number): Promise<JsonObject[]>
  funding(page: { cursor: string | null; limit: number }): Promise<Page<JsonObject>>
  /** Funding by symbol in steps of `everyMs`, oldest first. */
  fundingTotals(everyMs: number): Promise<FundingTotal[]>
  /** Open hedges valued now; cheap, from memory. */
  holdings(): Holding[]
  /** Asks the exchange. */
  account(): Promise<AccountRow>
  /** Asks the exchange: what our hedges say beside what it shows. */
  reconciliation(): Promise<Reconciliation>
  /** Those that stand first, then the newest. */
  alerts(limit: number): Promise<AlertRow[]>
  /** A person takes an alert; undefined when no such alert stands. */
  acknowledgeAlert(alertId: string, command: Command): Promise<AlertRow | undefined>
  /** Commands, the newest first. */
  audit(page: { cursor: string | null; limit: number }): Promise<Page<AuditRow>>
  /** Sends an event to an actor, as a person's command: audited, exactly once per idempotency key. */
  send(actorId: string, event: JsonObject, command: Command): Promise<SendOutcome>
  halt(command: Command, because: string): Promise<SendOutcome>
  resume(command: Command): Promise<SendOutcome>
  flatten(command: Command): Promise<SendOutcome>
  /** Hears the id of an actor whenever its state moved. */
  onMove(hear: (actorId: string) => void): () => void
}
