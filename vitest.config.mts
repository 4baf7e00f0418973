import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Within a group, the tiers whose files take longest begin: the last file then is a short one, and no core waits for it. */
const LONGEST_FIRST = ['chaos', 'trainers', 'package', 'system', 'workflow', 'replay', 'integration'];
class Sequencer extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ project }: TestSpecification) => LONGEST_FIRST.indexOf(project.name);
    return (await super.sort(files)).toSorted((a, b) => rank(a) - rank(b));
  }
}

/** The tiers, fast first; test/README.md says what each needs. Those of one group run side by side. */
const tier = (name: string, groupOrder: number, extra: object = {}) => ({
  extends: true as const,
  test: { name, include: [`test/${name}/**/*.test.ts`], sequence: { groupOrder }, maxWorkers: 2, ...extra },
});

/** These tiers share the embedded stacks: each of two files that run at once has one to itself. */
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
    sequence: { sequencer: Sequencer },
    projects: [
      tier('unit', 0),
      tier('workflow', 1, withStack),
      tier('replay', 1, { testTimeout: 120_000, hookTimeout: 120_000 }),
      tier('integration', 1, withStack),
      tier('system', 2, withStack),
      tier('package', 2, { ...withStack, testTimeout: 600_000, hookTimeout: 600_000 }),
      tier('trainers', 2, { ...withStack, testTimeout: 1_200_000, hookTimeout: 1_200_000 }),
      tier('chaos', 2, { ...withStack, testTimeout: 1_800_000, hookTimeout: 600_000 }),
      // One file at a time: they measure time.
      tier('alone', 3, { ...withStack, maxWorkers: 1 }),
    ],
  },
});
