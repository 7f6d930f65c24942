/**
 * The pages over an engine that stands still: what they tell of a hedge of each kind that figures go wrong on, and that what is
 * not known yet, what is nothing and what is there are three things on each of them.
 */
import { AxeBuilder } from '@axe-core/playwright'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { CLOSED_ID } from '../support/api/sample-past.ts'
import { emptyView, SAMPLES, sampleView } from '../support/api/sample-view.ts'
import { buildPages, noBrowser, openBrowser, openPage, type Watched } from '../support/browser/browser.ts'
import { type Stage, stage } from '../support/browser/stage.ts'

let browser: Browser
let full: Stage
let empty: Stage

const HEDGE = '/hedges/LONG000001'
const PAGES = [
  '/',
  '/hedges',
  '/opportunities',
  '/symbols/XRPUSDT',
  '/funding',
  '/ledger',
  '/alerts',
  '/audit',
  '/reports',
  '/settings',
]
/** What says that there is nothing. */
const NOTHING = /\b(nothing|none|no \w+ (has|have|was)|ties out|agrees|0 ·)\b|residual 0|\ball level\b|^0$/im

const opened = new Map<Stage, Watched>()

/** One page for each engine, sent from place to place: what it did wrong since is told of this place alone. */
async function visit(on: Stage, at: string): Promise<Watched> {
  const watched = opened.get(on) ?? (await openPage(browser, on, '/settings', { reducedMotion: 'reduce' }))
  opened.set(on, watched)
  watched.faults.length = 0
  await watched.page.goto(on.url + at)
  return watched
}
const shown = (page: Page) => page.locator('main').innerText()
const isLoading = async (page: Page) => /loading…|asking the exchange…|reckoning/i.test(await shown(page))

