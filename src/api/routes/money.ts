/** What closing would cost, what would make a hedge close, what a period earned, how a market was, what is configured. */
import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import type { Clock } from '../../clock/clock.ts'
import type { ApiEnv } from '../access/guard.ts'
import { HttpRefusal } from '../access/problem.ts'
import type { EngineView } from '../engine-view.ts'
import { ANSWERS, type Path } from '../rows/answers.ts'
import { PERIODS } from '../rows/closing.ts'
import { LOG_LEVELS_SHOWN, type MarketHistory } from '../rows/results.ts'
import type { AccountRow, Reconciliation } from '../rows/rows.ts'
import { ROWS_MAX } from '../rows/schemas.ts'
import { away, invalid, notFound, unauthorised } from './commands.ts'

/** One question at a time for each `key`, and its answer for a while. A failure is not kept. */
function shared<Answer>(
  clock: Clock,
  everyMs: number,
): (key: string, ask: () => Promise<Answer>) => Promise<Answer> {
  const known = new Map<string, { atMs: number; answer: Promise<Answer> }>()
  return (key, ask) => {
    const nowMs = clock.nowMs()
    for (const [each, { atMs }] of known) if (nowMs - atMs >= everyMs) known.delete(each)
    const last = known.get(key)
    if (last) return last.answer
    const mine = { atMs: nowMs, answer: ask() }
    known.set(key, mine)
    mine.answer.catch(() => {
      if (known.get(key) === mine) known.delete(key)
    })
    return mine.answer
  }
}

/** The exchange's failures are its own; anything else is ours and stays a 500. @throws HttpRefusal of 503 */
async function asked<Answer>(answer: Promise<Answer>): Promise<Answer> {
  try {
    return await answer
  } catch (error) {
    if (error instanceof Error && error.name === 'ExchangeFailure')
      throw new HttpRefusal(503, `the exchange: ${error.message}`)
    throw error
  }
}

const told = <P extends Path>(path: P, description: string) => ({
  description,
  content: { 'application/json': { schema: ANSWERS[path] } },
})
const id = z.string().min(1).max(100)

const closing = createRoute({
  method: 'get',
  path: '/api/closing',
  summary:
    'What closing open hedges, one or a part of it, would cost at the present depth, and what would be left.',
  request: {
    query: z.object({ hedge: id.optional(), share: z.coerce.number().gt(0).max(1).default(1) }),
  },
  responses: {
    200: told('/api/closing', 'Each hedge, and all of them together.'),
    401: unauthorised,
    404: notFound,
    422: invalid,
  },
})

const exit = createRoute({
  method: 'get',
  path: '/api/hedges/{id}/exit',
  summary: 'What would make an open hedge close: each rule: its value now and its threshold.',
  request: { params: z.object({ id }) },
  responses: { 200: told('/api/hedges/{id}/exit', 'The rules.'), 401: unauthorised, 404: notFound },
})

const returns = createRoute({
  method: 'get',
  path: '/api/returns',
  summary:
    'What was realised by period, of the account and of each symbol, on the capital that was really used.',
  request: { query: z.object({ by: z.enum(PERIODS).default('all') }) },
  responses: { 200: told('/api/returns', 'Oldest first.'), 401: unauthorised, 422: invalid },
})

const history = createRoute({
  method: 'get',
  path: '/api/opportunities/{symbol}/history',
  summary:
    'Settled funding and basis of a tracked symbol over the last hours, with entries and exits of our hedges.',
  request: {
    params: z.object({ symbol: z.string().min(1).max(40) }),
    query: z.object({ hours: z.coerce.number().int().min(1).max(2160).default(168) }),
  },
  responses: {
    200: told('/api/opportunities/{symbol}/history', 'Oldest first.'),
    401: unauthorised,
    404: notFound,
    422: invalid,
    503: away,
  },
})

const config = createRoute({
  method: 'get',
  path: '/api/config',
  summary: 'Every setting with its value and its default; of secrets only whether they are set.',
  responses: { 200: told('/api/config', 'As read at the start.'), 401: unauthorised },
})

