import { defineConfig } from 'vitest/config';

/** The tiers, fast first; test/README.md says what each needs. */
const tier = (name: string, groupOrder: number, extra: object = {}) => ({
  extends: true as const,
  test: { name, include: [`test/${name}/**/*.test.ts`], sequence: { groupOrder }, ...extra },
});

/** These tiers share one embedded stack, started once. */
const withStack = {
  globalSetup: 'test/support/global-stack.ts',
  testTimeout: 120_000,
  hookTimeout: 300_000,
};

export default defineConfig({
  test: {
    // Native addons (ONNX Runtime, DuckDB) and signals want processes of their own.
    pool: 'forks',
    testTimeout: 30_000,
    setupFiles: 'test/support/properties.ts',
    projects: [
      tier('unit', 0, { maxWorkers: 2 }),
      tier('workflow', 1, { ...withStack, maxWorkers: 2 }),
      tier('replay', 2, { testTimeout: 120_000, hookTimeout: 120_000 }),
      tier('integration', 3, { ...withStack, maxWorkers: 2 }),
      // From here on one file at a time: they measure time, kill processes, count the rows of a whole table, or use the
      // queues that every pack has.
      tier('system', 4, { ...withStack, maxWorkers: 1 }),
      tier('package', 5, { ...withStack, testTimeout: 600_000, hookTimeout: 600_000 }),
      tier('trainers', 6, { ...withStack, testTimeout: 1_200_000, hookTimeout: 1_200_000 }),
      tier('chaos', 7, { ...withStack, testTimeout: 1_800_000, hookTimeout: 600_000, maxWorkers: 1 }),
    ],
  },
});
