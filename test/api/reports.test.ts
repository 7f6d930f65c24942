/** Reports of backtests: what lies in the folder is listed and shown, nothing else is reached, and what it says runs nowhere. */
import { mkdirSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { createApi } from '../../src/api/app.ts'
import { html, htmlPage } from '../../src/backtest/report/page.ts'
import { systemClock } from '../../src/clock/clock.ts'
import { silentTelemetry } from '../../src/telemetry/telemetry.ts'
import { sampleView } from '../support/api/sample-view.ts'
import { freshFolder } from '../support/store/fresh-folder.ts'

const TOKEN = 'a-token-of-the-tests-only'
const { folder, remove } = freshFolder()
afterAll(remove)

function askOf(reports?: string) {
  const parts = { view: sampleView(), token: TOKEN, host: '127.0.0.1', port: 0, clock: systemClock() }
  const api = createApi({ ...parts, telemetry: silentTelemetry(), ...(reports && { reports }) })
  const headers = { host: '127.0.0.1:0', authorization: `Bearer ${TOKEN}` }
  return (at: string, more: object = headers) => api.app.request(at, { headers: { ...more } })
}

const written = (name: string, title: string, atMs: number) => {
  writeFileSync(join(folder, 'reports', name), htmlPage(title, [html`<h1>${title}</h1>`]))
  utimesSync(join(folder, 'reports', name), atMs / 1000, atMs / 1000)
}
mkdirSync(join(folder, 'reports'))
writeFileSync(join(folder, 'secret.html'), 'the token')
writeFileSync(join(folder, 'reports', 'notes.txt'), 'mine')
written('sweep.html', 'Sweep', 1_000_000)
written('backtest-1.html', 'Backtest of A & B', 2_000_000)

test('are listed newest first, with the title their page has', async () => {
  const answer = await askOf(join(folder, 'reports'))('/api/reports')
  expect(await answer.json()).toMatchObject([
    { name: 'backtest-1.html', title: 'Backtest of A & B', writtenAtMs: 2_000_000 },
    { name: 'sweep.html', title: 'Sweep', writtenAtMs: 1_000_000 },
  ])
})

test('are none where no folder is, or none is told', async () => {
  expect(await (await askOf(join(folder, 'elsewhere'))('/api/reports')).json()).toEqual([])
  expect(await (await askOf()('/api/reports')).json()).toEqual([])
})

test('are shown as the file is, in a frame of our own pages that runs and loads nothing', async () => {
  const answer = await askOf(join(folder, 'reports'))('/api/reports/sweep.html')
  expect([answer.status, answer.headers.get('content-type')]).toEqual([
    200,
    expect.stringContaining('text/html'),
  ])
  expect(await answer.text()).toContain('<h1>Sweep</h1>')
  const policy = answer.headers.get('content-security-policy') ?? ''
  expect(policy).toContain("default-src 'none'")
  expect(policy).toContain("frame-ancestors 'self'")
  expect(policy).toMatch(/sandbox(;|$)/)
  expect(policy).not.toContain('allow-scripts')
})

test.each(['..%2Fsecret.html', '%2e%2e%2fsecret.html', 'notes.txt', '.hidden.html', 'a%2Fb.html'])(
  'give no way to %s',
  async name => {
    const answer = await askOf(join(folder, 'reports'))(`/api/reports/${name}`)
    expect([404, 422]).toContain(answer.status)
    expect(await answer.text()).not.toContain('the token')
  },
)

test('cannot be read without a token', async () => {
  const ask = askOf(join(folder, 'reports'))
  for (const at of ['/api/reports', '/api/reports/sweep.html'])
    expect((await ask(at, { host: '127.0.0.1:0' })).status).toBe(401)
})

test('one that is gone is told so', async () => {
  const answer = await askOf(join(folder, 'reports'))('/api/reports/gone.html')
  expect(answer.status).toBe(404)
})
