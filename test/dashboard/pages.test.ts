/** The pages in a real browser, on a real engine that trades with the simulated exchange. */
import { readFileSync } from 'node:fs'
import { AxeBuilder } from '@axe-core/playwright'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ANSWERS, type Path } from '../../src/api/rows/answers.ts'
import { buildPages, noBrowser, openBrowser, openPage } from '../support/browser/browser.ts'
import { type EngineProcess, engineProcess, TOKEN, until } from '../support/browser/engine-process.ts'

const PAGES = ['/', '/opportunities', '/funding', '/ledger', '/alerts', '/audit']
/** Lines a browser writes by itself when an engine is away or refuses. */
const AWAY = /ERR_|status of 401|status of 503|dynamically imported module/
/** Refused, or of a hedge that has closed meanwhile and has no actor any more. */
const LATE = /status of (404|409)/

/** More than any page has that can be pressed. */
const STOPS_MAX = 400

describe.skipIf(noBrowser)('the pages', () => {
  let engine: EngineProcess
  let browser: Browser
  const open = (at: string, options = {}, expected?: RegExp) =>
    openPage(browser, { url: engine.url, token: TOKEN }, at, options, expected)
  const isLive = (page: Page) => page.getByRole('status', { name: 'Freshness' }).getByText('live').waitFor()
  const dialog = (page: Page) => page.locator('dialog[open]')

  beforeAll(async () => {
    await buildPages()
    ;[engine, browser] = await Promise.all([engineProcess(), openBrowser()])
  })
  afterAll(async () => {
    await browser?.close()
    await engine?.stop()
  })

  test('a login link signs in once, also in a tab that shows the page already', async () => {
    const link = async () => {
      const answer = await fetch(`${engine.url}/api/session/link`, {
        method: 'POST',
        headers: { authorization: `Bearer ${TOKEN}` },
      })
      return ((await answer.json()) as { url: string }).url
    }
    const page = await (await browser.newContext()).newPage()
    await page.goto(engine.url)
    await page.getByLabel('Token').waitFor()
    const url = await link()
    await page.goto(url)
    await isLive(page)
    expect(page.url()).not.toContain('login')
    const stranger = await (await browser.newContext()).newPage()
    await stranger.goto(url)
    await stranger.getByRole('alert').waitFor()
    expect(await stranger.getByRole('alert').textContent()).toContain('expected a code not used before')
  })

  test('a hedge is seen opening, level and valued; its page tells how it came to be', async () => {
    const { page, faults } = await open('/')
    const line = page.getByRole('region', { name: 'Rows of Open hedges' }).locator('tbody tr').first()
    await line.locator('[data-state^="hedged"]').waitFor({ timeout: 90_000 })
    expect(await line.textContent()).toContain('level')
    await line.getByRole('link').click()
    await page.getByRole('heading', { level: 1, name: /hedge$/ }).waitFor()
    const story = page.getByRole('region', { name: 'Steps of the story' })
    await story.getByText('; hedged: both legs are level').waitFor()
    await story.getByText(/^Planned: /).waitFor()
    await page.getByRole('region', { name: 'Rows of Fills' }).getByText('perp').first().waitFor()
    await page.getByRole('button', { name: 'Unwind' }).click()
    await dialog(page).getByText('Refused if the state has changed meanwhile.').waitFor()
    const { violations } = await new AxeBuilder({ page }).analyze()
    expect(violations.map(({ id }) => id)).toEqual([])
    await page.keyboard.press('Escape')
    await dialog(page).waitFor({ state: 'detached' })
    expect((await new AxeBuilder({ page }).analyze()).violations.map(({ id }) => id)).toEqual([])
    expect(faults).toEqual([])
  })

  test('a command decided on an older state is refused, and the dialog says how it stands', async () => {
    type Row = { id: string; sinceMs: number }
    let id = ''
    // The youngest: of an old one the end may come by itself while it is looked at.
    await until(async () => {
      const held = await engine.ask<Row[]>('/api/actors?kind=hedge&state=hedged.watching')
      id = held.toSorted((a, b) => b.sinceMs - a.sinceMs)[0]?.id ?? ''
      return id
    }, 90_000)
    const { page, faults } = await open(`/hedges/${id.replace('hedge:', '')}`, {}, LATE)
    await page.getByRole('button', { name: 'Unwind' }).click()
    await dialog(page).getByText('unwinding').first().waitFor()
    // A part: the hedge stands afterwards, in a later version of the state that the dialog was opened on.
    const part = { type: 'hedge.unwind-part', share: '0.25', because: 'a person was faster' }
    expect(await engine.send(id, part)).toBe(202)
    await dialog(page).getByRole('button', { name: 'Unwind' }).click()
    await dialog(page).getByRole('alert').waitFor()
    expect(await dialog(page).getByRole('alert').textContent()).toContain('moved meanwhile')
    await page.keyboard.press('Escape')
    await page
      .getByText(/a person was faster/)
      .first()
      .waitFor()
    expect(faults).toEqual([])
  })

  test('halt asks first, is left alone by Escape, holds, is audited, and is taken back', async () => {
    const { page, faults } = await open('/audit')
    const halted = async () => (await engine.ask<{ halt: object | null }>('/api/engine')).halt !== null
    await page.getByRole('button', { name: 'Halt' }).click()
    await dialog(page).getByText('No new hedge is opened').waitFor()
    await page.keyboard.press('Escape')
    await dialog(page).waitFor({ state: 'detached' })
    expect(await halted()).toBe(false)
    await page.getByRole('button', { name: 'Halt' }).click()
    await dialog(page).getByLabel('Reason, for the audit').fill('looking at it')
    await page.keyboard.press('Enter')
    await page.getByText(/Halted by .*: looking at it/).waitFor()
    expect(await halted()).toBe(true)
    const lines = page.getByRole('region', { name: 'Rows of Commands' })
    await lines.getByText(/engine\.halt.*looking at it/).waitFor()
    await page.getByRole('button', { name: 'Resume', exact: true }).click()
    await dialog(page).getByRole('button', { name: 'Resume' }).click()
    await page.getByRole('button', { name: 'Halt', exact: true }).waitFor()
    expect(await halted()).toBe(false)
    expect(faults).toEqual([])
  })

  test('why a symbol is not taken is said in words, and the table downloads as it is shown', async () => {
    const { page, faults } = await open('/opportunities')
    const table = page.getByRole('region', { name: 'Rows of Tracked symbols' })
    await table
      .getByText(/^net carry of .+ % a year on capital is not above the entry bar of .+ % a year$/)
      .first()
      .waitFor()
    await page.getByLabel('Filter Tracked symbols').fill('not above the entry bar')
    const shown = await table.locator('tbody tr').count()
    await page.getByRole('button', { name: 'Freeze' }).click()
    const [file] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'CSV of Tracked symbols' }).click(),
    ])
    expect(file.suggestedFilename()).toBe('hedgerow-opportunities.csv')
    const lines = readFileSync(await file.path(), 'utf8')
      .trimEnd()
      .split('\r\n')
    expect(lines[0]).toContain('Symbol,Net APR,Taken?,Why')
    expect(lines.length - 1).toBeGreaterThan(0)
    expect(Math.abs(lines.length - 1 - shown)).toBeLessThanOrEqual(2)
    expect(faults).toEqual([])
  })

  test('a file holds every row there is, not only those loaded so far', async () => {
    const row = (at: number) => ({
      idempotencyKey: `key-${at}`,
      atMs: 1_700_000_000_000 - at,
      operator: 'ada',
      source: 'cli',
      target: 'engine',
      event: { type: 'engine.halt' },
      before: 'trading',
      after: 'halted',
      outcome: 'accepted',
    })
    const ROWS = 2345
    const { page } = await open('/')
    await page.route('**/api/audit?*', route => {
      const asked = new URL(route.request().url()).searchParams
      const from = Number(asked.get('cursor') ?? 0)
      const to = Math.min(ROWS, from + Number(asked.get('limit')))
      const rows = Array.from({ length: to - from }, (_, at) => row(from + at))
      return route.fulfill({ json: { rows, next: to < ROWS ? String(to) : null } })
    })
    await page.getByRole('link', { name: 'Audit' }).click()
    await page.getByRole('button', { name: 'Older rows' }).waitFor()
    const [file] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'CSV of Commands' }).click(),
    ])
    const lines = readFileSync(await file.path(), 'utf8')
      .trimEnd()
      .split('\r\n')
    expect(lines.length - 1).toBe(ROWS)
    expect(lines.at(-1)).toContain(`key-${ROWS - 1}`)
  })

  test('every answer the pages read is as the API documents it', async () => {
    const stored = await engine.ask<{ id: string; symbol: string; state: string }[]>('/api/hedges')
    // Of one that stands there is more to read; of a closed one its exit rules are no answer any more.
    const hedge = stored.find(({ state }) => state.startsWith('hedged')) ?? stored[0]
    const named: Record<string, string | undefined> = { id: hedge?.id, symbol: hedge?.symbol }
    for (const [path, schema] of Object.entries(ANSWERS) as [Path, (typeof ANSWERS)[Path]][]) {
      // A hedge may close at any moment, and has no actor then; its symbol stays.
      const id = path.startsWith('/api/actors') ? `symbol:${hedge?.symbol}` : hedge?.id
      const at = path.replace(/\{(\w+)\}/g, (_, name) =>
        encodeURIComponent((name === 'id' ? id : named[name]) ?? ''),
      )
      const read = schema.safeParse(await engine.ask(at))
      expect(read.error?.issues ?? [], path).toEqual([])
    }
  })

  test('the limits on requests are told in words beside their bars', async () => {
    const { page, faults } = await open('/ledger')
    const table = page.getByRole('region', { name: 'Rows of Request limits of the exchange' })
    const line = table.locator('tbody tr', { hasText: 'place spot orders' })
    await line.waitFor()
    expect(await line.textContent()).toMatch(/\d+ %\d+\d+20 in 1 s$/)
    expect(faults).toEqual([])
  })

  test.each(['/', '/ledger', '/alerts'])(
    'on %s the Tab key reaches everything that can be pressed',
    async at => {
      const { page } = await open(at)
      await isLive(page)
      await page.getByRole('heading', { level: 2 }).first().waitFor()
      const PRESSABLE = 'a[href], button:not(:disabled), input, select'
      await page.locator(PRESSABLE).evaluateAll(found => {
        for (const each of found) each.setAttribute('data-was-there', '')
      })
      // Regions that scroll are stops too, and so is what appears while the rest is walked.
      for (let stops = 0; stops < STOPS_MAX; stops++) {
        if ((await page.locator('[data-was-there]:visible').count()) === 0) break
        await page.keyboard.press('Tab')
        await page.locator(':focus').evaluateAll(([at]) => at?.removeAttribute('data-was-there'))
      }
      const missed = await page
        .locator('[data-was-there]:visible')
        .evaluateAll(found => found.map(each => each.outerHTML.slice(0, 120)))
      expect(missed).toEqual([])
    },
  )

  test('an engine killed under the page is missed, and back without a reload', async () => {
    const { page, faults } = await open('/', {}, AWAY)
    await isLive(page)
    await page.getByText('Open hedges').first().waitFor()
    await engine.kill()
    await page.getByText('The engine does not answer.').waitFor()
    expect(await page.locator('[data-stale="true"]').count()).toBe(1)
    // A page that was not loaded yet cannot come now: what must always be on screen stays.
    await page.getByRole('link', { name: 'Audit' }).first().click()
    await page.getByText('This page could not be shown').waitFor()
    await page.getByText('The engine does not answer.').waitFor()
    await engine.start()
    await isLive(page)
    await page.getByRole('heading', { level: 1, name: 'Audit' }).waitFor()
    expect(faults).toEqual([])
  })

  describe.each(['dark', 'light'] as const)('in %s', colorScheme => {
    test('alerts that stand, call or are over are free of what axe finds', async () => {
      const { page } = await open('/', { colorScheme, reducedMotion: 'reduce' })
      const alert = {
        alertId: 'feed.silent@spot@1',
        name: 'feed.silent',
        subject: 'spot',
        severity: 'page',
        message: 'Market data has fallen silent',
        detail: { ageMs: 68_301 },
        raisedAtMs: 1_700_000_000_000,
        clearedAtMs: null,
        acknowledgedAtMs: null,
        acknowledgedBy: null,
      }
      const over = { ...alert, alertId: 'over', severity: 'ticket', clearedAtMs: 1_700_000_060_000 }
      const taken = { ...alert, alertId: 'taken', subject: 'ETHUSDT', acknowledgedBy: 'ada' }
      await page.route('**/api/alerts*', route => route.fulfill({ json: [over, taken, alert] }))
      await page.getByRole('link', { name: 'Alerts' }).first().click()
      const lines = page.getByRole('region', { name: 'Rows of Alerts' }).locator('tbody tr')
      await lines.filter({ hasText: 'age 1 min 8 s' }).first().waitFor()
      expect(await lines.last().textContent()).toContain('after 1 min')
      expect((await new AxeBuilder({ page }).analyze()).violations.map(({ id }) => id)).toEqual([])
      await page.context().close()
    })

    test.each(PAGES)('%s is free of what axe finds, quiet and self-contained', async at => {
      const { page, faults } = await open(at, { colorScheme, reducedMotion: 'reduce' })
      await isLive(page)
      await page.getByRole('heading', { level: 1 }).waitFor()
      await page.getByRole('heading', { level: 2 }).first().waitFor()
      const { violations } = await new AxeBuilder({ page }).analyze()
      const found = violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' | ')}`)
      expect(found).toEqual([])
      expect(faults).toEqual([])
      await page.context().close()
    })
  })
})
