import { cleanedBytes } from '../../support/cleaned-bytes';
import type { CleanDatasetOutput } from '../../../schemas/clean-dataset';
import type { Trainer } from './inputs';
import type { Target } from './plan';

type RegistryTable =
  'dataset_versions' | 'feature_versions' | 'transform_versions' | 'model_versions' | 'index_versions' | 'promotions';

/** A stage as it is run in each round. */
export interface StageRun extends Target {
  /** Its input in a round; round 0 is the one that nothing disturbs. */
  input: (round: number) => object;
  /** How it ends where all is well. */
  outcome: string;
  /** What of its output must be the same in every round, to the last byte. */
  same?: (output: never) => unknown;
  /** An index that must hold the same after it, vectors included. */
  index?: string;
  /** What each run adds one version or promotion to: tables of the registry, with the name in each. */
  makes?: Partial<Record<RegistryTable, string>>;
}

const QUICK_ROLLOUT = {
  ...{ lookHours: 0.001, minimumHours: 0, lagHours: 0, coolDownHours: 0, metrics: [{ name: 'clicks' }] },
  steps: [
    { share: 0.01, margin: 0.3 },
    { share: 0.5, margin: 0.3 },
  ],
};
/** Notes differ by a number alone, and all of them are wanted. */
export const CLEAN_NOTES = {
  source: 'notes',
  name: 'notes',
  recipe: 'minimal',
  overrides: { dropNearDuplicates: false },
};
const force = true;
const counts = ({ counts }: { counts: unknown }) => counts;
const files = ({ uri: _uri, ...rest }: { uri: string }) => rest;

// Jobs of some seconds after their first step, whatever comes before it: half a minute of imports, of the real trainer.
const STEPS = {
  stub: { training: 40, distillation: 200 },
  real: { training: 400, distillation: 40 },
};

