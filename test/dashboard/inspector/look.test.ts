/** Everybody can read and reach the inspector: axe, contrast inside the drawing, reduced motion, keys of the drawing. */
import { AxeBuilder } from '@axe-core/playwright'
import type { Browser } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { buildPages, closePages, noBrowser, openBrowser, openPage } from '../../support/browser/browser.ts'
import { type Contrast, contrasts } from '../../support/browser/contrast.ts'
import { CROWD_TOKEN, type Crowd, crowd } from '../../support/browser/crowd.ts'

describe.skipIf(noBrowser)('the look of the inspector', () => {
  let actors: Crowd
  let browser: Browser
  const open = (options: object = {}, id = 'hedge:0001') =>
    openPage(browser, { url: actors.api.url, token: CROWD_TOKEN }, `/inspector/${id}`, options)

  beforeAll(async () => {
    await buildPages()
    ;[actors, browser] = await Promise.all([crowd(30), openBrowser()])
    for (const type of ['leg.ask', 'leg.lost', 'hedge.retry']) actors.runtime.deliver('hedge:0001', { type })
    for (const type of ['legs.level', 'legs.fail']) actors.runtime.deliver('hedge:0002', { type })
  })
  afterAll(async () => {
    await browser?.close()
    await actors?.close()
  })

  afterEach(() => closePages(browser))

  describe.each(['dark', 'light'] as const)('%s', colorScheme => {
    test('axe finds nothing, on any of the tabs', async () => {
      const { page, faults } = await open({ colorScheme })
      await page.locator('[data-laid-out=true]').waitFor()
      for (const tab of ['Event log', 'Sequence', 'Context']) {
        await page.getByRole('tab', { name: tab }).click()
        const { violations } = await new AxeBuilder({ page: page as never }).include('.inspector').analyze()
        expect(violations.map(({ id, nodes }) => `${tab}: ${id}: ${nodes[0]?.html}`)).toEqual([])
      }
      expect(faults).toEqual([])
    })

    test.each(['hedge:0001', 'hedge:0002'])('every text in the drawing of %s can be read', async id => {
      const { page } = await open({ colorScheme, reducedMotion: 'reduce' }, id)
      await page.locator('[data-laid-out=true]').waitFor()
      await page.locator('.box-title').first().waitFor()
      const found = await page.evaluate(contrasts, 'svg.chart')
      expect(found.length).toBeGreaterThan(10)
      const faint = found.filter(({ ratio }: Contrast) => ratio < 4.5)
      expect(faint).toEqual([])
    })
  })

  test('nothing moves by itself for those who asked for that', async () => {
    const { page } = await open({ reducedMotion: 'reduce' })
    await page.locator('.pill[data-taken=true]').first().waitFor()
    const moving = await page.locator('.chart *').evaluateAll(parts =>
      parts.flatMap(part => {
        const { getComputedStyle } = globalThis as unknown as {
          getComputedStyle(of: unknown): { animationName: string; transitionDuration: string }
        }
        const { animationName, transitionDuration } = getComputedStyle(part)
        return animationName !== 'none' || !/^0s/.test(transitionDuration)
          ? [part.outerHTML.slice(0, 80)]
          : []
      }),
    )
    expect(moving).toEqual([])
  })

  test('a countdown runs on the pill of its timer', async () => {
    const { page } = await open({}, 'hedge:0003')
    await page.locator('[data-laid-out=true]').waitFor()
    for (const type of ['leg.ask', 'leg.lost']) actors.runtime.deliver('hedge:0003', { type })
    const countdown = page.locator('[data-edge*="SILENCE"] [data-testid=countdown]').first()
    await countdown.waitFor()
    const first = await countdown.textContent()
    await expect.poll(() => countdown.textContent()).not.toBe(first)
  })

  test('trouble is one press away, and only trouble is left', async () => {
    const { page } = await open()
    await page.locator('[role=treeitem]').first().waitFor()
    await page.keyboard.press('t')
    await page.locator('[data-actor="hedge:0002"]').waitFor()
    await expect.poll(() => page.locator('[role=treeitem]').count()).toBeLessThan(30)
    const tones = await page
      .locator('[role=treeitem]')
      .evaluateAll(lines => lines.map(line => line.getAttribute('data-tone')))
    expect(tones).toContain('bad')
    expect(tones.filter(tone => tone !== 'bad' && tone !== 'warn')).toEqual([])
  })
})
