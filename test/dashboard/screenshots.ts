/**
 * Pictures of every page, of an engine that has traded for a while: `npm run screenshots -- FOLDER`.
 * Two sizes, dark and light; at the end with trouble that the pages must tell of. They are looked at, not compared: prices
 * never come twice.
 */
import { mkdirSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { Browser } from 'playwright-core'
import { buildPages, noBrowser, openBrowser, openPage } from '../support/browser/browser.ts'
import { type EngineProcess, engineProcess, TOKEN, until } from '../support/browser/engine-process.ts'

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
  await buildPages()
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
      audit: '/audit',
      inspector: `/inspector/${encodeURIComponent(`hedge:${hedge}`)}`,
    }
    await picture({ engine, browser, folder }, pages)
    await trouble(engine)
    await picture({ engine, browser, folder }, { alerts: '/alerts', troubled: '/', differing: '/ledger' })
  } finally {
    await browser.close()
    await engine.stop()
  }
}

type Studio = { engine: EngineProcess; browser: Browser; folder: string }

async function picture({ engine, browser, folder }: Studio, pages: Readonly<Record<string, string>>) {
  for (const viewport of SIZES)
    for (const colorScheme of THEMES)
      for (const [name, at] of Object.entries(pages)) {
        const { page } = await openPage(browser, { url: engine.url, token: TOKEN }, at, {
          viewport,
          colorScheme,
        })
        // The first part of a page, or the chart of the inspector.
        await page
          .locator(name === 'inspector' ? '[data-laid-out=true]' : 'main h2')
          .first()
          .waitFor()
        await page.waitForTimeout(SETTLE_MS)
        await page.screenshot({ path: path.join(folder, `${name}-${viewport.width}-${colorScheme}.png`) })
        await page.context().close()
      }
}

/** A person trades beside the engine, and the exchange falls silent for a few minutes of its time. */
async function trouble(engine: EngineProcess): Promise<void> {
  const exchange = engine.exchange()
  const order = { category: 'linear', symbol: 'ETHUSDT', side: 'Buy', orderType: 'Market', qty: '0.5' }
  await fetch(`${exchange.url}/simulator/faults`, {
    method: 'PUT',
    body: JSON.stringify({ faults: [{ name: 'human-trades', times: 1, ms: 1000, order }] }),
  })
  const stands = async (name: string) =>
    (await engine.ask<{ name: string; clearedAtMs: number | null }[]>('/api/alerts')).some(
      alert => alert.name.startsWith(name) && alert.clearedAtMs === null,
    )
  await until(() => stands('account.foreign'), 60_000)
  process.kill(exchange.pid, 'SIGSTOP')
  try {
    await until(() => stands('feed.silent'), 60_000)
  } finally {
    process.kill(exchange.pid, 'SIGCONT')
  }
  await pause(SETTLE_MS)
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
