/** A real engine, its page in a browser, and the library's own receiver on another origin in the place of the other site. */
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import path from 'node:path'
import type { Browser, Frame, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { createMachine } from 'xstate'
import { buildPages, closePages, noBrowser, openBrowser, openPage } from '../../support/browser/browser.ts'
import { type EngineProcess, engineProcess, TOKEN } from '../../support/browser/engine-process.ts'

const PLANTED = 'Bearer 9f3kQ-planted'
const PAGE = '/hosted-inspector'

type Seen = {
  type: string
  sessionId: string
  name?: string
  rootId?: string
  parentId?: string
  definition?: string
  event?: { type: string }
  snapshot?: { status: string; value?: unknown; context?: { halt?: { by?: string } } }
}

describe.skipIf(noBrowser)('the page of the hosted inspector', () => {
  let site: Server
  let siteUrl: string
  let elsewhere: Server
  let strangers = 0
  let script = ''
  let isSilent = false
  let engine: EngineProcess
  let browser: Browser

  beforeAll(async () => {
    await buildPages()
    const served = receiverScript()
    site = createServer((request, response) => {
      const isScript = request.url === '/receiver.js'
      response.setHeader('content-type', isScript ? 'text/javascript' : 'text/html')
      response.end(
        isScript ? script : isSilent ? 'nothing' : '<script type=module src=/receiver.js></script>',
      )
    })
    elsewhere = createServer((_, response) => {
      strangers++
      response.end('elsewhere')
    })
    siteUrl = await listening(site)
    const [code, running, opened] = await Promise.all([
      served,
      engineProcess({ HEDGEROW_HOSTED_INSPECTOR_URL: `${siteUrl}/inspect` }),
      openBrowser(),
    ])
    script = code
    engine = running
    browser = opened
  })
  afterEach(() => closePages(browser))
  afterAll(async () => {
    await browser?.close()
    await engine?.stop()
    site?.close()
    elsewhere?.close()
  })

  const open = (at = PAGE, expected?: RegExp) =>
    openPage(browser, { url: engine.url, token: TOKEN }, at, {}, expected)
  const outside = (faults: string[]) => faults.filter(fault => !fault.startsWith(`outside: ${siteUrl}/`))
  const frameOf = async (page: Page): Promise<Frame> => {
    await page.waitForSelector('iframe')
    await expect.poll(() => page.frames().some(frame => frame.url().startsWith(siteUrl))).toBe(true)
    return page.frames().find(frame => frame.url().startsWith(siteUrl)) ?? page.mainFrame()
  }
  const seenBy = (frame: Frame) => frame.evaluate('globalThis.seen ?? []') as Promise<Seen[]>

  test('shows actors, events and snapshots of the engine to the site, and nothing that was planted', async () => {
    const { page, faults } = await open()
    const frame = await frameOf(page)
    const seen = () => seenBy(frame)
    await expect.poll(async () => (await seen()).map(({ name }) => name), LONG).toContain('engine')
    await fetch(`${engine.url}/api/engine/halt`, {
      method: 'POST',
      headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' },
      body: JSON.stringify({ because: PLANTED }),
    })
    await expect
      .poll(async () => (await seen()).filter(({ sessionId }) => sessionId === 'engine').at(-1), LONG)
      .toMatchObject({ type: '@xstate.snapshot', snapshot: { status: 'active', value: 'halted' } })

    const all = await seen()
    const events = all.filter(({ type }) => type === '@xstate.event')
    expect(events).toContainEqual(expect.objectContaining({ sessionId: 'engine', rootId: 'engine' }))
    expect(events.map(({ event }) => event?.type)).toContain('engine.halt')
    const actors = all.filter(({ type }) => type === '@xstate.actor')
    expect(actors.find(({ name }) => name === 'desk')).toMatchObject({ rootId: 'engine' })
    // The site draws from the definition alone: it must be a whole chart, cut nowhere.
    for (const { name, definition = '{}' } of actors) {
      expect(() => createMachine(JSON.parse(definition)), name).not.toThrow()
      expect(definition, name).not.toMatch(/"\[(Object|Array)\]"/)
    }
    expect(actors.filter(({ definition = '' }) => definition.includes('"states"')).length).toBeGreaterThan(3)
    const said = JSON.stringify(all)
    for (const secret of [PLANTED, '9f3kQ', TOKEN]) expect(said).not.toContain(secret)
    await expect.poll(() => page.textContent('#status')).toMatch(/^\d+ events shown to /)
    expect(outside(faults)).toEqual([])
  })

  test('says nothing until the site itself has answered', async () => {
    isSilent = true
    const { page } = await open()
    const asked: string[] = []
    page.on('request', request => asked.push(request.url()))
    await frameOf(page)
    await page.evaluate("postMessage({ type: '@statelyai.connected' }, '*')")
    await page.evaluate('new Promise(done => requestIdleCallback(done))')
    expect(await page.textContent('#status')).toMatch(/^Waiting for /)
    expect(asked.filter(url => url.endsWith('/events'))).toEqual([])
    isSilent = false
  })

  test('lets the frame be nowhere else', async () => {
    const stranger = await listening(elsewhere)
    const { page } = await open(PAGE, /frame-src|Content Security Policy/)
    const frame = await frameOf(page)
    const refused = page.waitForEvent('console', message => /Content Security Policy/.test(message.text()))
    await frame.evaluate(`location.href = '${stranger}'`)
    await refused
    expect(strangers).toBe(0)
  })

  test('is a page by itself: the inspector beside it asks nobody outside', async () => {
    const { page, faults } = await open('/inspector')
    await page.locator('[role=treeitem]').first().waitFor()
    expect(faults).toEqual([])
  })

  test('asks a stranger to sign in, and shows no frame', async () => {
    const page = await (await browser.newContext()).newPage()
    await page.goto(engine.url + PAGE)
    await expect.poll(() => page.textContent('#status')).toMatch(/^Sign in first/)
    expect(await page.locator('iframe').count()).toBe(0)
  })
})

const LONG = { timeout: 60_000 }

async function receiverScript(): Promise<string> {
  const { build } = await import('vite')
  const built = await build({
    configFile: false,
    logLevel: 'silent',
    build: {
      write: false,
      rolldownOptions: { input: path.join(import.meta.dirname, '../../support/browser/hosted-receiver.ts') },
    },
  })
  const [chunk] = 'output' in built ? built.output : []
  if (chunk?.type !== 'chunk') throw new Error('expected the receiver as one script')
  return chunk.code
}

const listening = (server: Server): Promise<string> =>
  new Promise(resolve =>
    server.listen(0, '127.0.0.1', () =>
      resolve(`http://127.0.0.1:${(server.address() as AddressInfo).port}`),
    ),
  )
