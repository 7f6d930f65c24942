/**
 * Keeps orders and fills as the exchange reported them, and decisions, for people and for the books' detail. Written behind, in
 * batches: the journal and the wallets' ledger do not rest on these rows, and orders and fills can be read from the exchange again.
 */
import { ownersOfFills } from '../../src/domain/books/row-owner.ts'
import type { DirectionJudgement, EntryJudgement } from '../../src/domain/entry/opportunity.ts'
import type { ExitJudgement } from '../../src/domain/exit/judgement.ts'
import type { JsonObject } from '../../src/domain/json.ts'
import type { Fill, OrderReport } from '../../src/domain/legs/order.ts'
import type { MarketView } from '../../src/domain/market/market-view.ts'
import type { AskedOfExit, Decision } from '../../src/store/books/decision-store.ts'
import type { Telemetry } from '../../src/telemetry/telemetry.ts'

/**
 * Of all judgements, those that changed what is thought of a symbol: another verdict, or another reason for it. One that may move
 * money is kept with what it looked at.
 */
type Decisions = {
  entry(judged: EntryJudgement, market: MarketView): void
  /** A hedge was planned on this judgement: it is kept, whatever was thought before it. */
  planned(judged: EntryJudgement, market: MarketView): void
  exit(judged: ExitJudgement, asked: AskedOfExit): void
  /** A hedge was told to leave by this judgement: it is kept, whatever was thought before it. */
  left(judged: ExitJudgement, asked: AskedOfExit): void
}

/** Passes on a judgement when it differs from the one before it on the same symbol: verdict, reason or direction. */
function createDecisions(keep: (decision: Decision) => void): Decisions {
  const last = new Map<string, { thought: string; atMs: number }>()
  const hear = (decision: Decision, isActedOn: boolean) => {
    const { about, symbol, verdict, because, direction, atMs } = decision
    const thought = [verdict, because, direction].join()
    const key = `${about} ${symbol}`
    const before = last.get(key)
    if (before?.thought === thought && (!isActedOn || before.atMs === atMs)) return
    last.set(key, { thought, atMs })
    keep(decision)
  }
  return {
    entry: (judged, market) => hear(entryDecision(judged, market), false),
    planned: (judged, market) => hear(entryDecision(judged, market), true),
    exit: (judged, asked) => hear(exitDecision(judged, asked), false),
    left: (judged, asked) => hear(exitDecision(judged, asked), true),
  }
}

function entryDecision(judged: EntryJudgement, market: MarketView): Decision {
  const { symbol, judgedAtMs: atMs, verdict, because, found, limit, direction = '', carry, other } = judged
  const asked = { market } satisfies object as unknown as JsonObject
  return {
    ...{ symbol, about: 'entry', verdict, because, direction, found, limit, atMs },
    detail: {
      carry: lean(carry),
      other: other ? leanOther(other) : null,
      ...(verdict === 'tempting' && { asked }),
    },
  }
}

function exitDecision(
  { symbol, judgedAtMs: atMs, verdict, because, found, limit, ...figures }: ExitJudgement,
  { before: { judgementsInARow, stopSinceMs }, ...asked }: AskedOfExit,
): Decision {
  const looked = { ...asked, before: { judgementsInARow, stopSinceMs } }
  return {
    ...{ symbol, about: 'exit', verdict, because, direction: '', found, limit, atMs },
    detail: { ...(figures satisfies object as JsonObject), asked: looked as unknown as JsonObject },
  }
}

/** Without the routes it was chosen from: a plan keeps those. */
function lean(carry: EntryJudgement['carry']): JsonObject | null {
  if (!carry) return null
  const { routes: _, path, ...rest } = carry
  return { ...(rest satisfies object as JsonObject), path: path.map(each => ({ ...each })) }
}

const leanOther = ({ carry, ...rest }: DirectionJudgement): JsonObject => ({
  ...rest,
  netUsdt: carry?.netUsdt ?? null,
  cautiousApr: carry?.cautiousApr ?? null,
})

export type Records = {
  keepFills(fills: readonly Fill[]): Promise<void>
  keepOrders(reports: readonly OrderReport[]): Promise<void>
  /** Where nobody asks why, it is left out. */
  keepDecisions?(decisions: readonly Decision[]): Promise<void>
}
export type Recorder = {
  fill(fill: Fill): void
  order(report: OrderReport): void
  /** Hears every judgement and keeps those that changed what is thought. */
  judged: Decisions
  /** The hedges of executions heard lately, by `execKey`. */
  ownersOfExecs(): ReadonlyMap<string, string>
}

/** Beyond this the oldest are let go: a database that is away must not fill the memory. */
const WAITING_MAX = 10_000
/** Executions whose owner is remembered: their rows come within seconds, and the store knows the older ones. */
const OWNERS_MAX = 10_000

/**
 * Keeps fills, orders and decisions behind the caller's back: a database that is away delays rows, it never holds up an actor.
 */
export function createRecorder(records: Records, telemetry: Telemetry): Recorder {
  const owners = new Map<string, string>()
  const failed = (what: string) => (waiting: number, error: unknown) =>
    telemetry.log.warn('records.late', {
      what,
      waiting,
      error: error instanceof Error ? error.message : String(error),
    })
  const fills = writeBehind((rows: readonly Fill[]) => records.keepFills(rows), failed('fills'))
  const orders = writeBehind((rows: readonly OrderReport[]) => records.keepOrders(rows), failed('orders'))
  const decisions = writeBehind(async (rows: readonly Decision[]) => {
    await records.keepDecisions?.(rows)
  }, failed('decisions'))

  const rememberOwner = (fill: Fill) => {
    for (const [exec, hedgeId] of ownersOfFills([fill])) owners.set(exec, hedgeId)
    const [oldest] = owners.keys()
    if (owners.size > OWNERS_MAX && oldest !== undefined) owners.delete(oldest)
  }

  return {
    ownersOfExecs: () => owners,
    judged: createDecisions(decisions),
    fill(fill) {
      rememberOwner(fill)
      fills(fill)
    },
    order: orders,
  }
}

/** One writing at a time; what could not be written goes with the next that is heard. */
function writeBehind<Row>(
  write: (rows: readonly Row[]) => Promise<void>,
  failed: (waiting: number, error: unknown) => void,
): (row: Row) => void {
  let waiting: Row[] = []
  let writing = false
  const flush = async () => {
    if (writing) return
    writing = true
    while (waiting.length > 0) {
      const batch = waiting
      waiting = []
      try {
        await write(batch)
      } catch (error) {
        waiting = [...batch, ...waiting].slice(-WAITING_MAX)
        failed(waiting.length, error)
        break
      }
    }
    writing = false
  }
  return row => {
    waiting.push(row)
    if (waiting.length > WAITING_MAX) waiting.shift()
    void flush()
  }
}
