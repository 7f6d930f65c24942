/** A report as one file of HTML: no script, nothing fetched, readable on paper, by day and by night. */
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Rules } from '../../domain/rules.ts'
import type { FundingPoint, PricePoint } from '../../exchange/simulator/history/files.ts'

/** Text made safe for HTML; only what this file makes is trusted. */
export type Html = { readonly html: string }

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}
const escaped = (text: string) => text.replace(/[&<>"']/g, sign => ESCAPES[sign] ?? sign)

/** Where the pages of a running engine look for reports. */
export const reportsFolder = (dataDir: string): string => join(dataDir, 'reports')

type Part = Html | string | number
/** Parts in a row: texts are escaped, HTML is taken as it is. */
export const html = (strings: TemplateStringsArray, ...parts: readonly (Part | readonly Html[])[]): Html => ({
  html: strings.reduce(
    (whole, text, at) => whole + text + (at < parts.length ? shown(parts[at] ?? '') : ''),
    '',
  ),
})
const shown = (part: Part | readonly Html[]): string => {
  if (typeof part === 'string' || typeof part === 'number') return escaped(String(part))
  return 'html' in part ? part.html : part.map(each => each.html).join('')
}

const STYLE = `
:root{--paper:#fcfcfb;--ink:#1d1f21;--faint:#6b7075;--line:#dcdedf;--good:#0b6b3a;--bad:#a3271f;color-scheme:light dark}
@media(prefers-color-scheme:dark){:root{--paper:#16181a;--ink:#e6e7e8;--faint:#9aa0a6;--line:#34383c;--good:#6fcf97;--bad:#ff8a80}}
body{margin:2rem auto;max-width:72rem;padding:0 1rem;background:var(--paper);color:var(--ink);font:15px/1.5 system-ui,sans-serif}
h1{font-size:1.5rem;margin:0 0 .25rem}h2{font-size:1.1rem;margin:2.25rem 0 .5rem}
p{max-width:48rem}.faint,caption,th{color:var(--faint)}caption{text-align:left;padding:.25rem 0}
table{border-collapse:collapse;font-variant-numeric:tabular-nums;font-size:.9rem}
th,td{padding:.2rem .8rem .2rem 0;text-align:left;vertical-align:top;border-bottom:1px solid var(--line)}
th{font-weight:500}td.n,th.n{text-align:right}.good{color:var(--good)}.bad{color:var(--bad)}
.wide{overflow-x:auto}svg{display:block;width:100%;height:auto}code{font-size:.85em;overflow-wrap:anywhere}
`

/** The whole file. @param body - sections in their order */
export const htmlPage = (title: string, body: readonly Html[]): string =>
  `${
    html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${title}</title><style>${{ html: STYLE }}</style></head><body>
${body}
</body></html>`.html
  }\n`

export type TableCell = Html | string | number
/** Figures stand to the right: a column whose every cell begins with a digit, a sign or a dash. */
export function htmlTable(
  caption: string,
  head: readonly string[],
  rows: readonly (readonly TableCell[])[],
): Html {
  const textOf = (cell: TableCell | undefined) =>
    typeof cell === 'object' ? cell.html.replace(/<[^>]*>/g, '') : String(cell ?? '')
  const isFigures = head.map(
    (_, at) => rows.length > 0 && rows.every(row => /^[-−+–\d]/.test(textOf(row[at]))),
  )
  const kind = (at: number) => (isFigures[at] ? 'n' : '')
  return html`<div class="wide"><table><caption>${caption}</caption>
<thead><tr>${head.map((name, at) => html`<th scope="col" class="${kind(at)}">${name}</th>`)}</tr></thead>
<tbody>${rows.map(row => html`<tr>${row.map((cell, at) => html`<td class="${kind(at)}">${cell}</td>`)}</tr>\n`)}</tbody></table></div>`
}

/** A figure in the colour of its sign. */
export const toned = (text: string): Html =>
  html`<span class="${/^\+/.test(text) ? 'good' : /^[-−]/.test(text) ? 'bad' : ''}">${text}</span>`

const [WIDTH, HEIGHT, LEFT, BOTTOM] = [960, 260, 76, 24]
/** Apart in lightness too, so that they are told apart without colour; the dash pattern says it again. */
const STROKES = ['#2f6fed', '#b45f06', '#7a7f85', '#0b8457', '#8e44ad']
const DASHES = ['', '6 3', '2 3', '9 3 2 3', '1 2']
const POINTS_MAX = 800

type ChartLine = { name: string; points: readonly { atMs: number; value: number }[] }

/** Lines over time with their scale and a legend. @param label - of a value on the scale */
export function chart(title: string, lines: readonly ChartLine[], label: (value: number) => string): Html {
  const all = lines.flatMap(({ points }) => points).filter(({ value }) => Number.isFinite(value))
  if (all.length === 0) return html`<p class="faint">${title}: nothing to draw.</p>`
  const bound = (of: (a: number, b: number) => number, values: readonly number[]) =>
    values.reduce((a, b) => of(a, b))
  const values = all.map(({ value }) => value)
  const times = all.map(({ atMs }) => atMs)
  const [low, high] = [bound(Math.min, values), bound(Math.max, values)]
  const [from, to] = [bound(Math.min, times), bound(Math.max, times)]
  const x = (atMs: number) => LEFT + ((atMs - from) / Math.max(1, to - from)) * (WIDTH - LEFT - 8)
  const y = (value: number) => 8 + (1 - (value - low) / (high - low || 1)) * (HEIGHT - BOTTOM - 8)
  const scale = [0, 0.25, 0.5, 0.75, 1].map(share => low + share * (high - low))
  return html`<figure style="margin:0"><figcaption class="faint">${title}</figcaption>
<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${title}">
${scale.map(
  value => html`<line x1="${LEFT}" x2="${WIDTH}" y1="${y(value).toFixed(1)}" y2="${y(value).toFixed(1)}" stroke="currentColor" stroke-opacity=".12"/>
<text x="${LEFT - 8}" y="${(y(value) + 4).toFixed(1)}" font-size="11" text-anchor="end" fill="currentColor">${label(value)}</text>`,
)}
${[from, to].map(
  (atMs, at) =>
    html`<text x="${x(atMs).toFixed(1)}" y="${HEIGHT - 6}" font-size="11" text-anchor="${at === 0 ? 'start' : 'end'}" fill="currentColor">${day(atMs)}</text>`,
)}
${lines.map(
  ({ points }, at) =>
    html`<polyline fill="none" stroke-width="1.6" stroke="${STROKES[at % STROKES.length] ?? ''}" stroke-dasharray="${DASHES[at % DASHES.length] ?? ''}" points="${thinned(
      points,
    )
      .map(({ atMs, value }) => `${x(atMs).toFixed(1)},${y(value).toFixed(1)}`)
      .join(' ')}"/>`,
)}
</svg><div class="faint">${lines.map(
    ({ name }, at) =>
      html`<span style="margin-right:1.2rem"><svg viewBox="0 0 28 8" style="display:inline-block;width:28px;height:8px" aria-hidden="true"><line x1="0" x2="28" y1="4" y2="4" stroke-width="2" stroke="${STROKES[at % STROKES.length] ?? ''}" stroke-dasharray="${DASHES[at % DASHES.length] ?? ''}"/></svg> ${name}</span>`,
  )}</div></figure>`
}

/** Every so many points, the last one with them. */
function thinned<Point>(points: readonly Point[]): readonly Point[] {
  const every = Math.ceil(points.length / POINTS_MAX)
  return points.filter((_, at) => at % every === 0 || at === points.length - 1)
}

/** How far each value is below the highest before it, a fraction: 0 or below. */
export function fallLine({ name, points }: ChartLine): ChartLine {
  let peak = Number.NEGATIVE_INFINITY
  return {
    name,
    points: points.map(({ atMs, value }) => {
      peak = Math.max(peak, value)
      return { atMs, value: peak > 0 ? value / peak - 1 : 0 }
    }),
  }
}

/** The day of an instant, UTC. */
export const day = (atMs: number): string => new Date(atMs).toISOString().slice(0, 10)

// What a report was made of, by hash: the same three hashes give the same figures.

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
