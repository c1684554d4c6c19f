import { defineConfig } from 'vitest/config';
import { missingEngines } from './tests/support/engines.ts';

/** What every test file gets. */
const common = {
  // Starts nothing by itself: the first test file that asks for a store makes it start.
  globalSetup: 'tests/support/global-setup.ts',
  // A process for each file: some end child processes, set signal handlers or change the environment.
  pool: 'forks',
  testTimeout: 30_000,
  hookTimeout: 60_000,
} as const;

/** What people do at the page, which is tested on both sets of engines, too. */
const webClient = 'apps/web/test/{chat-list,groups,media,people}.test.ts';

const missing = await missingEngines();
const cluster = !('redis' in missing) && !('nats' in missing);

export default defineConfig({
  test: {
    // Tests start servers of their own; more files at once only make them wait for each other.
    maxWorkers: 2,
    watch: false,
    projects: [
      {
        test: {
          ...common,
          name: 'parts',
          include: [
            'packages/*/test/**/*.test.ts',
            'apps/*/test/**/*.test.ts',
            'bench/test/**/*.test.ts',
            'examples/*/test/**/*.test.ts',
            'infra/*/test/**/*.test.ts',
            'tests/*.test.ts',
          ],
          exclude: ['tests/not-run.test.ts'],
          provide: { engines: 'embedded', missing },
        },
      },
      // The same end-to-end tests on both sets of engines, and those that only make sense on one.
      {
        test: {
          ...common,
          name: 'embedded',
          include: ['tests/e2e/**/*.test.ts', 'tests/embedded/**/*.test.ts'],
          provide: { engines: 'embedded', missing },
        },
      },
      {
        test: {
          ...common,
          name: 'distributed',
          include: cluster
            ? ['tests/e2e/**/*.test.ts', 'tests/cluster/**/*.test.ts', webClient]
            : ['tests/not-run.test.ts'],
          provide: { engines: 'distributed', missing },
        },
      },
    ],
  },
});
