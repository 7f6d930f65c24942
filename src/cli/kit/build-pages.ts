/**
 * Builds the pages into `dist/` when they are missing or older than their sources; run before `npm start`.
 * Never fatal: without them the engine serves its plain page.
 */
import { globSync, statSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('../../..', import.meta.url))
/** What is bundled; of the API the pages import types alone. */
const SOURCES = ['src/dashboard/**/*', 'src/wording/*.ts', 'vite.config.ts', 'package-lock.json']

const newest = (patterns: readonly string[]): number =>
  Math.max(0, ...patterns.flatMap(each => globSync(each, { cwd: ROOT })).map(file => changedAtMs(file)))

function changedAtMs(file: string): number {
  const found = statSync(`${ROOT}/${file}`)
  return found.isFile() ? found.mtimeMs : 0
}

if (newest(['dist/index.html']) < newest(SOURCES)) {
  process.stdout.write('building the pages (once, and again when they change)…\n')
  try {
    const { build } = await import('vite')
    await build({ configFile: `${ROOT}/vite.config.ts`, logLevel: 'warn' })
  } catch (error) {
    const found = error instanceof Error ? error.message : String(error)
    process.stderr.write(`the pages were not built, the plain page is served: ${found.split('\n')[0]}\n`)
  }
}
