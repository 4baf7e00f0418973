import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { DatasetVersion } from '../../schemas/clean-dataset';
import type { FeatureVersion, TransformVersion } from '../../schemas/build-features';
import type { ArtifactRef } from '../../schemas/common';
import { recipeSpec, type FeatureRecipe } from '../../schemas/features';
import { inScratch } from '../cleaning/scratch';
import { locate } from '../cleaning/source/local-slices';
import { writePlan } from '../cleaning/source/plan';
import { PLAN_UNITS, type PlanMeta, type Slice } from '../cleaning/source/plan-types';
import { realRoots } from '../cleaning/source/resolve';
import { readGroup } from '../cleaning/grouped-lines';
import { failure } from '../errors';
import { datasetFiles } from '../indexing/dataset-rows';
import type { Report } from '../kit/heartbeat';
import { artifactKey, type ArtifactStore } from '../stores/artifact-store';
import { publishArtifact } from '../stores/content-address';
import { namingFullDisk } from '../stores/disk';
import type { Registry } from '../stores/registry';
import { requiredColumns } from './columns';
import { recipeOf } from './transform';
import { readFitted } from './load';
import { checkColumns, columnsOfFile } from './read/plan-columns';

export interface PlanFeaturesInput {
  /** `name` or `name@version`; null where `source` is given. */
  dataset: string | null;
  source: string | null;
  /** `new`, or the transform to apply: `name@latest` or `name@version`. */
  fit: string;
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

/** The plan's own part of its manifest, beside that of the source. */
export interface FeaturePlanMeta {
  dataset: DatasetVersion | null;
  /** Rows of a dataset in one unit; 0 where files are read. */
  unitRows: number;
  transform: ArtifactRef | null;
  /** The files that are read; null for a dataset. */
  source: PlanMeta | null;
  units: number;
}

/** Where versions are found. */
export type FeatureVersions = Pick<Registry, 'dataset' | 'transform' | 'features'>;

const RECIPE_FILE = 'recipe.json';
/** Files of a source whose columns are looked at. Others may still lack one: it is missing there, and counted. */
const PROBED_FILES = 20;

/**
 * Finds what is to be read and what is to be made of it, checks that one has the columns that the other needs, and cuts
 * the whole into units, as an artifact of its own.
 * @throws `DatasetNotFound`, `TransformNotFound`, `ColumnNotFound`; for a source `SourceNotAllowed` and so on.
 */
export async function planFeatures(
  { store, registry, roots }: { store: ArtifactStore; registry: FeatureVersions; roots: readonly string[] },
  input: PlanFeaturesInput,
  hostQueue: string | undefined,
  { report, signal }: { report: Report; signal: AbortSignal },
): Promise<PlannedFeatures> {
  const transform = input.fit === 'new' ? null : await findTransform(registry, input.fit);
  const recipe = transform ? recipeOf(await readFitted(store, transform.artifact)) : input.recipe;
  const needed = requiredColumns(recipe, transform === null);
  const previous = (await registry.features(input.name)) ?? null;
  const shared = { transform: transform?.artifact ?? null };
  return inScratch(store, (dir) =>
    namingFullDisk(dir, async () => {
      await writeFile(path.join(dir, RECIPE_FILE), JSON.stringify(recipe));
      let meta: FeaturePlanMeta;
      if (input.dataset !== null) {
        meta = { ...shared, ...(await datasetPlan(store, registry, input.dataset, needed, input.unitBytes)) };
      } else {
        let hashed = 0;
        const task = { roots, source: input.source ?? '', formats: ['jsonl', 'parquet', 'csv'] as const, dir };
        const source = await writePlan({ ...task, unitBytes: input.unitBytes }, signal, (n) =>
          report((hashed += n), 0),
        );
        meta = { ...shared, dataset: null, unitRows: 0, source, units: source.units };
      }
      const plan = await publishArtifact(store, 'plan', dir, { ...meta }, meta.units);
      if (meta.source) await checkSource(store, roots, plan, meta.source, needed);
      return {
        plan,
        transform,
        previous,
        dataset: meta.dataset,
        files: meta.source?.files ?? 0,
        skippedFiles: meta.source?.skippedFiles ?? 0,
        units: meta.units,
        taskQueue: meta.source ? (hostQueue ?? null) : null,
        asks: {
          features: recipe.features.length > 0,
          embeddings: recipe.features.some(({ kind }) => kind === 'embedding'),
          windows: recipe.features.some(({ kind }) => kind === 'window'),
          sequences: recipe.sequences !== null,
          ngrams: recipe.ngrams !== null,
        },
      };
    }),
  );
}

async function findTransform(registry: FeatureVersions, wanted: string): Promise<TransformVersion> {
  const [name = '', version = ''] = wanted.split('@');
  const found = await registry.transform(name, version === 'latest' ? undefined : Number(version));
  if (!found) throw failure('TransformNotFound', `There is no transform "${wanted}".`);
  return found;
}

async function datasetPlan(
  store: ArtifactStore,
  registry: FeatureVersions,
  wanted: string,
  needed: readonly string[],
  unitBytes: number,
): Promise<Omit<FeaturePlanMeta, 'transform'>> {
  const [name = '', version] = wanted.split('@');
  const dataset = await registry.dataset(name, version === undefined ? undefined : Number(version));
  if (!dataset) throw failure('DatasetNotFound', `There is no dataset "${wanted}".`);
  const files = await datasetFiles(store, dataset);
  const rows = files.reduce((sum, file) => sum + file.rows, 0);
  if (files[0]) {
    const first = await store.localFile(artifactKey(dataset.artifact), files[0].file);
    const found = await columnsOfFile(first, { format: 'parquet', packing: 'plain' });
    checkColumns(needed, new Set(found), `The dataset ${dataset.name}@${dataset.version}`);
  }
  // As many rows as have about so many bytes in the dataset's files.
  const unitRows = Math.max(1, Math.ceil((rows * unitBytes) / Math.max(1, dataset.artifact.bytes)));
  return { dataset, unitRows, source: null, units: Math.ceil(rows / unitRows) };
}

async function checkSource(
  store: ArtifactStore,
  roots: readonly string[],
  plan: ArtifactRef,
  meta: PlanMeta,
  needed: readonly string[],
): Promise<void> {
  const found = new Set<string>();
  const seen = new Set<string>();
  const real = await realRoots(roots);
  for (let unit = 0; unit < meta.units && seen.size < PROBED_FILES; unit++) {
    for (const slice of await readGroup<Slice>(store, artifactKey(plan), PLAN_UNITS, unit)) {
      if (seen.has(slice.path) || seen.size >= PROBED_FILES || slice.sha256 === null) continue;
      seen.add(slice.path);
      for (const column of await columnsOfFile(await locate(real, meta, slice), slice)) found.add(column);
    }
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