/** Stages side by side, each lane one after the other, as they build on one another; attempts as counted in round 0. */
export const lanesOf = (trainer: Trainer): readonly (readonly StageRun[])[] => [
  [
    {
      ...{ stage: 'cleanDataset', attempts: 31, outcome: 'published' },
      makes: { dataset_versions: 'chaos' },
      input: () => ({
        ...{ source: 'documents', name: 'chaos', recipe: 'gopher', unitBytes: 65_536, force },
        overrides: { maxDuplicateNgramChars: null, maxTopNgramChars: null },
      }),
      same: (output: CleanDatasetOutput) => cleanedBytes(output),
    },
    {
      ...{ stage: 'rethresholdDataset', attempts: 31, outcome: 'published' },
      makes: { dataset_versions: 'chaos-long' },
      input: () => ({ dataset: 'chaos', name: 'chaos-long', overrides: { minWords: 250 }, force }),
      same: (output: CleanDatasetOutput) => cleanedBytes(output),
    },
    {
      ...{ stage: 'buildFeatures', attempts: 12, outcome: 'published' },
      makes: { feature_versions: 'chaos', transform_versions: 'chaos' },
      input: () => ({
        ...{ dataset: 'chaos', name: 'chaos', force },
        features: [
          { kind: 'scale', column: 'words', method: 'standard' },
          { kind: 'bucket', column: 'chars', buckets: 4 },
          { kind: 'oneHot', column: 'format' },
        ],
        ...{ sequences: { length: 128, vocabulary: 512 }, ngrams: {} },
      }),
      same: ({ counts, features, transform }: { counts: unknown; features: Made; transform: Made }) => ({
        ...{ counts, features: files(features.artifact), transform: files(transform.artifact) },
      }),
    },
    {
      ...{ stage: 'rebuildIndex', attempts: 23, outcome: 'published' },
      makes: { index_versions: 'chaos', promotions: 'chaos' },
      input: () => ({ dataset: 'chaos', index: 'chaos', unitDocuments: 10, rollbackHours: 0, force }),
      same: counts,
      index: 'chaos',
    },
    {
      ...{ stage: 'updateIndex', attempts: 7, outcome: 'published' },
      input: () => ({ dataset: 'chaos-long', index: 'chaos', force }),
      same: counts,
      index: 'chaos',
    },
  ],
  [
    {
      ...{ stage: 'importModel', attempts: 4, outcome: 'published' },
      makes: { model_versions: 'imported' },
      input: () => ({ source: 'encoder:default', name: 'imported', licence: 'apache-2.0', force }),
    },
    {
      ...{ stage: 'trainModel', attempts: 13, outcome: 'published' },
      makes: { model_versions: 'trained' },
      ranks: { job: 'trained', steps: STEPS[trainer].training, from: 6, areApart: true },
      input: () => ({
        ...{ name: 'trained', data: { source: 'rows.jsonl' }, launcher: 'hosts', nodes: 2, force },
        parameters: {
          ...{
            steps: STEPS[trainer].training,
            checkpointEverySteps: 5,
            batchSize: 8,
            microBatchSize: 4,
            maxLength: 64,
          },
          architecture: { hidden: 32, intermediate: 64, layers: 2, heads: 2, keyValueHeads: 2, vocabulary: 300 },
        },
      }),
      same: ({ counts, metrics }: { counts: unknown; metrics: unknown }) => ({ counts, metrics }),
    },
    {
      ...{ stage: 'promoteVersion', attempts: 3, outcome: 'published' },
      makes: { promotions: 'trained' },
      input: (round) => ({
        ...{ name: 'trained', version: round + 1, onUnproven: 'promote', reason: `round ${round}`, by: 'chaos' },
      }),
    },
    {
      ...{ stage: 'distillModel', attempts: 32, outcome: 'published' },
      makes: { model_versions: 'student' },
      ranks: { job: 'student-trained', steps: STEPS[trainer].distillation, from: 12, areApart: false },
      input: () => ({
        ...{ name: 'student', teacher: 'imported@1', data: { dataset: 'fed' }, onWorse: 'record', force },
        student: {
          layers: 2,
          parameters: {
            ...{ steps: STEPS[trainer].distillation, checkpointEverySteps: 10, batchSize: 4, microBatchSize: 2 },
            maxLength: 32,
          },
        },
        gate: { speed: { buckets: [32], texts: 8, rounds: 3, minimum: 1 } },
      }),
      same: counts,
    },
  ],
  [
    {
      ...{ stage: 'trainGuard', attempts: 24, outcome: 'published' },
      makes: { model_versions: 'guard/guard' },
      input: () => ({
        ...{ name: 'guard', attacks: [{ generated: 400 }], benign: [{ generated: 400 }], minRecall: 0.5, force },
      }),
      same: counts,
    },
    {
      ...{ stage: 'redTeam', attempts: 27, outcome: 'published' },
      input: () => ({ guard: 'guard', attacks: [{ generated: 200 }], sample: 40, seed: 1, onBypass: 'report', force }),
      same: counts,
    },
    {
      ...{ stage: 'evaluateModel', attempts: 8, asksModel: true, outcome: 'published' },
      input: (round) => ({
        candidate: { endpoint: 'scripted' },
        tasks: [{ type: 'qa', gate: { atLeast: 0.5, minimumCases: 20 } }],
        cases: [{ path: `cases-${round}.jsonl` }],
      }),
      same: ({ counts, tasks }: { counts: unknown; tasks: unknown }) => ({ counts, tasks }),
    },
    {
      ...{ stage: 'nightlyRefresh', attempts: 10, outcome: 'published' },
      input: () => ({
        ...{ name: 'chaos-night', clean: CLEAN_NOTES },
        index: { dataset: 'notes', index: 'notes' },
      }),
    },
  ],
  [
    {
      ...{ stage: 'indexFeed', attempts: 4, outcome: 'ended' },
      input: () => ({ index: 'fed', untilIdle: true }),
    },
    {
      ...{ stage: 'runAgent', attempts: 8, asksModel: true, outcome: 'answered' },
      input: (round) => ({
        ...{ question: `What keeps the ledger in round ${round}?`, name: `agent-${round}`, index: 'fed' },
        ...{ model: 'scripted', grounding: 'off' },
      }),
    },
    {
      ...{ stage: 'converse', attempts: 7, asksModel: true, outcome: 'ended' },
      input: (round) => ({
        ...{ name: `talk-${round}`, message: `And who reads it in round ${round}?`, index: 'fed' },
        ...{ model: 'scripted', grounding: 'off', untilIdle: true },
      }),
    },
    {
      ...{ stage: 'rolloutStrategy', attempts: 10, outcome: 'published' },
      input: (round) => ({ name: 'ranking', strategy: { model: `ranker@${round + 1}` }, ...QUICK_ROLLOUT }),
    },
    {
      ...{ stage: 'controlMetric', attempts: 11, outcome: 'ended' },
      input: () => ({
        loop: {
          ...{ strategy: 'steered', knob: 'diversity', metric: 'simulated' },
          ...{ target: 8, gain: 10, low: 0, high: 1, safe: 0.2 },
        },
        ...{ periodSeconds: 1, periods: 8, newStrategy: true },
      }),
    },
  ],
];

interface Made {
  artifact: { uri: string; sha256: string };
}

/** With the stub; those with the real trainer are of the same names. */
export const STAGE_RUNS: readonly StageRun[] = lanesOf('stub').flat();
