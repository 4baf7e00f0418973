import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { DatasetVersion } from '../../schemas/clean-dataset';
import type { FeatureVersion, TransformVersion } from '../../schemas/build-features';
import type { ArtifactRef } from '../../schemas/common';
import { recipeSpec, type FeatureRecipe } from '../../schemas/features';
import { inScratch } from '../cleaning/scratch';
import { kindOf, type AllowedSources } from '../cleaning/source/allowed';
import { locatedSlices, type LocateTask } from '../cleaning/source/local-slices';
import { writePlan } from '../cleaning/source/plan';
import type { PlanMeta } from '../cleaning/source/plan-types';
import { failure } from '../errors';
import { datasetFiles } from '../indexing/dataset-rows';
import type { Report } from '../kit/heartbeat';
import { artifactKey, type ArtifactStore } from '../stores/artifact-store';
import { publishArtifact } from '../stores/content-address';
import { namingFullDisk } from '../stores/disk';
import { findVersion } from '../stores/find-version';
import type { Registry } from '../stores/registry';
import { requiredColumns } from './columns';
import { readFitted } from './load';
import { parquetColumns } from './read/export-columns';
import { checkColumns, columnsOfSlice } from './read/plan-columns';
import { recipeOf } from './transform';

export interface PlanFeaturesInput {
  /** `name` or `name@version`; null where `source` is given. */
  dataset: string | null;
  source: string | null;
  /** For a source that is a database. */
  query: string | null;
  /** `new`, or the transform to apply: `name@latest` or `name@version`. */
  fit: string;
  /** Features whose rows come before these, in the same form; null for the rows that the transform was fitted on. */
  after: string | null;
  /** What to make; of no account where a transform is applied. */
  recipe: FeatureRecipe;
  /** Name of the features, to find the version before. */
  name: string;
  unitBytes: number;
}

/** What a run is about to read and to make. */
export interface PlannedFeatures {
  /** All that the result depends on: the source, its units, the recipe and the transform. */
  plan: ArtifactRef;
  dataset: DatasetVersion | null;
  /** The transform that is applied; null where one is fitted. */
  transform: TransformVersion | null;
  /** The last version of the same name, for the drift against it. */
  previous: FeatureVersion | null;
  files: number;
  skippedFiles: number;
  units: number;
  taskQueue: string | null;
  /** What the recipe asks for, as far as it decides which phases there are. */
  asks: { features: boolean; embeddings: boolean; windows: boolean; sequences: boolean; ngrams: boolean };
}

/** The plan's manifest: what `writePlan` says of files, and what is the plan's own. */
export interface FeaturePlanMeta extends Partial<Omit<PlanMeta, 'units'>> {
  units: number;
  dataset: DatasetVersion | null;
  /** Rows of a dataset in one unit; 0 where files are read. */
  unitRows: number;
  transform: ArtifactRef | null;
  /** What holds the events that windows look back on, besides the rows themselves; null where a transform is fitted. */
  before: ArtifactRef | null;
}

/** Where versions are found. */
export type FeatureVersions = Pick<Registry, 'dataset' | 'transform' | 'features'>;

const RECIPE_FILE = 'recipe.json';
/** Slices of a unit whose columns are looked at. Others may still lack one: its values are missing there. */
const PROBED_SLICES = 20;

/**
 * Finds what is to be read and what is to be made of it, checks that one has the columns that the other needs, and cuts
 * the whole into units, as an artifact of its own.
 * @throws `DatasetNotFound`, `TransformNotFound`, `FeaturesNotFound`, `ColumnNotFound`; for a source `SourceNotAllowed` and so on.
 */
export async function planFeatures(
  { store, registry, allowed }: { store: ArtifactStore; registry: FeatureVersions; allowed: AllowedSources },
  input: PlanFeaturesInput,
  hostQueue: string | undefined,
  { report, signal }: { report: Report; signal: AbortSignal },
): Promise<PlannedFeatures> {
  const transform =
    input.fit === 'new' ? null : await findVersion('transform', input.fit, (...named) => registry.transform(...named));
  const recipe = transform ? recipeOf(await readFitted(store, transform.artifact)) : input.recipe;
  const needed = requiredColumns(recipe, transform === null);
  const previous = (await registry.features(input.name)) ?? null;
  return inScratch(store, (scratch) =>
    inScratch(store, (dir) =>
      namingFullDisk(dir, async () => {
        await writeFile(path.join(dir, RECIPE_FILE), JSON.stringify(recipe));
        const found =
          input.dataset === null
            ? await sourcePlan(allowed, input, recipe, { dir, scratch, report, signal })
            : await datasetPlan(store, registry, input.dataset, needed, input.unitBytes);
        const before = transform && (await findBefore(registry, store, transform.artifact, input.after));
        const meta: FeaturePlanMeta = { ...found, transform: transform?.artifact ?? null, before };
        const plan = await publishArtifact(store, 'plan', dir, { ...meta }, meta.units);
        if (!meta.dataset) await checkSource({ store, allowed, plan, scratch, signal, report }, meta.units, needed);
        const isLocal = input.source !== null && kindOf(input.source) === 'local';
        return {
          plan,
          transform,
          previous,
          dataset: meta.dataset,
          files: meta.files ?? 0,
          skippedFiles: meta.skippedFiles ?? 0,
          units: meta.units,
          // Only files of a host need that host; all else can be read from any.
          taskQueue: isLocal ? (hostQueue ?? null) : null,
          asks: {
            features: recipe.features.length > 0,
            embeddings: recipe.features.some(({ kind }) => kind === 'embedding'),
            windows: recipe.features.some(({ kind }) => kind === 'window'),
            sequences: recipe.sequences !== null,
            ngrams: recipe.ngrams !== null,
          },
        };
      }),
    ),
  );
}

