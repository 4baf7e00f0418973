import { defineConfig } from 'vitest/config';

/**
 * The tiers, fast first; test/README.md says what each needs. Tiers with a server share one embedded stack, started
 * once by test/support/global-stack.ts, and run one file at a time: they measure time and kill processes.
 */
const tier = (name: string, groupOrder: number, extra: object = {}) => ({
  extends: true as const,
  test: { name, include: [`test/${name}/**/*.test.ts`], sequence: { groupOrder }, ...extra },
});

const withStack = {
  globalSetup: 'test/support/global-stack.ts',
  fileParallelism: false,
  testTimeout: 120_000,
  hookTimeout: 300_000,
};

export default defineConfig({
  test: {
    // Native addons (ONNX Runtime, DuckDB) and signals want processes of their own.
    pool: 'forks',
    testTimeout: 30_000,
    projects: [
      tier('unit', 0, { maxWorkers: 2 }),
      tier('workflow', 1, withStack),
      tier('replay', 2, { testTimeout: 120_000 }),
      tier('integration', 3, withStack),
      tier('package', 4, { ...withStack, testTimeout: 600_000, hookTimeout: 600_000 }),
      tier('trainers', 5, { testTimeout: 1_200_000, hookTimeout: 1_200_000 }),
      tier('chaos', 6, { ...withStack, testTimeout: 1_800_000, hookTimeout: 600_000 }),
    ],
  },
});
