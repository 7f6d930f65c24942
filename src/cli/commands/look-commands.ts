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
      description: 'what the engine is doing, and its open hedges',
      examples: ['hedgerow status', 'hedgerow status --watch'],
      json:
        'the engine as GET /api/engine gives it: {mode, state, halt, nowMs, speed, startedAtMs, exchange, version,\n' +
        'hedges, symbols, ledgerResiduals, health[]}; with --watch one such object a line, at each change.',
    }),
  ).action(async shown => (await import('./look/status.ts')).printStatus(shown))
  watched(
    asking(program, {
      usage: 'actors',
      description: 'every actor and its state',
      examples: ['hedgerow actors --kind hedge', 'hedgerow actors --trouble', 'hedgerow actors --watch'],
      json:
        'an array of {id, kind, state, since, sinceMs, version, restarts, quarantined, parentId}; with --watch one\n' +
        'such object a line for each change, and {id, removed: true} for each that ended.',
    }),
  )
    .option('--kind <kind>', 'only this kind: hedge, symbol, …')
    .option('--state <state>', 'only states that start with this')
    .option('--trouble', 'only those quarantined, failed, troubled or restarted')
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
    description: 'every tracked symbol with its carry, best first',
    examples: ['hedgerow opportunities', 'hedgerow opportunities --json | jq ".[0]"'],
    json: 'an array of {symbol, verdict, because, found, limit, carry, judgedAtMs}, as GET /api/opportunities gives it.',
  }).action(async shown => (await import('./look/hedges.ts')).showOpportunities(shown))
  asking(program, {
    usage: 'explain',
    description: 'why a symbol is or is not hedged, with the numbers',
    examples: ['hedgerow explain WIFUSDT', 'hedgerow explain wif', 'hedgerow explain wif --close'],
    json:
      '{symbol, actor, judgement, exit, hedge, engine: {state, halt}}; null where there is none. With --close\n' +
      '{closing, exit}, as GET /api/closing and /api/hedges/{id}/exit give them.',
  })
    .argument('<symbol>', 'a tracked symbol, or its coin')
    .option('--close', 'for its open hedge: the cost of closing now, and what would make it close')
    .action(async (symbol, { close, ...shown }) =>
      close
        ? (await import('./look/money.ts')).explainClose(symbol, shown)
        : (await import('./look/explain.ts')).explain(symbol, shown),
    )
}

function hedgeCommands(program: Command): void {
  asking(program, {
    usage: 'hedges',
    description: 'hedges, newest first',
    examples: ['hedgerow hedges', 'hedgerow hedges --open'],
    json: 'an array of hedges as GET /api/hedges gives them: {id, symbol, state, plannedUsdt, heldUsdt, spot, perp, fundingUsdt, …}.',
  })
    .option('--open', 'only those not closed')
    .action(async shown => (await import('./look/hedges.ts')).showHedges(shown))
  asking(program, {
    usage: 'hedge',
    description: 'one hedge: its legs, result, orders and story',
    examples: ['hedgerow hedge 9357000001', 'hedgerow hedge WIFUSDT   # the newest one of that symbol'],
    json: '{hedge, orders[], transitions[], legal[]}: the hedge as GET /api/hedges/{id} gives it.',
  })
    .argument('<hedge>', 'the id of a hedge, or a symbol')
    .action(async (hedge, shown) => (await import('../text/hedge-story.ts')).showHedge(hedge, shown))
}

function accountCommands(program: Command): void {
  asking(program, {
    usage: 'account',
    description: 'balances, margin and clock at the exchange',
    examples: ['hedgerow account'],
    json: '{equityUsdt, availableUsdt, initialMarginRate, maintenanceMarginRate, coins[], clockSkewMs, …}.',
  }).action(async shown => (await import('./look/account.ts')).showAccount(shown))
  asking(program, {
    usage: 'reconciliation',
    description: 'compare the hedges with the exchange; exit code 1 when they differ',
    examples: ['hedgerow reconciliation'],
    json: '{readAtMs, inFlight[], lines: [{what, subject, engine, exchange, difference, unit, verdict, hedgeIds}]}.',
  }).action(async shown => (await import('./look/account.ts')).showReconciliation(shown))
}

