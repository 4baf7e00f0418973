import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { withDuckDB } from '../../activities/cleaning/duckdb';
import { createFeatureActivities } from '../../activities/features';
import type { Encoder } from '../../activities/encoder/encoder';
import type { FeatureVersions } from '../../activities/features/plan';
import { FileArtifactStore } from '../../activities/stores/file-store';
import { buildFeaturesStage, type FeatureCounts, type FeatureVersion, type TransformVersion } from '../../schemas';
import type { ArtifactRef } from '../../schemas/common';

/** What stands in the registry; kept by the caller, so that a later run finds what an earlier one has made. */
export interface Versions {
  transforms: TransformVersion[];
  features: FeatureVersion[];
}

export interface FeatureRun {
  root: string;
  storeDir: string;
  /** As `buildFeatures` takes it. */
  input: Record<string, unknown>;
  versions?: Versions;
  encoder?: () => Promise<Encoder>;
  /** The order in which units are started; as numbered where not given. */
  order?: (units: number) => number[];
  concurrency?: number;
  /** Called before each activity; may throw, as a crash would. */
  before?: (phase: string, unit: number) => void;
}

export interface BuiltFeatures {
  counts: FeatureCounts;
  artifact: ArtifactRef;
  card: ArtifactRef;
  rejects: ArtifactRef | null;
  transform: ArtifactRef;
  units: number;
}

/** Runs one activity as a worker would. */
export const runActivity = <T>(call: () => Promise<T>): Promise<T> =>
  new MockActivityEnvironment({}, { logger: new DefaultLogger('ERROR') }).run(call);

const noEncoder = (): Promise<Encoder> => Promise.reject(new Error('there is no encoder'));

/** Calls the activities of `buildFeatures` as its workflow does, without a server. */
export async function buildFeatures(run: FeatureRun): Promise<BuiltFeatures> {
  const { root, storeDir, versions = { transforms: [], features: [] }, concurrency = 2, before } = run;
  const registry: FeatureVersions = {
    dataset: () => Promise.resolve(undefined),
    transform: (name, version) =>
      Promise.resolve(
        versions.transforms
          .filter((found) => found.name === name && (version ?? found.version) === found.version)
          .at(-1),
      ),
    features: (name, version) =>
      Promise.resolve(
        versions.features.filter((found) => found.name === name && (version ?? found.version) === found.version).at(-1),
      ),
  };
  const store = new FileArtifactStore(storeDir);
  const encoder = run.encoder ?? noEncoder;
  const activities = createFeatureActivities({ store, registry, sources: { roots: [root] }, threads: 2, encoder });
  const input = buildFeaturesStage.input.parse(run.input);
  const {
    name,
    fit,
    unitBytes,
    dataset = null,
    source = null,
    query = null,
    after = null,
    key = null,
    sequences = null,
    ngrams = null,
  } = input;
  const recipe = { key, features: input.features, sequences, ngrams };

  const step = async <T>(phase: string, call: () => Promise<T>): Promise<T> => {
    before?.(phase, 0);
    return runActivity(call);
  };
  const planned = await step('plan', () =>
    activities.planFeatures({ dataset, source, query, after, fit, name, unitBytes, recipe }),
  );
  const { plan, units, asks } = planned;
  const workKey = plan.sha256;
  const each = async <T>(phase: string, start: (unit: number) => Promise<T>): Promise<T[]> => {
    const waiting = run.order?.(units) ?? Array.from({ length: units }, (_, unit) => unit);
    const results: T[] = [];
    const lane = async () => {
      for (let unit = waiting.shift(); unit !== undefined; unit = waiting.shift()) {
        before?.(phase, unit);
        const at = unit;
        results[at] = await runActivity(() => start(at));
      }
    };
    await Promise.all(Array.from({ length: concurrency }, lane));
    return results;
  };
  const identity = asks.embeddings ? await step('encoder', () => activities.describeEncoder()) : null;
  const read = await each('read', (unit) => activities.readFeatureRows({ workKey, plan, unit }));
  const sum = <T>(results: readonly T[], of: (result: T) => number) => results.reduce((all, one) => all + of(one), 0);
  const kept = sum(read, (unit) => unit.kept);
  if (asks.windows) await step('events', () => activities.gatherEvents({ workKey, plan, units }));
  let transform = planned.transform?.artifact;
  if (!transform) {
    await step('fit', () => activities.fitTransform({ workKey, plan, units, rows: kept, encoder: identity }));
    if (asks.sequences) await step('tokenizer', () => activities.trainTokenizer({ workKey, plan, units }));
    transform = await step('fit', () => activities.publishTransform({ workKey, plan }));
  }
  const ref = transform;
  if (asks.ngrams) await step('ngrams', () => activities.countNgrams({ workKey, plan, units }));
  if (asks.embeddings) {
    await each('embed', (unit) => activities.embedFeatureTexts({ workKey, plan, transform: ref, unit }));
  }
  const training = planned.transform === null;
  const made = asks.features
    ? await each('transform', (unit) => activities.makeFeatures({ workKey, plan, transform: ref, unit, training }))
    : [];
  const packed = asks.sequences
    ? await each('pack', (unit) => activities.packSequences({ workKey, plan, transform: ref, unit }))
    : [];
  const reasons: Record<string, number> = {};
  for (const unit of read) {
    for (const [reason, count] of Object.entries(unit.reasons)) reasons[reason] = (reasons[reason] ?? 0) + count;
  }
  const counts: FeatureCounts = {
    files: planned.files,
    read: sum(read, (unit) => unit.read),
    kept,
    rejected: sum(read, (unit) => unit.rejected),
    reasons,
    bad: sum(made, (unit) => unit.bad),
    tokens: sum(packed, (unit) => unit.given),
    droppedTokens: sum(packed, (unit) => unit.dropped),
    sequences: sum(packed, (unit) => unit.sequences),
  };
  const { previous } = planned;
  const publish = { workKey, name, units, transform: ref, previous, counts };
  const published = await step('publish', () => activities.publishFeatures(publish));
  if (training)
    versions.transforms.push({ name: publish.name, version: versions.transforms.length + 1, artifact: ref });
  const { artifact, card } = published;
  versions.features.push({ name: publish.name, version: versions.features.length + 1, artifact, card });
  return { counts, units, transform: ref, ...published };
}

/** The rows of an artifact's Parquet files whose names begin so, in order. */
export async function rowsOf(storeDir: string, ref: ArtifactRef, set: string): Promise<Record<string, unknown>[]> {
  const folder = path.join(storeDir, ref.kind, ref.sha256);
  if (!(await readdir(folder)).some((file) => file.startsWith(set))) return [];
  return withDuckDB(async (connection) => {
    const files = path.join(folder, `${set}-*.parquet`);
    return (await connection.runAndReadAll('select * from read_parquet($files)', { files })).getRowObjectsJS();
  });
}