const logs = createRoute({
  method: 'get',
  path: '/api/logs',
  summary: 'The last log lines of this engine, oldest first; `after` is the seq to go on from.',
  request: {
    query: z.object({
      after: z.coerce.number().int().min(0).default(0),
      level: z.enum(LOG_LEVELS_SHOWN).default('info'),
      limit: z.coerce.number().int().min(1).max(ROWS_MAX).default(200),
    }),
  },
  responses: { 200: told('/api/logs', 'Lines at least as bad as `level`.'), 401: unauthorised, 422: invalid },
})

/** A chart of days need not be of this second. Wall time. */
const HISTORY_EVERY_MS = 20_000

/** What is asked about money: each answer is the view's own. */
export function moneyRoutes(app: OpenAPIHono<ApiEnv>, view: EngineView, clock: Clock): void {
  const historyNow = shared<MarketHistory>(clock, HISTORY_EVERY_MS)
  app.openapi(closing, c => {
    const { hedge: hedgeId, share } = c.req.valid('query')
    const found = view.closing({ hedgeId, share })
    if (hedgeId !== undefined && found.hedges.length === 0) throw absent(hedgeId)
    return c.json(found, 200)
  })
  app.openapi(exit, c => {
    const { id: hedgeId } = c.req.valid('param')
    const found = view.exitRules(hedgeId)
    if (!found) throw absent(hedgeId)
    return c.json(found, 200)
  })
  app.openapi(history, async c => {
    const { symbol } = c.req.valid('param')
    const { hours } = c.req.valid('query')
    const read = () => view.history(symbol, hours) ?? Promise.reject(untracked(symbol))
    return c.json(await asked(historyNow(`${symbol} ${hours}`, read)), 200)
  })
  app.openapi(logs, c => c.json({ rows: view.logs(c.req.valid('query')) }, 200))
  app.openapi(config, c => c.json(view.settings(), 200))
  app.openapi(returns, async c => c.json(await view.returns(c.req.valid('query').by), 200))
}

const absent = (hedgeId: string) => new HttpRefusal(404, `hedge: no open hedge is called ${hedgeId}`)
const untracked = (symbol: string) => new HttpRefusal(404, `symbol: ${symbol} is not tracked`)

// The account: open hedges valued now, balances and margin, and what the engine says beside what the exchange shows.

/** Pages look every few seconds, and several may: the exchange is asked once for all of them. Wall time. */
const ASKED_EVERY_MS = 3000

const holdings = createRoute({
  method: 'get',
  path: '/api/holdings',
  summary: 'Open hedges with both legs, delta, basis, funding and profit by parts, valued now.',
  responses: { 200: told('/api/holdings', 'Rows.'), 401: unauthorised },
})

const account = createRoute({
  method: 'get',
  path: '/api/account',
  summary:
    'Balances, margin rates, use of request limits, clock skew and order entry, as the exchange tells.',
  responses: { 200: told('/api/account', 'The account.'), 401: unauthorised, 503: away },
})

const reconciliation = createRoute({
  method: 'get',
  path: '/api/reconciliation',
  summary: 'What the hedges hold beside what the exchange shows, line by line.',
  responses: { 200: told('/api/reconciliation', 'The lines, equal ones too.'), 401: unauthorised, 503: away },
})

/**
 * The account and what is held. Readings of the exchange are shared among callers, so that pages cannot use up its limits.
 */
export function accountRoutes(app: OpenAPIHono<ApiEnv>, view: EngineView, clock: Clock): void {
  const accountNow = shared<AccountRow>(clock, ASKED_EVERY_MS)
  const reconciliationNow = shared<Reconciliation>(clock, ASKED_EVERY_MS)
  app.openapi(holdings, c => c.json(view.holdings(), 200))
  app.openapi(account, async c => c.json(await asked(accountNow('', () => view.account())), 200))
  app.openapi(reconciliation, async c =>
    c.json(await asked(reconciliationNow('', () => view.reconciliation())), 200),
  )
}
