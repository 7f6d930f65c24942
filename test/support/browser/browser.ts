/** A browser that notes everything a quiet page must not do: errors on its console, requests to anywhere else. */
import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, statSync } from 'node:fs'
import path from 'node:path'
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core'

const ROOT = path.resolve(import.meta.dirname, '../../..')
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

/** Builds the pages when what is built is older than what it is built from. */
export function buildPages(): void {
  const built = path.join(ROOT, 'dist/index.html')
  const newest = (folder: string): number =>
    Math.max(
      ...readdirSync(folder, { recursive: true, withFileTypes: true })
        .filter(entry => entry.isFile())
        .map(entry => statSync(path.join(entry.parentPath, entry.name)).mtimeMs),
    )
  if (existsSync(built) && statSync(built).mtimeMs > newest(path.join(ROOT, 'src/dashboard'))) return
  execFileSync(path.join(ROOT, 'node_modules/.bin/vite'), ['build'], { cwd: ROOT, stdio: 'pipe' })
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
