import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // One database server for the run, started by the first test that asks for it.
    globalSetup: ['test/store/shared-server.ts'],
    // Real processes and databases: two cores carry two workers, more only make timings worse.
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
})
