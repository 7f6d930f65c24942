/**
 * Pictures of every page, of an engine that has traded for a while: `npm run screenshots -- FOLDER`.
 * Two sizes, dark and light. They are looked at, not compared: prices never come twice.
 */
import { mkdirSync } from 'node:fs'
import path from 'node:path'
import { buildPages, noBrowser, openBrowser, openPage } from '../inspector/browser.ts'
import { engineProcess, TOKEN, until } from '../inspector/engine-process.ts'

const SIZES = [
  { width: 1366, height: 768 },
  { width: 1600, height: 960 },
]
const THEMES = ['dark', 'light'] as const
/** Prices, charts and their layout have come by then; wall milliseconds. */
const SETTLE_MS = 2500

type Row = { id: string; state: string; settlements: number }

async function main(folder: string): Promise<void> {
  mkdirSync(folder, { recursive: true })
  buildPages()
  const engine = await engineProcess()
  const browser = await openBrowser()
  try {
    await until(async () => (await engine.ask<Row[]>('/api/hedges')).some(isWorthSeeing), 240_000)
    const hedge = (await engine.ask<Row[]>('/api/hedges')).find(isWorthSeeing)?.id ?? ''
    const pages = {
      overview: '/',
      hedge: `/hedges/${hedge}`,
      opportunities: '/opportunities',
      funding: '/funding',
      ledger: '/ledger',
      alerts: '/alerts',
      audit: '/audit',
      inspector: `/inspector/${encodeURIComponent(`hedge:${hedge}`)}`,
    }
    for (const viewport of SIZES) {
      for (const colorScheme of THEMES) {
        for (const [name, at] of Object.entries(pages)) {
          const { page } = await openPage(browser, { url: engine.url, token: TOKEN }, at, {
            viewport,
            colorScheme,
          })
          await page.getByRole('heading', { level: 1 }).waitFor()
          await page.waitForTimeout(SETTLE_MS)
          await page.screenshot({ path: path.join(folder, `${name}-${viewport.width}-${colorScheme}.png`) })
          await page.context().close()
        }
      }
    }
  } finally {
    await browser.close()
    await engine.stop()
  }
}

const isWorthSeeing = ({ state, settlements }: Row) => state.startsWith('hedged') && settlements > 0

const [folder] = process.argv.slice(2)
if (folder === undefined) {
  process.stderr.write('usage: npm run screenshots -- FOLDER\n')
  process.exitCode = 2
} else if (noBrowser) {
  process.exitCode = 1
} else {
  await main(path.resolve(folder))
}
