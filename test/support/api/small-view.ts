/** A small engine for the API's tests: two actors, a chart of two events, and exactly-once by key. */

import type {
  ActorDetail,
  Command,
  EngineSummary,
  EngineView,
  HealthPart,
  LegalEvent,
  SendOutcome,
} from '../../../src/api/engine-view.ts'
import type { AlertRow, Holding } from '../../../src/api/rows/rows.ts'
import type { JsonObject } from '../../../src/domain/json.ts'

const LEGAL: Record<string, LegalEvent[]> = {
  hedged: [
    { type: 'hedge.unwind', manual: true },
    { type: 'order.filled', manual: false },
  ],
  unwinding: [{ type: 'order.filled', manual: false }],
}

export type SmallView = EngineView & {
  /** Moves an actor by itself, as the engine does. */
  move(id: string, state: string): void
  remove(id: string): void
  readiness: HealthPart[]
  held: Holding[]
  standing: AlertRow[]
  commands: { what: string; command: Command; event?: JsonObject }[]
  listeners(): number
}

const newActor = (id: string, kind: string, state: string): ActorDetail => ({
  id,
  kind,
  state,
  sinceMs: 1_700_000_000_000,
  version: 3,
  restarts: 0,
  quarantined: false,
  parentId: 'supervisor',
  context: { symbol: 'BTCUSDT' },
  legalEvents: LEGAL[state] ?? [],
  timers: [{ id: 'judge', dueAtMs: 1_700_000_005_000 }],
})

const NO_QUALITY = {
  ...{ hedges: 0, legGapMsMax: 0, unhedgedNotionalSeconds: 0, slippageBps: null, makerRatio: null },
  ...{ orphanRate: null, roundTripBps: null, allTakerBps: null },
  ...{ expectedCostUsdt: '0', costUsdt: '0', tradedUsdt: '0' },
}

/** Answers that never change. */
const READS = {
  live: () => [{ name: 'process', ok: true, detail: '' }],
  metrics: () => Promise.resolve('hedgerow_actors 2\n'),
  chart: kind => (kind === 'hedge' ? { nodes: [], edges: [] } : undefined),
  opportunities: () => [{ symbol: 'BTCUSDT', netApr: 0.2 }],
  hedges: () => Promise.resolve([{ id: 'AAAAAAAAAA' }]),
  hedge: id => Promise.resolve(id === 'AAAAAAAAAA' ? { id, state: 'closed' } : undefined),
  ledger: ({ cursor, limit }) =>
    Promise.resolve({ rows: [{ cursor, limit }], next: null, residuals: { USDT: '0' } }),
  equity: sinceMs => Promise.resolve([{ sinceMs }]),
  funding: () => Promise.resolve({ rows: [], next: null }),
  decisions: symbol =>
    Promise.resolve({
      rows: [
        {
          ...{
            symbol,
            about: 'entry' as const,
            verdict: 'quiet',
            because: 'carry-below-entry',
            direction: '',
          },
          ...{ found: '0.01', limit: '0.05', detail: {}, atMs: 1_700_000_000_000 },
        },
      ],
      next: null,
    }),
  quality: () => Promise.resolve({ totals: NO_QUALITY, hedges: [] }),
  profit: () =>
    Promise.resolve({ rows: [], open: { hedges: 0, fundingUsdt: '0', feesUsdt: '0', netUsdt: '0' } }),
  returns: by => Promise.resolve({ by, rows: [] }),
  closing: () => ({
    hedges: [],
    total: {
      ...{ hedges: 0, heldUsdt: '0', feesUsdt: '0', slippageUsdt: '0', markGapUsdt: '0' },
      ...{ netNowUsdt: '0', netAfterUsdt: '0' },
    },
  }),
  exitRules: () => undefined,
  history: () => undefined,
  logs: () => [
    {
      seq: 7,
      at: '2026-01-05T03:00:00.000Z',
      level: 'warn',
      message: 'lease.doubted',
      fields: { account: 'sim-1' },
    },
  ],
  settings: () => ({ file: null, mode: 'sim', readAtMs: 0, settings: [] }),
  fundingTotals: () => Promise.resolve([]),
  reconciliation: () =>
    Promise.resolve({
      ...{ readAtMs: 1_700_000_000_000, inFlight: [], lines: [] },
      ...{ deltaUsdt: '0', unclaimedUsdt: '0' },
    }),
} satisfies Partial<EngineView>

