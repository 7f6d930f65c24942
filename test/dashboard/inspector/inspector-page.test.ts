/** The inspector in a real browser, on a real engine that trades with the simulated exchange. */
import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { buildPages, closePages, noBrowser, openBrowser, openPage } from '../../support/browser/browser.ts'
import { type EngineProcess, engineProcess, TOKEN, until } from '../../support/browser/engine-process.ts'

type Row = { id: string; kind: string; state: string; version: number }

/** Gone already counts as late. */
const LATE = /status of (409|404)/
const AWAY = /ERR_|status of 401|status of 503/

describe.skipIf(noBrowser)('the inspector', () => {
  let engine: EngineProcess
  let browser: Browser
  let closedHedge = ''
  const open = (at: string, options = {}, expected?: RegExp) =>
    openPage(browser, { url: engine.url, token: TOKEN }, at, options, expected)
  const hedges = async () => (await engine.ask<Row[]>('/api/actors?kind=hedge')) ?? []
  const active = (page: Page, node: string) =>
    page.locator(`[data-node="${node}"][data-state="active"]`).waitFor({ timeout: 80_000 })
  const inspect = (id: string) => `/inspector/${encodeURIComponent(id)}`
  const hedgedOne = async (but = ''): Promise<string> => {
    let found: Row | undefined
    await until(async () => {
      found = (await hedges()).find(({ id, state }) => id !== but && state === 'hedged.watching')
      return found
    }, 90_000)
    return found?.id ?? ''
  }

  beforeAll(async () => {
    await buildPages()
    ;[engine, browser] = await Promise.all([engineProcess(), openBrowser()])
  })
  afterEach(() => closePages(browser))
  afterAll(async () => {
    await browser?.close()
    await engine?.stop()
  })

  test('the chart follows a hedge from its birth until it is hedged', async () => {
    const { page, faults } = await open(inspect('desk'))
    await page.locator('[data-laid-out=true]').waitFor()
    const line = page.locator('[data-actor^="hedge:"]').first()
    await line.waitFor({ timeout: 90_000 })
    await line.click()
    await active(page, 'hedge.hedged.watching')
    expect(await page.locator('[data-testid=state-part]').first().textContent()).toBe('hedged.watching')
    // What led there is in the log, and an edge of the chart was marked as taken.
    await page.locator('[data-testid=log] [data-type="legs.verified"]').waitFor()
    await page.locator('.pill[data-taken=true]').first().waitFor()
    // Regions that rest are folded: the loop of unwinding is one box.
    expect(await page.locator('[data-node="hedge.unwinding.work"]').count()).toBe(0)
    expect(faults).toEqual([])
  })

  test('a person unwinds a hedge from its chart, and sees it close', async () => {
    const id = await hedgedOne()
    const { page, faults } = await open(inspect(id))
    await active(page, 'hedge.hedged.watching')
    const pill = page.locator('.pill[role=button][data-edge*="hedge.unwind"]').first()
    // Hovering shows where it would lead.
    await pill.hover()
    await page.locator('[data-node="hedge.unwinding"][data-target=true]').waitFor()
    await pill.focus()
    await page.keyboard.press('Enter')
    // By the symbol: an id alone says nothing to a person.
    const dialog = page.getByRole('dialog', {
      name: new RegExp(`^Send hedge.unwind to \\w+USDT ${id.replace('hedge:', '')}\\?$`),
    })
    await dialog.waitFor()
    expect(await dialog.textContent()).toContain('unwinding')
    await page.keyboard.press('Escape')
    expect((await engine.ask<Row>(`/api/actors/${id}`)).state).toBe('hedged.watching')
    await page.locator('[data-event="hedge.unwind"]').click()
    await page.getByLabel('Reason').fill('a test')
    await page.getByRole('dialog').getByRole('button', { name: 'Send hedge.unwind' }).click()
    await active(page, 'hedge.closed')
    await page.getByText('This actor has ended').waitFor()
    closedHedge = id
    expect(faults).toEqual([])
  })

  test('an event is refused when the state moved meanwhile, and the present one is told', async () => {
    const id = await hedgedOne(closedHedge)
    const { page, faults } = await open(inspect(id), {}, LATE)
    await active(page, 'hedge.hedged.watching')
    await page.locator('[data-event="hedge.unwind"]').click()
    const dialog = page.getByRole('dialog')
    await dialog.waitFor()
    expect(await engine.send(id, { type: 'hedge.unwind', because: 'somebody was faster' })).toBe(202)
    await page.getByRole('dialog').getByRole('button', { name: 'Send hedge.unwind' }).click()
    const alert = dialog.getByRole('alert')
    await alert.waitFor()
    expect(await alert.textContent()).toMatch(/unwinding|closed|nothing is called/)
    expect(faults).toEqual([])
  })

  test('stepping back shows an earlier state, and says that it is not live', async () => {
    const { page, faults } = await open(inspect(closedHedge))
    await active(page, 'hedge.closed')
    const { seq } = await engine.ask<{ seq: number }>(`/api/actors/${closedHedge}/at/last`)
    await page.keyboard.press('[')
    await page
      .getByTestId('not-live')
      .getByText(`Step ${seq - 1} of ${seq}`)
      .waitFor()
    await active(page, 'hedge.unwinding')
    await page.goto(`${engine.url}${inspect(closedHedge)}?step=1`)
    await active(page, 'hedge.entering')
    await page.getByTestId('context').getByText('enteredAtMs').waitFor()
    await page.keyboard.press(']')
    await page.getByTestId('not-live').getByText(`Step 2 of ${seq}`).waitFor()
    expect(faults).toEqual([])
  })

  test('a page that is left open sees the engine come back, and a closed hedge outlives the restart', async () => {
    const { page, faults } = await open(inspect('engine'), {}, AWAY)
    await active(page, 'engine.trading')
    await engine.kill()
    await page.getByTestId('line').waitFor()
    await engine.start()
    const back = await open(inspect(closedHedge))
    await active(back.page, 'hedge.closed')
    await back.page.getByTestId('not-live').getByText('This actor has ended').waitFor()
    // What it heard before the restart comes from its journal.
    await back.page.getByRole('tab', { name: 'Event log' }).click()
    await back.page.locator('[data-testid=log] [data-type="hedge.unwind"]').waitFor()
    expect(back.faults).toEqual([])
    // Where sessions end with the process, the open page asks for a new one and goes on where it was.
    const token = page.getByLabel('Token')
    const trading = page.locator('[data-node="engine.trading"][data-state="active"]')
    await token.or(trading).first().waitFor({ timeout: 60_000 })
    if (await token.isVisible()) {
      await token.fill(TOKEN)
      await page.keyboard.press('Enter')
    }
    await page.getByTestId('line').waitFor({ state: 'detached', timeout: 60_000 })
    await active(page, 'engine.trading')
    expect(faults).toEqual([])
  })

  test('everything is reached by keys', async () => {
    const { page, faults } = await open(inspect('engine'))
    await page.locator('[data-laid-out=true]').waitFor()
    await page.keyboard.press('a')
    for (let lines = 0; lines < 3; lines++) await page.keyboard.press('ArrowDown')
    await page.keyboard.press('Enter')
    await until(async () => !page.url().endsWith('/engine'), 10_000)
    await page.locator('[data-laid-out=true]').waitFor()
    const follow = page.getByRole('button', { name: 'Follow' })
    expect(await follow.getAttribute('aria-pressed')).toBe('true')
    await page.keyboard.press('f')
    await page.locator('button[aria-pressed=false]', { hasText: 'Follow' }).waitFor()
    await page.keyboard.press('w')
    await page.locator('button[aria-pressed=true]', { hasText: 'Follow' }).waitFor()
    await page.keyboard.press('/')
    await page.keyboard.type('symbol:btc')
    await until(async () => (await page.locator('[role=treeitem]').count()) === 1, 10_000)
    await page.keyboard.press('Tab')
    expect(faults).toEqual([])
  })
})