function bookCommands(program: Command): void {
  asking(program, {
    usage: 'profit',
    description: 'what was earned in each period, by the account and by symbol',
    examples: ['hedgerow profit', 'hedgerow profit --by day'],
    json: '{by, rows: [{fromMs, untilMs, symbol, hedges, fundingUsdt, feesUsdt, netUsdt, capitalUsdt, usedMs, apr, …}]}.',
  })
    .addOption(
      new Option('--by <period>', 'periods in UTC; weeks start on Monday').choices(BY).default('all'),
    )
    .action(async shown => (await import('./look/money.ts')).showProfit(shown))
  paged(
    asking(program, {
      usage: 'funding',
      description: 'funding received and paid, newest first',
      examples: ['hedgerow funding', 'hedgerow funding --all --json'],
      json: '{rows: [{symbol, hedgeId, coin, amount, qty, markPrice, settledAtMs, …}], next}.',
    }),
  ).action(async shown => (await import('./look/ledger.ts')).showFunding(shown))
  paged(
    asking(program, {
      usage: 'ledger',
      description: 'postings, newest first, and the unexplained residual',
      examples: ['hedgerow ledger --limit 50', 'hedgerow ledger --all --json'],
      json: '{rows: [{rowId, account, kind, coin, amount, hedgeId, symbol, price, atMs}], next, residuals}.',
    }),
  ).action(async shown => (await import('./look/ledger.ts')).showLedger(shown))
  paged(
    asking(program, {
      usage: 'audit',
      description: 'commands given by people, newest first: who, when, before, after',
      examples: ['hedgerow audit --limit 10'],
      json: '{rows: [{atMs, operator, source, target, event, before, after, outcome, idempotencyKey}], next}.',
    }),
  ).action(async shown => (await import('./look/ledger.ts')).showAudit(shown))
}

function alertCommands(program: Command): void {
  watched(
    asking(program, {
      usage: 'logs',
      description: "the engine's last log lines, including those not shown on its terminal",
      examples: ['hedgerow logs --level warn', 'hedgerow logs --last 20 --watch'],
      json: '{rows: [{seq, at, level, message, fields}]}; with --watch one such line at a time.',
    }),
  )
    .addOption(
      new Option('--level <level>', 'this level and worse')
        .choices(['error', 'warn', 'info', 'debug'])
        .default('info'),
    )
    .option('--last <count>', 'how many', count, 50)
    .action(async shown => (await import('./look/logs.ts')).showLogs(shown))
  const alerts = asking(program, {
    usage: 'alerts',
    description: 'alerts: standing ones first, then the newest',
    examples: ['hedgerow alerts', 'hedgerow alerts ack 01JD3…'],
    json: 'an array of {alertId, name, subject, severity, message, raisedAtMs, clearedAtMs, acknowledgedAtMs, acknowledgedBy, …}.',
  })
    .option('--standing', 'only standing ones')
    .action(async shown => (await import('./look/status.ts')).showAlerts(shown))
  asking(alerts, {
    usage: 'ack',
    description: 'acknowledge an alert: it is not sent again',
    examples: ['hedgerow alerts ack 01JD3…'],
    json: 'the alert.',
  })
    .argument('<alert>', 'its id, as `alerts` shows it, or enough of it to be unique')
    .action(async (alert, shown, command) =>
      (await import('./look/status.ts')).acknowledge(alert, { ...command.parent.opts(), ...shown }),
    )
}

const watched = (command: Command) => command.option('-w, --watch', 'keep showing changes until Ctrl-C')

const paged = (command: Command) =>
  command
    .option('--limit <count>', `rows per page, at most ${PAGE_MAX}`, count, 30)
    .option('--cursor <cursor>', 'the page to show, as printed under the previous page')
    .option('--all', 'all pages')

function count(text: string): number {
  const value = Number(text)
  if (Number.isInteger(value) && value >= 1 && value <= PAGE_MAX) return value
  throw new InvalidArgumentError(`expected a whole number from 1 to ${PAGE_MAX}, found ${text}`)
}
