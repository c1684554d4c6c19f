import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: [
      'packages/*/test/**/*.test.ts',
      'apps/*/test/**/*.test.ts',
      'bench/test/**/*.test.ts',
      'examples/*/test/**/*.test.ts',
      'tests/**/*.test.ts',
    ],
    // Starts nothing by itself: the first test file that asks for a database makes it start PostgreSQL.
    globalSetup: 'tests/support/global-setup.ts',
    // A process for each file: some end child processes, set signal handlers or change the environment.
    pool: 'forks',
    // Tests start servers of their own; more files at once only make them wait for each other.
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 60_000,
    watch: false,
  },
});
