/**
 * Three ways to run the tests, by vitest's `--mode`:
 *
 *   gate  `npm test`: units, models and contracts, and one round of each thing that needs processes or a browser
 *   long  `npm run test:long`: whole days, situations and crashes, and what draws at random anew and more often
 *   test  `npx vitest run FILE…`: any file, as the gate runs it
 */
import { globSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { defineConfig } from 'vitest/config'

/** What takes minutes: simulated days, databases and exchanges that are killed, whole engines, browsers. */
const LONG = [
  'test/backtest/replay/replay.test.ts',
  'test/cli/commands/data-download.test.ts',
  'test/cli/engine.test.ts',
  'test/dashboard/inspector/*-page.test.ts',
  'test/dashboard/inspector/look.test.ts',
  'test/dashboard/pages.test.ts',
  'test/exchange/simulator/server/process.test.ts',
  'test/store/embedded/*.test.ts',
  'test/whole/days/{days,planted}.test.ts',
  'test/whole/{operations,situations}/*.test.ts',
  'test/whole/process/{bad-starts,frozen,guard,installed,new-key,one-account,readiness,unread}.test.ts',
]

/** Files that change nothing they share: one worker runs them one after the other, and imports once. */
const SHARING = [
  'test/{actors,alerts,config,domain,machines,run,telemetry,tidy,views,wording}/**/*.test.ts',
  'test/exchange/simulator/core/*.test.ts',
]

const isOf = (globs: readonly string[]) => (file: string) => globs.some(glob => path.matchesGlob(file, glob))

/** Draws at random, or does more when it has the time. */
const isDrawing = (file: string) =>
  /from 'fast-check'|inject\('thorough'\)|often\(/.test(readFileSync(file, 'utf8'))

function filesOf(mode: string): string[] {
  const files = globSync('test/**/*.test.ts', { cwd: import.meta.dirname })
  const isLong = isOf(LONG)
  if (mode === 'long')
    return files.filter(file => isLong(file) || isDrawing(path.join(import.meta.dirname, file)))
  return mode === 'gate' ? files.filter(file => !isLong(file)) : files
}

export default defineConfig(({ mode }) => {
  const isLong = mode === 'long'
  // Fixed where a change is judged, so that it is not red by chance; fresh where counterexamples are looked for.
  const seed = Number(process.env.HEDGEROW_TEST_SEED ?? (isLong ? Date.now() % 2 ** 31 : 20_261_201))
  const report = process.env.TEST_REPORT
  if (isLong) process.stdout.write(`properties are drawn with HEDGEROW_TEST_SEED=${seed}\n`)
  const files = filesOf(mode)
  return {
    test: {
      projects: [
        { extends: true, test: { name: 'sharing', include: files.filter(isOf(SHARING)), isolate: false } },
        { extends: true, test: { name: 'apart', include: files.filter(file => !isOf(SHARING)(file)) } },
      ],
      provide: { thorough: isLong, propertySeed: seed },
      setupFiles: ['test/support/properties.ts'],
      // One database server and one build of the pages for the run, made by the first test that asks for it.
      globalSetup: ['test/support/store/shared-server.ts'],
      // Real processes and databases: two cores carry two workers, more only make timings worse.
      maxWorkers: 2,
      // What waits says what for. These end what hangs, on a machine that does much else too.
      testTimeout: isLong ? 900_000 : 240_000,
      hookTimeout: 240_000,
      expect: { requireAssertions: true, poll: { timeout: 60_000, interval: 50 } },
      reporters: report ? ['default', 'json'] : ['default'],
      ...(report ? { outputFile: { json: report } } : {}),
      coverage: {
        include: ['src/**/*.ts', 'actors/**/*.ts', 'machines/**/*.ts'],
        exclude: ['src/dashboard/**', 'src/store/migrations/**'],
        reporter: ['text-summary'],
      },
    },
  }
})
