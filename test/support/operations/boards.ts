/** The queries that people see and are woken by, as they stand in the files. */
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parse } from 'yaml'

export const DOCKER = fileURLToPath(new URL('../../../docker/', import.meta.url))
export const read = (file: string) => readFileSync(join(DOCKER, file), 'utf8')

export type Board = {
  uid: string
  title: string
  panels: { id: number; title: string; description: string; targets: { expr: string }[] }[]
}
export type Query = { where: string; expr: string }

export const boards = (): Board[] =>
  globSync('grafana/boards/*.json', { cwd: DOCKER })
    .sort()
    .map(file => JSON.parse(read(file)) as Board)

export const boardQueries = (): Query[] =>
  boards().flatMap(({ title, panels }) =>
    panels.flatMap(panel =>
      panel.targets.map(({ expr }) => ({
        where: `board ${title}, ${panel.title}`,
        // Grafana fills it in: at least four scrapes.
        expr: expr.replaceAll('$__rate_interval', '1m'),
      })),
    ),
  )

type Rules = { groups: { rules: { alert: string; expr: string }[] }[] }

/** The vector that each rule compares: the comparison itself is empty while all is well. */
export const ruleQueries = (): Query[] =>
  (parse(read('prometheus/rules.yml')) as Rules).groups.flatMap(({ rules }) =>
    rules.map(({ alert, expr }) => {
      const vector = /^([\s\S]+)\s[<>]\s[\d.]+\s*$/.exec(expr)?.[1]
      if (vector === undefined)
        throw new Error(`${alert}: expected "vector comparison number", found ${expr}`)
      return { where: `rule ${alert}`, expr: vector }
    }),
  )

/** Metrics that may have no series in a young engine that is well, each with the reason. */
const EMPTY_AT_FIRST: Readonly<Record<string, string>> = {
  hedgerow_alerts_standing: 'nothing is wrong',
  hedgerow_alert_deliveries_total: 'no way to people is configured',
  hedgerow_restarts_total: 'no actor failed',
  hedgerow_input_faults_total: 'no bad input came',
  hedgerow_funding_expected_received_usdt_total: 'no settlement has passed',
  hedgerow_funding_expected_paid_usdt_total: 'no hedge had to pay',
  hedgerow_funding_received_usdt_total: 'no settlement has passed',
  hedgerow_funding_paid_usdt_total: 'no hedge had to pay',
  'hedgerow_exchange_call_seconds_count{outcome!="ok"}': 'no call failed',
}

/** Why a query may be empty; undefined when it may not. */
export const reasonToBeEmpty = (expr: string): string | undefined =>
  Object.entries(EMPTY_AT_FIRST).find(([metric]) => expr.includes(metric))?.[1]

export const metricsOf = (expr: string): string[] => [...new Set(expr.match(/\bhedgerow_\w+/g) ?? [])]
