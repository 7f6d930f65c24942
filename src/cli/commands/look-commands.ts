/** Commands that only look. Each goes through the API; `watch` is the live stream. */
import { type Command, InvalidArgumentError, Option } from 'commander'
import type { Period } from '../../api/rows/closing.ts'
import { asking } from '../kit/asking.ts'

const PAGE_MAX = 1000
/** As GET /api/returns knows them: its schema is not loaded for a help text. */
const BY = ['day', 'week', 'month', 'all'] as const satisfies readonly Period[]

/** Adds the commands that only look. */
export function lookCommands(program: Command): void {
  watched(
    asking(program, {
      usage: 'status',
      description: 'what the engine is doing, with its open hedges',
      examples: ['hedgerow status', 'hedgerow status --watch'],
      json:
        'the engine as GET /api/engine gives it: {mode, state, halt, nowMs, speed, startedAtMs, exchange, version,\n' +
        'hedges, symbols, ledgerResiduals, health[]}; with --watch one such object a line, at each change.',
    }),
  ).action(async shown => (await import('./look/status.ts')).printStatus(shown))
  watched(
    asking(program, {
      usage: 'actors',
      description: 'every actor, with its state',
      examples: ['hedgerow actors --kind hedge', 'hedgerow actors --trouble', 'hedgerow actors --watch'],
      json:
        'an array of {id, kind, state, since, sinceMs, version, restarts, quarantined, parentId}; with --watch one\n' +
        'such object a line for each that moves, and {id, removed: true} for each that ended.',
    }),
  )
    .option('--kind <kind>', 'only this kind: hedge, symbol, …')
    .option('--state <state>', 'only states that begin so')
    .option('--trouble', 'only those that are quarantined, failed, troubled, or were restarted')
    .action(async shown => (await import('./look/actors.ts')).showActors(shown))
  asking(program, {
    usage: 'transitions',
    description: 'the journal of one actor, oldest first',
    examples: ['hedgerow transitions symbol:WIFUSDT', 'hedgerow transitions engine --last 5'],
    json: '{rows: [{seq, at, atMs, event, from, to, effects[]}]}.',
  })
    .argument('<actor>', 'the id of an actor, also of one that has ended')
    .option('--last <count>', 'only the last ones', count)
    .action(async (actor, shown) => (await import('./look/actors.ts')).showTransitions(actor, shown))
  marketCommands(program)
  hedgeCommands(program)
  accountCommands(program)
  bookCommands(program)
  alertCommands(program)
}

function marketCommands(program: Command): void {
  asking(program, {
    usage: 'opportunities',
    description: 'every tracked symbol with its carry, the best first',
    examples: ['hedgerow opportunities', 'hedgerow opportunities --json | jq ".[0]"'],
    json: 'an array of {symbol, verdict, because, found, limit, carry, judgedAtMs}, as GET /api/opportunities gives it.',
  }).action(async shown => (await import('./look/hedges.ts')).showOpportunities(shown))
  asking(program, {
    usage: 'explain',
    description: 'why a symbol is hedged or not: the decision with its numbers',
    examples: ['hedgerow explain WIFUSDT', 'hedgerow explain wif', 'hedgerow explain wif --close'],
    json:
      '{symbol, actor, judgement, exit, hedge, engine: {state, halt}}; what is not there is null. With --close\n' +
      '{closing, exit}, as GET /api/closing and /api/hedges/{id}/exit give them.',
  })
    .argument('<symbol>', 'a tracked symbol, or its coin')
    .option('--close', 'of its open hedge: what closing it costs now, and what would make it close')
    .action(async (symbol, { close, ...shown }) =>
      close
        ? (await import('./look/money.ts')).explainClose(symbol, shown)
        : (await import('./look/explain.ts')).explain(symbol, shown),
    )
}

function hedgeCommands(program: Command): void {
  asking(program, {
    usage: 'hedges',
    description: 'hedges, the newest first',
    examples: ['hedgerow hedges', 'hedgerow hedges --open'],
    json: 'an array of hedges as GET /api/hedges gives them: {id, symbol, state, plannedUsdt, heldUsdt, spot, perp, fundingUsdt, …}.',
  })
    .option('--open', 'only those not closed')
    .action(async shown => (await import('./look/hedges.ts')).showHedges(shown))
  asking(program, {
    usage: 'hedge',
    description: 'one hedge: what it is, what it made, its whole story, and what it may do now',
    examples: ['hedgerow hedge 9357000001', 'hedgerow hedge WIFUSDT   # the newest one of that symbol'],
    json: '{hedge, orders[], transitions[], legal[]}: the hedge as GET /api/hedges/{id} gives it.',
  })
    .argument('<hedge>', 'the id of a hedge, or a symbol')
    .action(async (hedge, shown) => (await import('../text/hedge-story.ts')).showHedge(hedge, shown))
}

