/**
 * The pages: what Vite built into `dist/`, or, where that is missing, the plain page beside this file. Nothing comes from
 * elsewhere, and only addresses of pages answer with a page: all else stays a 404.
 */
import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Context, Hono } from 'hono'
import type { ApiEnv } from '../access/guard.ts'
import { HttpRefusal } from '../access/problem.ts'
import { HOSTED_PAGE } from '../inspection-view.ts'

/** The list of routes for people, drawn from the description that programs read. */
type Spec = { paths?: object }
type Operations = Record<string, { summary?: string; responses?: object }>

function docsPage(spec: Spec): string {
  const rows = Object.entries(spec.paths ?? {}).flatMap(([path, methods]: [string, Operations]) =>
    Object.entries(methods).map(([method, { summary = '', responses = {} }]) => {
      const cells = [method.toUpperCase(), path].map(text => `<td><code>${escaped(text)}</code></td>`)
      return `<tr>${cells.join('')}<td>${escaped(summary)}</td><td>${Object.keys(responses).join(' ')}</td></tr>`
    }),
  )
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Hedgerow: HTTP API</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="icon" href="/page/icon.svg"><link rel="stylesheet" href="/page/page.css"></head>
<body class="docs"><header><h1>HTTP API</h1></header><main>
<p>Programs send <code>Authorization: Bearer</code> with the token of the data folder. Errors are problem details.
The whole description: <a href="/openapi.json">openapi.json</a>.</p>
<div class="scroll"><table><thead><tr><th>Method</th><th>Path</th><th>What</th><th>Answers</th></tr></thead>
<tbody>${rows.join('\n')}</tbody></table></div></main></body></html>`
}

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }
const escaped = (text: string) => text.replace(/[&<>"]/g, sign => ENTITIES[sign] ?? sign)

const PLAIN = [
  { route: '/page/page.js', name: 'page.js' },
  { route: '/page/page.css', name: 'page.css' },
  { route: '/page/icon.svg', name: 'icon.svg' },
]
/** Addresses that the built pages know; an address without them there is the overview or nothing. */
const PAGES = [
  '/',
  '/hedges',
  '/hedges/:id',
  '/symbols/:symbol',
  '/settings',
  '/opportunities',
  '/funding',
  '/ledger',
  '/alerts',
  '/audit',
  '/reports',
  '/reports/:name',
  '/inspector',
  '/inspector/:actorId',
]
const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
  '.json': 'application/json',
}
/** A name of a file in one folder: no way out of it. */
const FILE_NAME = /^[\w-][\w.-]*$/

const DIST = fileURLToPath(new URL('../../../dist/', import.meta.url))

type Pages = {
  /** Folder of the built pages, where it is not the usual one. */
  dist?: string | undefined
  /** Is the page of the hosted inspector switched on? */
  hosted?: boolean
}

/** The pages and their files; an address that is no page's stays a 404. */
export function pageRoutes(app: Hono<ApiEnv>, spec: () => Spec, { dist = DIST, hosted }: Pages = {}): void {
  const index = path.join(dist, 'index.html')
  const plain = (name: string) => read(fileURLToPath(new URL(`../page/${name}`, import.meta.url)))
  for (const { route, name } of PLAIN) app.get(route, c => served(c, plain(name), 'no-cache'))
  for (const page of PAGES) {
    app.get(page, (c, next) => {
      // Read anew: a build under a running engine is shown at the next load.
      if (existsSync(index)) return served(c, read(index), 'no-cache')
      return page === '/' ? served(c, plain('index.html'), 'no-cache') : next()
    })
  }
  const framed = path.join(dist, 'hosted-inspector.html')
  if (hosted)
    app.get(HOSTED_PAGE, (c, next) => (existsSync(framed) ? served(c, read(framed), 'no-cache') : next()))
  const assets = new Map<string, File>()
  app.get('/assets/:name', c => {
    const name = c.req.param('name')
    const file = path.join(dist, 'assets', name)
    if (!FILE_NAME.test(name) || !existsSync(file))
      throw new HttpRefusal(404, `asset: nothing is called ${name}`)
    const known = assets.get(name) ?? read(file)
    assets.set(name, known)
    // Its name carries a print of its content.
    return served(c, known, 'public, max-age=31536000, immutable')
  })
  app.get('/docs', c => c.html(docsPage(spec())))
}

/** A person at an address of no page finds the way back on one; programs keep their problem, and so do questions to the API. */
export function lostRoute(app: Hono<ApiEnv>, { dist = DIST }: Pages = {}): void {
  const index = path.join(dist, 'index.html')
  app.get('*', (c, next) => {
    const isPerson = c.req.header('accept')?.includes('text/html') ?? false
    if (!isPerson || /^\/(api|assets)\//.test(c.req.path) || !existsSync(index)) return next()
    const { bytes, type } = read(index)
    return c.body(bytes, 404, { 'cache-control': 'no-store', 'content-type': type })
  })
}

type File = { bytes: Buffer<ArrayBuffer>; etag: string; type: string }

function read(file: string): File {
  const bytes = readFileSync(file)
  const etag = `"${createHash('sha256').update(bytes).digest('base64url').slice(0, 22)}"`
  return { bytes, etag, type: TYPES[path.extname(file)] ?? 'application/octet-stream' }
}

function served(c: Context<ApiEnv>, { bytes, etag, type }: File, caching: string): Response {
  const head = { etag, 'cache-control': caching, 'content-type': type }
  return c.req.header('if-none-match') === etag ? c.body(null, 304, head) : c.body(bytes, 200, head)
}
