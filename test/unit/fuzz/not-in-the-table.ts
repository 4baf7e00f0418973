/** A test that feeds a file what is broken, by its title. */
interface Tried {
  test: string;
  title: string;
}

/** Files that read outside data and are tried by a test of their own, which a test finds by its title. */
export const ELSEWHERE: Readonly<Record<string, Tried>> = {
  'activities/cleaning/read/records.ts': {
    test: 'test/unit/cleaning/bad-input.test.ts',
    title: 'never stops a run, whatever is wrong with it: each document is kept or rejected',
  },
  'workers/codec/codec-server.ts': {
    test: 'test/unit/codec/codec-server.test.ts',
    title: 'answers whatever it is sent, and never with what a key holds',
  },
};

/** Files that parse what the pack itself has written: artifacts by their hash, its state folder, its package, its own threads. */
export const OWN: readonly string[] = [
  // A model of the registry: its files were checked when it was imported, and have hashes.
  'activities/evaluation/subjects/model-subject.ts',
  'activities/agent/publish-transcript.ts',
  'activities/cleaning/dedup/cluster.ts',
  'activities/cleaning/dedup/earlier.ts',
  'activities/cleaning/dedup/unit-files.ts',
  'activities/cleaning/grouped-lines.ts',
  // Kept units, taken over only where their hashes are those on record.
  'activities/cleaning/kept/rows-then.ts',
  'activities/cleaning/kept/slices-again.ts',
  'activities/cleaning/kept/take-over.ts',
  'activities/cleaning/references/load.ts',
  'activities/cleaning/rethreshold/apply.ts',
  'activities/cleaning/spans/kept-texts.ts',
  'activities/distillation/check.ts',
  'activities/distillation/plan.ts',
  'activities/distillation/score.ts',
  'activities/encoder/exported.ts',
  'activities/evaluation/contamination/contamination-activities.ts',
  'activities/evaluation/contamination/each-text.ts',
  'activities/evaluation/contamination/training-texts.ts',
  'activities/evaluation/judge/judge-activities.ts',
  'activities/evaluation/plan.ts',
  'activities/features/embed.ts',
  'activities/features/load.ts',
  'activities/features/output/publish.ts',
  'activities/features/pack-unit.ts',
  'activities/features/plan.ts',
  'activities/features/tokenizer/train-tokenizer.ts',
  'activities/features/transform-unit.ts',
  'activities/guard/guard-files.ts',
  'activities/guard/red-team-activities.ts',
  'activities/guard/training/fit-guard.ts',
  'activities/guard/training/plan.ts',
  'activities/indexing/embedded-unit.ts',
  'activities/kit/package-root.ts',
  'activities/stores/file-set.ts',
  'activities/stores/registry.ts',
  'activities/training/attempt.ts',
  'activities/training/launchers/launch-folder.ts',
  'activities/updating/batch.ts',
  'workers/cli/mismatch.ts',
  'workers/cli/version.ts',
  'workers/stack/ports.ts',
  'workers/stack/postgres.ts',
  'workers/stack/record.ts',
];
