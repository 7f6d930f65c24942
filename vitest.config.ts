import { defineConfig } from 'vitest/config'

/** Where CI wants the figures of the run. */
const report = process.env.TEST_REPORT

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // One database server for the run, started by the first test that asks for it.
    globalSetup: ['test/support/store/shared-server.ts'],
    // Real processes and databases: two cores carry two workers, more only make timings worse.
    maxWorkers: 2,
    testTimeout: 30_000,
    reporters: report ? ['default', 'json'] : ['default'],
    ...(report ? { outputFile: { json: report } } : {}),
    hookTimeout: 60_000,
  },
})
