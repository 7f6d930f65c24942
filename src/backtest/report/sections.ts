/** What every report ends with. */
import type { Hashes } from './hashes.ts'
import { type Html, html, htmlTable } from './page.ts'

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
