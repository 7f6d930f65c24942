/** The supervision tree: which kinds of actors there are, and who watches over whom. */
import type { DeskInput } from '../machines/desk.ts'
import { CHILDREN_MAX, type ChildSpec } from '../machines/supervisor.ts'
import { symbolMachine } from '../machines/symbol.ts'
import type { HedgePair } from '../src/domain/instrument.ts'
import type { JsonObject } from '../src/domain/json.ts'
import type { Rules } from '../src/domain/rules.ts'
import type { TermsStore } from '../src/store/books/operator-store.ts'
import type { Journal } from '../src/store/schema/records.ts'
import { accountFeed } from './account-feed.ts'
import type { Bookkeeper } from './bookkeeper.ts'
import { deskKind } from './desk.ts'
import { engineKind, type Tree } from './engine.ts'
import { hedgeKind } from './hedge.ts'
import { feeRates, fundingHistory, marketFeed } from './market/readings.ts'
import type { EnginePorts } from './ports.ts'
import type { RiskAudit } from './risk/audit.ts'
import { riskMarkets } from './risk/markets.ts'
import type { RiskWatch } from './risk/watch.ts'
import type { DurableKind, Kind } from './runtime/running.ts'
import { scheduler } from './scheduler.ts'
import { supervisorKind } from './supervisor.ts'
import { lateFills } from './trading/late-fills.ts'
import { type Judgements, scanner } from './trading/scanner.ts'
import { type WatchdogEnds, watchdog } from './watchdog.ts'

// A symbol only speaks to others: every effect of its chart is a message.

/** The symbol's chart; it has no effects of its own. */
export const symbolKind = (): DurableKind => ({
  machine: symbolMachine,
  effects: {},
})

/** Loops without a journal, in start order. */
const SERVICES = [
  'market-feed',
  'account-feed',
  'late-fills',
  'bookkeeper',
  'scheduler',
  'fee-rates',
  'funding-history',
  'risk-markets',
  'risk-watch',
  'risk-audit',
  'scanner',
  'watchdog',
] as const

type TreePorts = {
  ports: EnginePorts
  journal: Journal
  bookkeeper: Bookkeeper
  riskWatch: RiskWatch
  riskAudit: RiskAudit
  terms: TermsStore
  judgements: Judgements
  tree: () => Tree
  fatal: WatchdogEnds['fatal']
}

/** Every kind of actor, by its name in the journal. */
export const kindsOf = ({
  ports,
  journal,
  bookkeeper,
  riskWatch,
  riskAudit,
  terms,
  judgements,
  tree,
  fatal,
}: TreePorts): Record<string, Kind> => ({
  engine: engineKind(ports, tree, journal),
  supervisor: supervisorKind(ports),
  desk: deskKind(ports),
  symbol: symbolKind(),
  hedge: hedgeKind(ports),
  'market-feed': marketFeed(ports),
  'account-feed': accountFeed(ports),
  'late-fills': lateFills(ports),
  bookkeeper: bookkeeper.kind,
  scheduler: scheduler(ports),
  'fee-rates': feeRates(ports),
  'funding-history': fundingHistory(ports),
  'risk-markets': riskMarkets(ports, terms),
  'risk-watch': riskWatch.kind,
  'risk-audit': riskAudit.kind,
  scanner: scanner(ports, judgements),
  watchdog: watchdog(ports, { journal, fatal }),
})

/** root ─ services, desk, hedges-…, symbols-…: no supervisor has more children than it can carry. */
export function treeOf(pairs: readonly HedgePair[], rules: Rules, salt: string): Tree {
  const symbolGroups = groups(pairs)
  const symbolSupervisors = symbolGroups.map((_, at) => `symbols-${at + 1}`)
  const hedgeSupervisors = Array.from(
    { length: Math.max(1, Math.ceil(rules.limits.hedgesMax / CHILDREN_MAX)) },
    (_, at) => `hedges-${at + 1}`,
  )
  const deskInput: DeskInput = { salt, execution: rules.execution, limits: rules.limits, hedgeSupervisors }
  const supervisor = (name: string): ChildSpec => ({ id: name, kind: 'supervisor', input: { name } })
  return {
    supervisors: [
      ...hedgeSupervisors.map(supervisor),
      { id: 'desk', kind: 'desk', input: deskInput as unknown as JsonObject },
      ...symbolSupervisors.map(supervisor),
      supervisor('services'),
    ],
    children: {
      ...Object.fromEntries(
        symbolGroups.map((group, at) => [
          symbolSupervisors[at] ?? '',
          group.map(pair => symbolSpec(pair, rules.strategy.coolDownMs)),
        ]),
      ),
      services: SERVICES.map(kind => ({ id: kind, kind, input: {} })),
    },
  }
}

const symbolSpec = ({ symbol, baseCoin }: HedgePair, coolDownMs: number): ChildSpec => ({
  id: `symbol:${symbol}`,
  kind: 'symbol',
  input: { symbol, baseCoin, deskActor: 'desk', coolDownMs },
})

function groups(pairs: readonly HedgePair[]): HedgePair[][] {
  const count = Math.max(1, Math.ceil(pairs.length / CHILDREN_MAX))
  return Array.from({ length: count }, (_, at) => pairs.slice(at * CHILDREN_MAX, (at + 1) * CHILDREN_MAX))
}