export function smallView(): SmallView {
  const actors = new Map(
    [newActor('engine', 'engine', 'trading'), newActor('hedge/AAAAAAAAAA', 'hedge', 'hedged')].map(a => [
      a.id,
      a,
    ]),
  )
  const listeners = new Set<(id: string) => void>()
  const answers = new Map<string, { what: string; outcome: SendOutcome }>()
  const commands: SmallView['commands'] = []
  let halt: EngineSummary['halt'] = null

  const move = (id: string, state: string) => {
    const actor = actors.get(id) ?? newActor(id, 'hedge', state)
    actors.set(id, { ...actor, state, version: actor.version + 1, legalEvents: LEGAL[state] ?? [] })
    for (const hear of listeners) hear(id)
  }
  const once = (what: string, command: Command, run: () => SendOutcome): Promise<SendOutcome> => {
    const before = answers.get(command.idempotencyKey)
    if (before && before.what !== what) return Promise.resolve({ kind: 'key-reused' })
    if (before?.outcome.kind === 'accepted') return Promise.resolve({ ...before.outcome, replayed: true })
    const outcome = run()
    answers.set(command.idempotencyKey, { what, outcome })
    return Promise.resolve(outcome)
  }
  const engineCommand = (what: string, command: Command, run: () => void) => {
    commands.push({ what, command })
    return once(what, command, () => {
      run()
      return { kind: 'accepted', state: actors.get('engine')?.state ?? '', version: 1, replayed: false }
    })
  }

  const view: SmallView = {
    readiness: [{ name: 'database', ok: true, detail: 'reachable' }],
    held: [],
    standing: [],
    commands,
    move,
    remove(id) {
      actors.delete(id)
      for (const hear of listeners) hear(id)
    },
    listeners: () => listeners.size,
    summary: () => ({
      mode: 'sim',
      state: actors.get('engine')?.state ?? '',
      halt,
      nowMs: 1_700_000_000_000,
      speed: 60,
      pace: 60,
      startedAtMs: 1_699_999_000_000,
      exchange: 'simulator',
      version: '0.1.0',
      hedges: { hedged: 1 },
      symbols: { hedged: 1 },
      ledgerResiduals: { USDT: '0' },
      equityUsdt: '100000',
      health: view.readiness,
    }),
    ready: () => view.readiness,
    actors: () => [...actors.values()],
    actor: id => actors.get(id),
    transitions: (id, fromSeq, limit) =>
      Promise.resolve(
        actors.has(id)
          ? Array.from({ length: Math.max(0, Math.min(limit, 3 - fromSeq)) }, (_, index) => ({
              seq: fromSeq + index,
              atMs: 1_700_000_000_000 + index,
              event: { type: 'order.filled' },
              from: 'entering',
              to: 'hedged',
              effects: [],
            }))
          : undefined,
      ),
    ...READS,
    holdings: () => view.held,
    account: () => Promise.reject(new Error('the small engine has no account')),
    alerts: () => Promise.resolve(view.standing),
    acknowledgeAlert(alertId, { by }) {
      const found = view.standing.find(alert => alert.alertId === alertId)
      return Promise.resolve(found && { ...found, acknowledgedBy: by, acknowledgedAtMs: 1 })
    },
    audit: () => Promise.resolve({ rows: [], next: null }),
    send(actorId, event, command) {
      const actor = actors.get(actorId)
      if (!actor) return Promise.resolve({ kind: 'not-found' })
      const { version, state, legalEvents: legal } = actor
      if ((command.expectVersion ?? version) !== version)
        return Promise.resolve({ kind: 'moved', state, version, legal })
      commands.push({ what: actorId, command, event })
      return once(`${actorId} ${JSON.stringify(event)}`, command, () => {
        const legal = actor.legalEvents.some(({ type, manual }) => manual && type === event.type)
        if (!legal)
          return { kind: 'illegal', state: actor.state, version: actor.version, legal: actor.legalEvents }
        if (event.because === 42) return { kind: 'invalid', detail: 'because: expected text, found 42' }
        move(actorId, 'unwinding')
        return { kind: 'accepted', state: 'unwinding', version: actor.version + 1, replayed: false }
      })
    },
    halt: (command, because) =>
      engineCommand('halt', command, () => {
        halt = { by: command.by, because, atMs: 1_700_000_000_000 }
        move('engine', 'halted')
      }),
    resume: command =>
      engineCommand('resume', command, () => {
        halt = null
        move('engine', 'trading')
      }),
    flatten: command => engineCommand('flatten', command, () => move('engine', 'halted')),
    onMove(hear) {
      listeners.add(hear)
      return () => listeners.delete(hear)
    },
  }
  return view
}
