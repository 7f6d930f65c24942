/** What a report was made of, by hash: the same three hashes give the same figures. */
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Rules } from '../../domain/rules.ts'
import type { FundingPoint, PricePoint } from '../../exchange/simulator/history/files.ts'
import { type Html, html, htmlTable } from './page.ts'

export type Hashes = { data: string; configuration: string; code: string }

type Data = {
  funding: ReadonlyMap<string, readonly FundingPoint[]>
  prices: ReadonlyMap<string, readonly PricePoint[]>
}

const ROOT = fileURLToPath(new URL('../../..', import.meta.url))
/** Everything that can change a figure. */
const CODE = ['actors', 'machines', 'src']

/** @param configuration - all that was asked for, in a fixed order of keys */
export const hashesOf = (
  data: Data,
  configuration: { rules: Rules } & Readonly<Record<string, unknown>>,
): Hashes => ({
  data: dataHash(data),
  configuration: sha256(JSON.stringify(configuration)),
  code: codeHash(),
})

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')

/** Of the rows as they were used, whatever files and archives they came in. */
function dataHash({ funding, prices }: Data): string {
  const hash = createHash('sha256')
  for (const [symbol, points] of funding)
    for (const { atMs, rate, intervalMs } of points) hash.update(`${symbol} ${atMs} ${rate} ${intervalMs}\n`)
  for (const [symbol, points] of prices)
    for (const { atMs, spotPrice, perpPrice } of points)
      hash.update(`${symbol} ${atMs} ${spotPrice} ${perpPrice}\n`)
  return hash.digest('hex')
}

function codeHash(): string {
  const hash = createHash('sha256')
  for (const folder of CODE)
    for (const name of (readdirSync(join(ROOT, folder), { recursive: true }) as string[]).sort())
      if (name.endsWith('.ts')) hash.update(name).update(readFileSync(join(ROOT, folder, name)))
  return hash.digest('hex')
}

/** How its figures are to be read. */
export const conventions = (): Html => html`<h2>How to read it</h2>
<p>APR on capital is net of every cost, divided by the whole capital of the account, by days of 365 a year; it is not compounded, and money that lay idle counts in the capital and earns nothing unless idleApr says so. Fall is the largest fall of the daily or hourly equity from its highest before. Sharpe is the mean daily change over its deviation, times the root of 365. bps are hundredths of a percent of notional. Times are UTC.</p>`

/** @param files - names of the tables that were read */
export const hashSection = ({ data, configuration, code }: Hashes, files: readonly string[]): Html =>
  html`<h2>Made of</h2>${htmlTable(
    `Records: ${files.join(', ')}`,
    ['What', 'SHA-256'],
    [
      ['data, row by row', html`<code>${data}</code>`],
      ['configuration', html`<code>${configuration}</code>`],
      ['code', html`<code>${code}</code>`],
    ],
  )}`
