/** A browser that notes everything a quiet page must not do: errors on its console, requests to anywhere else. */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core'
import { until } from './engine-process.ts'

const ROOT = path.resolve(import.meta.dirname, '../../..')
const LOCK_MS_MAX = 120_000
const NODE = path.join(ROOT, 'node_modules/.bin/node')
/** `CHROMIUM` names one that is elsewhere. */
const CHROMIUM = [
  process.env.CHROMIUM ?? '',
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
].find(existsSync)

export const noBrowser = CHROMIUM === undefined
if (noBrowser)
  console.info('inspector: skipped, there is no chromium (apt-get install chromium, or name one in CHROMIUM)')

export const openBrowser = (): Promise<Browser> =>
  chromium.launch({ executablePath: CHROMIUM ?? '', args: ['--no-sandbox', '--disable-gpu'] })

/** Builds the pages when what is built is older than its sources; of files that ask at the same time one builds. */
export async function buildPages(): Promise<void> {
  const lock = path.join(tmpdir(), `hedgerow-pages${ROOT.replaceAll(path.sep, '-')}`)
  await until(async () => {
    try {
      mkdirSync(lock)
      return true
    } catch {
      // Another file builds; a lock as old as this is of a run that was killed.
      if (Date.now() - (statSync(lock, { throwIfNoEntry: false })?.mtimeMs ?? 0) > LOCK_MS_MAX)
        rmSync(lock, { recursive: true, force: true })
      return false
    }
  }, 2 * LOCK_MS_MAX)
  try {
    execFileSync(NODE, [path.join(ROOT, 'src/cli/kit/build-pages.ts')], { cwd: ROOT, stdio: 'pipe' })
  } finally {
    rmSync(lock, { recursive: true, force: true })
  }
}

export async function closePages(browser: Browser): Promise<void> {
  for (const context of browser.contexts()) await context.close()
}

export type Watched = {
  page: Page
  /** What the page did that a quiet page does not. */
  faults: string[]
}

/** A signed-in page. `expected` are console lines that the test itself brings about. */
export async function openPage(
  browser: Browser,
  { url, token }: { url: string; token: string },
  at: string,
  options: BrowserContextOptions = {},
  expected: RegExp = /^$/,
): Promise<Watched> {
  const context = await browser.newContext({ viewport: { width: 1600, height: 960 }, ...options })
  context.setDefaultTimeout(90_000)
  const page = await context.newPage()
  const faults: string[] = []
  page.on('console', message => {
    if (['error', 'warning'].includes(message.type()) && !expected.test(message.text()))
      faults.push(`console: ${message.text()}`)
  })
  page.on('pageerror', error => faults.push(`thrown: ${error.message}`))
  page.on('request', request => {
    if (!request.url().startsWith(url) && !/^(data|blob):/.test(request.url()))
      faults.push(`outside: ${request.url()}`)
  })
  await context.request.post(`${url}/api/session`, { data: { token }, headers: { origin: url } })
  await page.goto(url + at)
  return { page, faults }
}
