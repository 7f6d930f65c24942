/** The list of routes for people, drawn from the description that programs read. */

export type Spec = { paths?: object }
type Operations = Record<string, { summary?: string; responses?: object }>

export function docsPage(spec: Spec): string {
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