describe.skipIf(noBrowser)('the pages', () => {
  beforeAll(async () => {
    await buildPages()
    browser = await openBrowser()
    full = await stage(sampleView())
    empty = await stage(emptyView())
  })
  afterAll(async () => {
    await browser?.close()
    await full?.close()
    await empty?.close()
  })

  test.each([...PAGES, HEDGE])(
    '%s: before anything is known it says so, and of nothing that there is none',
    async at => {
      const { page, faults } = await visit(full, '/settings')
      // Every question stays open, the stream among them.
      await page.route(/\/api\//, () => undefined)
      await page.goto(full.url + at)
      await expect.poll(() => isLoading(page)).toBe(true)
      const text = await shown(page)
      await page.unrouteAll({ behavior: 'ignoreErrors' })
      expect(text).not.toMatch(NOTHING)
      expect(faults).toEqual([])
    },
  )

  test.each(PAGES)('%s: where there is nothing it says that, and no longer that it loads', async at => {
    const { page, faults } = await visit(empty, at)
    await expect.poll(async () => (await shown(page)).length > 40 && !(await isLoading(page))).toBe(true)
    // What is configured is never nothing.
    if (at !== '/settings') expect(await shown(page)).toMatch(/nothing|\bno\b|none|nobody|not tracked/i)
    expect(faults).toEqual([])
  })

  test.each([...PAGES, HEDGE])('%s: with data it shows it, quietly', async at => {
    const { page, faults } = await visit(full, at)
    await expect.poll(async () => (await shown(page)).length > 40 && !(await isLoading(page))).toBe(true)
    const { violations } = await new AxeBuilder({ page }).analyze()
    expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' | ')}`)).toEqual(
      [],
    )
    expect(await shown(page)).not.toMatch(/undefined|NaN|\[object/)
    expect(faults).toEqual([])
  })

  test.each([HEDGE, '/hedges', '/symbols/1000XRPUSDT', '/settings'])(
    '%s is free of what axe finds',
    async at => {
      const { page } = await visit(full, at)
      await expect.poll(async () => (await shown(page)).length > 40 && !(await isLoading(page))).toBe(true)
      const { violations } = await new AxeBuilder({ page }).analyze()
      expect(
        violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' | ')}`),
      ).toEqual([])
    },
  )

  test.each([...SAMPLES.map(({ context }) => context.plan.hedgeId), CLOSED_ID])(
    'hedge %s is shown whole',
    async id => {
      const { page, faults } = await visit(full, `/hedges/${id}`)
      await page.getByRole('heading', { name: 'Profit by its parts' }).waitFor()
      if (id !== CLOSED_ID) {
        await page.getByRole('heading', { name: 'What would make it close' }).waitFor()
        await page.getByText('Net after closing, USDT').waitFor()
      }
      expect(await shown(page)).not.toMatch(/undefined|NaN|\[object/)
      expect(faults).toEqual([])
    },
  )

  test('unwinding asks with the symbol, the size, and what closing costs and leaves', async () => {
    const { page } = await visit(full, '/hedges/REVERSE001')
    await page.getByRole('button', { name: 'Unwind' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByText('Net after closing, USDT').waitFor()
    const text = await dialog.innerText()
    expect(text).toContain('Unwind XRPUSDT REVERSE001?')
    expect(text).toContain('XRPUSDT, 1,000.00 USDT')
    expect(text).toMatch(/buy 400\.41 XRP on spot at 2\.50025; sell 400 XRP of the perpetual at 2\.49975/)
    expect(text.replace(/\s+/g, ' ')).toMatch(
      /Net now \+6\.50 Taker fees −1\.55 Slippage at current depth −0\.20 Net after closing, USDT \+4\.75/,
    )
  })

  test('a part of a hedge is closed from the same question, told with its share and its cost', async () => {
    const { page } = await visit(full, '/hedges/LONG000001')
    await page.getByRole('button', { name: 'Unwind' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByRole('button', { name: '25' }).click()
    await dialog.getByText('25 % of it').waitFor()
    const text = await dialog.innerText()
    expect(text).toContain('Unwind a part of XRPUSDT LONG000001?')
    expect(text).toMatch(/sell 100 XRP on spot at .*; buy 100 XRP of the perpetual/)
    const asked = page.waitForRequest(request => request.method() === 'POST')
    await dialog.getByRole('button', { name: 'Close the part' }).click()
    expect((await asked).postDataJSON()).toMatchObject({ type: 'hedge.unwind-part', share: '0.25' })
  })

  test('flattening asks with each hedge, its size, and what is left of all', async () => {
    const { page } = await visit(full, '/')
    await page.getByRole('button', { name: 'Flatten…' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByText('Net after closing, USDT').waitFor()
    const rows = await dialog.locator('tbody tr').allInnerTexts()
    expect(rows).toHaveLength(SAMPLES.length)
    expect(rows.find(row => row.includes('FAILED0001'))).toMatch(/XRPUSDT FAILED0001\s+1,000\s+\+0\.90/)
  })

  test('flattening nothing says that there is nothing to close', async () => {
    const { page } = await visit(empty, '/')
    await page.getByRole('button', { name: 'Flatten…' }).click()
    await expect.poll(() => page.getByRole('dialog').innerText()).toContain('there is nothing to close')
  })

  test('what no hedge claims stands on the overview in amber, in USDT, and nothing green beside it says all is well', async () => {
    const { page } = await visit(full, '/')
    const tile = page.locator('dl > div', { hasText: 'Account delta' })
    await tile.getByText('1,500 belongs to no hedge').waitFor()
    expect(await tile.locator('.text-warn').innerText()).toBe('+1,500.00')
    await page.getByText('No hedge claims position ETHUSDT').waitFor()
    expect(await page.locator('.text-good', { hasText: 'Agrees' }).count()).toBe(0)
  })

  test('a year’s return stands beside its capital; below a day of use it is none', async () => {
    const { page } = await visit(full, '/')
    const table = page.getByRole('region', { name: 'Rows of Earned by period' })
    await table.getByText('+28.7 %').first().waitFor()
    await page.getByRole('group', { name: 'Period' }).getByRole('button', { name: 'Day' }).click()
    await expect.poll(() => table.innerText()).toContain('under a day')
  })

  test('past hedges are found by symbol, reason, result and time, and the address keeps the search', async () => {
    const { page } = await visit(full, '/hedges')
    const rows = page.getByRole('region', { name: 'Rows of All hedges' }).locator('tbody tr')
    await expect.poll(() => rows.count()).toBe(SAMPLES.length + 1)
    await page.getByLabel('Closed or failed because').selectOption('carry-gone')
    await expect.poll(() => rows.count()).toBe(1)
    expect(page.url()).toContain('reason=carry-gone')
    await page.getByLabel('Result').selectOption('loss')
    await page.getByText('No hedge matches.').waitFor()
    await page.goto(`${full.url}/hedges?symbol=1000XRPUSDT`)
    await expect.poll(() => rows.count()).toBe(1)
    await page.goto(`${full.url}/hedges?result=gain&until=2026-01-01`)
    await page.getByText('No hedge matches.').waitFor()
  })

  test('Ctrl K goes to a hedge by its symbol and gives the commands of the head; ? lists the keys', async () => {
    const { page, faults } = await visit(full, '/')
    await page.getByRole('heading', { name: 'Open hedges' }).waitFor()
    await page.getByText('MULTIPLE01').first().waitFor()
    await page.keyboard.press('Control+k')
    const palette = page.getByRole('combobox', { name: 'Go to a page, symbol, hedge or actor' })
    await palette.fill('1000xrp hedge')
    await page.getByRole('option', { name: '1000XRPUSDT MULTIPLE01 open hedge' }).waitFor()
    await palette.press('Enter')
    await expect.poll(() => page.url()).toContain('/hedges/MULTIPLE01')
    await page.keyboard.press('Control+k')
    await palette.fill('halt')
    await palette.press('Enter')
    await page.getByRole('dialog').getByText('Halt the engine?').waitFor()
    await page.keyboard.press('Escape')
    await page.getByRole('dialog').waitFor({ state: 'hidden' })
    await page.keyboard.press('?')
    await page.getByRole('dialog').getByRole('heading', { name: 'Keys and help' }).waitFor()
    expect((await new AxeBuilder({ page }).analyze()).violations.map(({ id }) => id)).toEqual([])
    expect(faults).toEqual([])
  })

  test('an address of no page says so and leads back', async () => {
    const { page } = await visit(full, '/no/such/page')
    await page.getByRole('heading', { level: 1, name: 'No such page' }).waitFor()
    await page.getByRole('link', { name: 'Back to the overview' }).click()
    await expect.poll(() => page.url()).toBe(`${full.url}/`)
  })

  test('the tab tells of alerts and of a halt, by its title and its icon', async () => {
    const view = sampleView()
    const troubled = await stage(view)
    try {
      const { page } = await visit(troubled, '/ledger')
      await expect.poll(() => page.title()).toBe('Ledger and account · Hedgerow')
      const icon = () => page.locator('link[rel="icon"]').getAttribute('href')
      const calm = await icon()
      view.standing.push({
        ...{
          alertId: 'a',
          name: 'feed.silent',
          subject: 'spot',
          severity: 'page',
          message: 'silent',
          detail: {},
        },
        ...{ raisedAtMs: 1, clearedAtMs: null, acknowledgedAtMs: null, acknowledgedBy: null },
      })
      await view.halt({ by: 'ada', idempotencyKey: 'halt', source: 'api' }, 'maintenance')
      await page.reload()
      await expect.poll(() => page.title()).toBe('(1) ■ halted · Ledger and account · Hedgerow')
      expect(await icon()).not.toBe(calm)
    } finally {
      await troubled.close()
    }
  })
})
