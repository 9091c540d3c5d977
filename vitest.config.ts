import { defineConfig } from 'vitest/config';

/** Tests that kill servers and workers. */
const ALONE = 'test/integration/{crash,restart}-*.test.ts';

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: [
            '{domain,workflows,activities,api,workers,db,config,sandbox,scripts}/**/*.test.{ts,mjs}',
            'test/{unit,chaos}/**/*.test.ts',
          ],
          // Loading the code takes longer than most tests do; files of one process load it once.
          isolate: false,
        },
      },
      {
        test: {
          name: 'replay',
          include: ['test/replay/**/*.test.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'integration',
          // After the quick ones, which use the processors as they like.
          sequence: { groupOrder: 1 },
          include: ['test/integration/**/*.test.ts'],
          exclude: [ALONE],
          globalSetup: ['test/setup/global.ts'],
          pool: 'forks',
          isolate: false,
          // Each file runs a product of its own against the shared servers, and waits much of its time.
          maxWorkers: 3,
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          name: 'crash',
          // Last and alone: what is killed here has to be back in time, and a busy machine would decide that.
          sequence: { groupOrder: 2 },
          include: [ALONE],
          globalSetup: ['test/setup/global.ts'],
          pool: 'forks',
          isolate: false,
          maxWorkers: 1,
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
