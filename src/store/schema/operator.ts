/** What people did, what they were told, and how the account stood. */
import { defineEntity, p } from '@mikro-orm/core'
import type { Json, JsonObject } from '../../domain/json.ts'
import type { Usdt } from '../../domain/units.ts'
import { decimal, instant, json, wordColumn, words } from './columns.ts'

export const EquityTable = defineEntity({
  name: 'EquityTable',
  tableName: 'equity',
  properties: {
    account: p.text().primary(),
    atMs: instant().primary(),
    equityUsdt: decimal<Usdt>(),
    availableUsdt: decimal<Usdt>(),
    detail: json<JsonObject>(),
  },
})

/** Every command of a person, with its outcome: the audit. */
export const CommandTable = defineEntity({
  name: 'CommandTable',
  tableName: 'command',
  properties: {
    account: p.text().primary(),
    idempotencyKey: p.text().primary(),
    operator: p.text(),
    source: words<'api' | 'cli' | 'dashboard' | 'telegram'>(),
    target: p.text(),
    request: json<JsonObject>(),
    outcome: json<Json>(),
    atMs: instant(),
  },
  checks: [
    {
      name: 'command_source_check',
      expression: wordColumn('source', ['api', 'cli', 'dashboard', 'telegram']),
    },
  ],
  indexes: [{ name: 'command_by_time', properties: ['account', 'atMs'] }],
})

export const AlertTable = defineEntity({
  name: 'AlertTable',
  tableName: 'alert',
  properties: {
    account: p.text().primary(),
    alertId: p.text().primary(),
    name: p.text(),
    /** What it is about: an actor, a feed, a coin; '' when there is only one such thing. */
    subject: p.text(),
    severity: words<'page' | 'ticket'>(),
    message: p.text(),
    detail: json<JsonObject>(),
    raisedAtMs: instant(),
    clearedAtMs: instant().nullable(),
    acknowledgedAtMs: instant().nullable(),
    acknowledgedBy: p.text().nullable(),
  },
  checks: [{ name: 'alert_severity_check', expression: wordColumn('severity', ['page', 'ticket']) }],
  indexes: [{ name: 'alert_by_time', properties: ['account', 'raisedAtMs'] }],
})

/**
 * Each judgement of a symbol that changed its verdict or its reason, and each on leaving a hedge that did: what people ask of
 * "why". Kept for a while.
 */
export const DecisionTable = defineEntity({
  name: 'DecisionTable',
  tableName: 'decision',
  properties: {
    account: p.text().primary(),
    symbol: p.text().primary(),
    about: words<'entry' | 'exit'>().primary(),
    atMs: instant().primary(),
    verdict: p.text(),
    because: p.text(),
    /** '' where it depends on none. */
    direction: p.text(),
    found: p.text(),
    bound: p.text(),
    /** The judgement with all its figures. */
    detail: json<JsonObject>(),
  },
  checks: [{ name: 'decision_about_check', expression: wordColumn('about', ['entry', 'exit']) }],
  indexes: [{ name: 'decision_by_time', properties: ['account', 'atMs'] }],
})

/** The exchange's terms as last read, for a process that has not read them itself: collateral ratios, risk tiers. */
export const TermsTable = defineEntity({
  name: 'TermsTable',
  tableName: 'terms',
  properties: {
    account: p.text().primary(),
    name: p.text().primary(),
    terms: json<JsonObject>(),
    readAtMs: instant(),
  },
})

export const operatorTables = [EquityTable, CommandTable, AlertTable, DecisionTable, TermsTable]
