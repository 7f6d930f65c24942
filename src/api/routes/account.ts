/** The account: open hedges valued now, balances and margin, and what the engine says beside what the exchange shows. */
import { createRoute, type OpenAPIHono } from '@hono/zod-openapi'
import type { Clock } from '../../clock/clock.ts'
import type { ApiEnv } from '../access/guard.ts'
import type { EngineView } from '../engine-view.ts'
import { ANSWERS, type Path } from '../rows/answers.ts'
import type { AccountRow, Reconciliation } from '../rows/rows.ts'
import { away, unauthorised } from './commands.ts'
import { asked, shared } from './money.ts'

/** Pages look every few seconds, and several may: the exchange is asked once for all of them. Wall time. */
const ASKED_EVERY_MS = 3000

const told = <P extends Path>(path: P, description: string) => ({
  description,
  content: { 'application/json': { schema: ANSWERS[path] } },
})
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