function accountCommands(program: Command): void {
  asking(program, {
    usage: 'account',
    description: 'balances, margin and clock, as the exchange tells',
    examples: ['hedgerow account'],
    json: '{equityUsdt, availableUsdt, initialMarginRate, maintenanceMarginRate, coins[], clockSkewMs, …}.',
  }).action(async shown => (await import('./look/account.ts')).showAccount(shown))
  asking(program, {
    usage: 'reconciliation',
    description: 'what our hedges say beside what the exchange shows; ends with 1 when they differ',
    examples: ['hedgerow reconciliation'],
    json: '{readAtMs, inFlight[], lines: [{what, subject, engine, exchange, difference, unit, verdict, hedgeIds}]}.',
  }).action(async shown => (await import('./look/account.ts')).showReconciliation(shown))
}

function bookCommands(program: Command): void {
  asking(program, {
    usage: 'profit',
    description: 'what was earned, by period: the account, then each symbol',
    examples: ['hedgerow profit', 'hedgerow profit --by day'],
    json: '{by, rows: [{fromMs, untilMs, symbol, hedges, fundingUsdt, feesUsdt, netUsdt, capitalUsdt, usedMs, apr, …}]}.',
  })
    .addOption(new Option('--by <period>', 'UTC; weeks begin on Monday').choices(BY).default('all'))
    .action(async shown => (await import('./look/money.ts')).showProfit(shown))
  paged(
    asking(program, {
      usage: 'funding',
      description: 'funding received and paid, the newest first',
      examples: ['hedgerow funding', 'hedgerow funding --all --json'],
      json: '{rows: [{symbol, hedgeId, coin, amount, qty, markPrice, settledAtMs, …}], next}.',
    }),
  ).action(async shown => (await import('./look/ledger.ts')).showFunding(shown))
  paged(
    asking(program, {
      usage: 'ledger',
      description: 'postings, the newest first, and what they leave unexplained',
      examples: ['hedgerow ledger --limit 50', 'hedgerow ledger --all --json'],
      json: '{rows: [{rowId, account, kind, coin, amount, hedgeId, symbol, price, atMs}], next, residuals}.',
    }),
  ).action(async shown => (await import('./look/ledger.ts')).showLedger(shown))
  paged(
    asking(program, {
      usage: 'audit',
      description: 'commands of people, the newest first: who, when, before, after',
      examples: ['hedgerow audit --limit 10'],
      json: '{rows: [{atMs, operator, source, target, event, before, after, outcome, idempotencyKey}], next}.',
    }),
  ).action(async shown => (await import('./look/ledger.ts')).showAudit(shown))
}

function alertCommands(program: Command): void {
  watched(
    asking(program, {
      usage: 'logs',
      description: "the engine's last log lines, also those that its terminal does not show",
      examples: ['hedgerow logs --level warn', 'hedgerow logs --last 20 --watch'],
      json: '{rows: [{seq, at, level, message, fields}]}; with --watch one such line at a time.',
    }),
  )
    .addOption(
      new Option('--level <level>', 'at least as bad as this')
        .choices(['error', 'warn', 'info', 'debug'])
        .default('info'),
    )
    .option('--last <count>', 'so many of them', count, 50)
    .action(async shown => (await import('./look/logs.ts')).showLogs(shown))
  const alerts = asking(program, {
    usage: 'alerts',
    description: 'alerts: those that stand first, then the newest',
    examples: ['hedgerow alerts', 'hedgerow alerts ack 01JD3…'],
    json: 'an array of {alertId, name, subject, severity, message, raisedAtMs, clearedAtMs, acknowledgedAtMs, acknowledgedBy, …}.',
  })
    .option('--standing', 'only those that stand')
    .action(async shown => (await import('./look/status.ts')).showAlerts(shown))
  asking(alerts, {
    usage: 'ack',
    description: 'take an alert: nobody else is called for it',
    examples: ['hedgerow alerts ack 01JD3…'],
    json: 'the alert.',
  })
    .argument('<alert>', 'its id, as `alerts` shows it, or as much of it as is needed')
    .action(async (alert, shown, command) =>
      (await import('./look/status.ts')).acknowledge(alert, { ...command.parent.opts(), ...shown }),
    )
}

const watched = (command: Command) => command.option('-w, --watch', 'go on until Ctrl-C, as things change')

const paged = (command: Command) =>
  command
    .option('--limit <count>', `rows of a page, at most ${PAGE_MAX}`, count, 30)
    .option('--cursor <cursor>', 'the page to show, as the page before it said')
    .option('--all', 'every page')

function count(text: string): number {
  const value = Number(text)
  if (Number.isInteger(value) && value >= 1 && value <= PAGE_MAX) return value
  throw new InvalidArgumentError(`expected a whole number from 1 to ${PAGE_MAX}, found ${text}`)
}
