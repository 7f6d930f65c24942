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
import { Refusal } from '../access/problem.ts'
import { HOSTED_PAGE } from '../hosted-view.ts'
import { docsPage, type Spec } from './docs-page.ts'

const PLAIN = [
  { route: '/page/page.js', name: 'page.js' },
  { route: '/page/page.css', name: 'page.css' },
  { route: '/page/icon.svg', name: 'icon.svg' },
]
/** Addresses that the built pages know; an address without them there is the overview or nothing. */
const PAGES = [
  '/',
  '/hedges/:id',
  '/opportunities',
  '/funding',
  '/ledger',
  '/alerts',
  '/audit',
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
    if (!FILE_NAME.test(name) || !existsSync(file)) throw new Refusal(404, `asset: nothing is called ${name}`)
    const known = assets.get(name) ?? read(file)
    assets.set(name, known)
    // Its name carries a print of its content.
    return served(c, known, 'public, max-age=31536000, immutable')
  })
  app.get('/docs', c => c.html(docsPage(spec())))
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