type Found = Omit<FeaturePlanMeta, 'transform' | 'before'>;

async function sourcePlan(
  allowed: AllowedSources,
  { source, query, unitBytes }: PlanFeaturesInput,
  { key }: FeatureRecipe,
  { dir, scratch, report, signal }: { dir: string; scratch: string; report: Report; signal: AbortSignal },
): Promise<Found> {
  let hashed = 0;
  const formats = ['jsonl', 'parquet', 'csv'] as const;
  const task = { allowed, source: source ?? '', query, idField: key ?? 'id', formats, unitBytes, dir, scratch };
  const meta = await writePlan(task, signal, (bytes) => report((hashed += bytes), 0));
  return { ...meta, dataset: null, unitRows: 0 };
}

/** The artifact whose events come before the rows: that of the features named, else the transform. */
async function findBefore(
  registry: FeatureVersions,
  store: ArtifactStore,
  transform: ArtifactRef,
  after: string | null,
): Promise<ArtifactRef> {
  if (after === null) return transform;
  const found = await findVersion('features', after, (...named) => registry.features(...named));
  const manifest = await store.manifest(artifactKey(found.artifact));
  // Another transform may number the series of its windows in another way.
  if (manifest?.meta['transform'] !== transform.sha256) {
    throw failure('FeaturesNotFound', `The features "${after}" were not made by the transform that is to be applied.`);
  }
  return found.artifact;
}

async function datasetPlan(
  store: ArtifactStore,
  registry: FeatureVersions,
  wanted: string,
  needed: readonly string[],
  unitBytes: number,
): Promise<Found> {
  const dataset = await findVersion('dataset', wanted, (...named) => registry.dataset(...named));
  const files = await datasetFiles(store, dataset);
  const rows = files.reduce((sum, file) => sum + file.rows, 0);
  if (files[0]) {
    const first = await store.localFile(artifactKey(dataset.artifact), files[0].file);
    checkColumns(
      needed,
      new Set((await parquetColumns(first)).keys()),
      `The dataset ${dataset.name}@${dataset.version}`,
    );
  }
  // As many rows as have about so many bytes in the dataset's files.
  const unitRows = Math.max(1, Math.ceil((rows * unitBytes) / Math.max(1, dataset.artifact.bytes)));
  return { dataset, unitRows, units: Math.ceil(rows / unitRows) };
}

/** Looks at the first unit and the last: files that are named alike mostly have the same columns. */
async function checkSource(task: Omit<LocateTask, 'unit'>, units: number, needed: readonly string[]): Promise<void> {
  const found = new Set<string>();
  for (const unit of new Set([0, units - 1])) {
    const slices = await inScratch(task.store, async (scratch) => {
      const located = await locatedSlices({ ...task, unit, scratch });
      const columns = [];
      for (const slice of located.slice(0, PROBED_SLICES))
        columns.push(await columnsOfSlice({ ...slice, exported: null }));
      return columns.flat();
    });
    for (const column of slices) found.add(column);
  }
  checkColumns(needed, found, 'The source');
}

/** The plan's manifest and recipe. @throws `ArtifactMissing`. */
export async function readPlan(
  store: ArtifactStore,
  plan: ArtifactRef,
): Promise<{ meta: FeaturePlanMeta; recipe: FeatureRecipe }> {
  const key = artifactKey(plan);
  const manifest = await store.manifest(key);
  if (!manifest) throw failure('ArtifactMissing', `${key} is not in the ${store.describe()}.`);
  const recipe = recipeSpec.parse(JSON.parse(await readFile(await store.localFile(key, RECIPE_FILE), 'utf8')));
  return { meta: manifest.meta as unknown as FeaturePlanMeta, recipe };
}
