/**
 * The plain page and the list of routes: files beside this one, read once, with nothing from elsewhere.
 */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { Hono } from 'hono'
import type { ApiEnv } from './guard.ts'

const FILES = [
  { route: '/', name: 'index.html', type: 'text/html; charset=utf-8' },
  { route: '/page/page.js', name: 'page.js', type: 'text/javascript; charset=utf-8' },
  { route: '/page/page.css', name: 'page.css', type: 'text/css; charset=utf-8' },
  { route: '/page/icon.svg', name: 'icon.svg', type: 'image/svg+xml' },
]

type Spec = { paths?: object }
type Operations = Record<string, { summary?: string; responses?: object }>

export function pageRoutes(app: Hono<ApiEnv>, spec: () => Spec): void {
  for (const { route, name, type } of FILES) {
    const text = readFileSync(new URL(`./page/${name}`, import.meta.url), 'utf8')
    const etag = `"${createHash('sha256').update(text).digest('base64url').slice(0, 22)}"`
    app.get(route, c => {
      const head = { etag, 'cache-control': 'no-cache', 'content-type': type }
      return c.req.header('if-none-match') === etag ? c.body(null, 304, head) : c.body(text, 200, head)
    })
  }
  app.get('/docs', c => c.html(docsPage(spec())))
}

function docsPage(spec: Spec): string {
  const rows = Object.entries(spec.paths ?? {}).flatMap(([path, methods]: [string, Operations]) =>
    Object.entries(methods).map(([method, { summary = '', responses = {} }]) => {
      const cells = [method.toUpperCase(), path].map(text => `<td><code>${escaped(text)}</code></td>`)
      return `<tr>${cells.join('')}<td>${escaped(summary)}</td><td>${Object.keys(responses).join(' ')}</td></tr>`
    }),
  )
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Hedgerow: HTTP API</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="stylesheet" href="/page/page.css"></head>
<body class="docs"><header><h1>HTTP API</h1></header><main>
<p>Programs send <code>Authorization: Bearer</code> with the token of the data folder. Errors are problem details.
The whole description: <a href="/openapi.json">openapi.json</a>.</p>
<div class="scroll"><table><thead><tr><th>Method</th><th>Path</th><th>What</th><th>Answers</th></tr></thead>
<tbody>${rows.join('\n')}</tbody></table></div></main></body></html>`
}

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }
const escaped = (text: string) => text.replace(/[&<>"]/g, sign => ENTITIES[sign] ?? sign)
