import path from 'node:path';
import type { ArtifactRef } from '../../schemas/common';
import type { EncoderIdentity } from '../../schemas/rebuild-index';
import { inScratch } from '../cleaning/scratch';
import type { AllowedSources } from '../cleaning/source/allowed';
import { encoderOf, type OpenEncoder } from '../encoder/wanted';
import { failure } from '../errors';
import { withHeartbeat } from '../kit/heartbeat';
import { createThreadPool } from '../kit/thread';
import { doUnit } from '../kit/unit';
import { artifactKey, type ArtifactStore } from '../stores/artifact-store';
import { layoutOf } from './columns';
import { embeddingFiles, embedRows } from './embed';
import type * as FeaturesThread from './features-thread';
import { EVENTS, writeUnitHistory } from './fit/events';
import { createFitActivities } from './fit-activities';
import { TOKENIZER_FILE, TRANSFORM_FILE } from './fitted';
import { readFitted } from './load';
import type { PackTotals } from './pack';
import { PACKED, SEQUENCE_COLUMNS } from './pack-unit';
import { inDuckDB, jsonToParquet } from './parquet';
import { planFeatures, readPlan, type FeatureVersions, type PlanFeaturesInput, type PlannedFeatures } from './plan';
import { publishFeatures, type PublishedFeatures, type PublishFeaturesInput } from './output/publish';
import { needsValues, READ, valueColumns, type ReadResult } from './read/read-unit';
import { rowSources } from './read/row-sources';
import { FeatureTransform, recipeOf } from './transform';
import { MADE, type TransformResult, type VectorFile } from './transform-unit';
import { FILES, unitFile } from './unit-files';

export interface FeatureDependencies {
  store: ArtifactStore;
  registry: FeatureVersions;
  /** Where sources may lie. */
  sources: AllowedSources;
  /** Threads for the work that would hold up the event loop. */
  threads: number;
  /** Queue of this host, where other hosts may not see the sources. */
  hostQueue?: string;
  /** The encoder of embeddings. */
  encoder: OpenEncoder;
}

export interface ReadUnitInput {
  workKey: string;
  plan: ArtifactRef;
  unit: number;
}

export interface MadeUnitInput extends ReadUnitInput {
  transform: ArtifactRef;
}

const WORD_COLUMNS = { word: 'VARCHAR', count: 'BIGINT' };
const GRAM_COLUMNS = { size: 'INTEGER', gram: 'VARCHAR', count: 'BIGINT' };

/**
 * The activities of `buildFeatures`; those that look at all rows are in `createFitActivities`. `describeEncoder` and
 * `embedFeatureTexts` need the encoder and run on the gpu pool.
 */
export function createFeatureActivities(dependencies: FeatureDependencies) {
  const { store, sources, threads, hostQueue } = dependencies;
  const pool = createThreadPool<typeof FeaturesThread>(__dirname, 'features-thread', { threads });

  return {
    ...createFitActivities(store, pool),

    /** Finds the source and the transform, checks columns, and cuts the whole into units. */
    async planFeatures(input: PlanFeaturesInput): Promise<PlannedFeatures> {
      return withHeartbeat({ phase: 'plan', unit: 0 }, (report, signal) =>
        planFeatures({ ...dependencies, allowed: sources }, input, hostQueue, { report, signal }),
      );
    },

    /** What the configured encoder is. @throws `ModelNotFound`. */
    describeEncoder: (): Promise<EncoderIdentity> =>
      withHeartbeat({ phase: 'encoder', unit: 0 }, async () => (await dependencies.encoder()).identity),

    /** Reads the rows of one unit, and counts what fitting needs. @throws `SourceChanged`. */
    async readFeatureRows({ workKey, plan, unit }: ReadUnitInput): Promise<ReadResult> {
      return doUnit(store, { workKey, phase: 'read', unit }, (context) =>
        inScratch(store, async (scratch) => {
          const { meta, recipe } = await readPlan(store, plan);
          const fits = meta.transform === null;
          const { columns } = layoutOf(recipe);
          const { dir, signal, report } = context;
          const located = { store, allowed: sources, plan, unit, scratch, signal, report };
          const found = await rowSources(located, meta, columns);
          const result = await pool.run('readInThread', { sources: found, recipe, fits, dir, scratch }, context);
          const keep = (name: string, types: Record<string, string>, file: string) =>
            jsonToParquet(path.join(scratch, `${name}.jsonl`), types, path.join(dir, file));
          if (needsValues(recipe, fits)) await keep(READ.values, valueColumns(recipe), FILES.values);
          if (recipe.sequences && fits) await keep(READ.words, WORD_COLUMNS, FILES.words);
          if (recipe.ngrams) await keep(READ.grams, GRAM_COLUMNS, FILES.grams);
          return result;
        }),
      );
    },

    /** Embeds the texts of one unit. @throws `EncoderNotConfigured` where this host lacks the transform's. */
    embedFeatureTexts: ({ workKey, transform, unit }: MadeUnitInput): Promise<{ rows: number }> =>
      doUnit(store, { workKey, phase: 'embed', unit }, async (context) => {
        const fitted = await readFitted(store, transform);
        if (!fitted.encoder) throw failure('InvariantBroken', 'The transform embeds, and names no encoder.');
        const open = await encoderOf(dependencies.encoder, fitted.encoder, 'The transform');
        const rows = await unitFile(store, workKey, 'read', unit, READ.rows);
        return embedRows(rows, new FeatureTransform(fitted), open, context.dir, context);
      }),

    /** Makes the features of one unit. `training` says that the transform was fitted on these very rows. */
    async makeFeatures({
      workKey,
      plan,
      unit,
      transform: ref,
      training,
    }: MadeUnitInput & { training: boolean }): Promise<{ rows: number; bad: number }> {
      const meta = await doUnit(store, { workKey, phase: 'transform', unit }, (context) =>
        inScratch(store, async (scratch): Promise<TransformResult> => {
          const transform = new FeatureTransform(await readFitted(store, ref));
          const { recipe } = await readPlan(store, plan);
          const rows = await unitFile(store, workKey, 'read', unit, READ.rows);
          let history: string | null = null;
          if (recipe.features.some(({ kind }) => kind === 'window')) {
            const values = await unitFile(store, workKey, 'read', unit, FILES.values);
            const events = await unitFile(store, workKey, 'events', 0, EVENTS);
            const target = (history = path.join(scratch, 'history.jsonl'));
            await inDuckDB(scratch, (connection) => writeUnitHistory(connection, recipe, values, events, target));
          }
          const vectors: VectorFile[] = [];
          for (const { feature, file } of embeddingFiles(transform)) {
            const local = await unitFile(store, workKey, 'embed', unit, file);
            vectors.push({ feature, file: local, dimensions: transform.fitted.encoder?.dimensions ?? 0 });
          }
          const file = await store.localFile(artifactKey(ref), TRANSFORM_FILE);
          const task = { transform: file, rows, history, vectors, training, dir: scratch };
          const result = await pool.run('transformInThread', task, context);
          const types = Object.fromEntries(transform.outputs.map(({ type }, place) => [`c${place}`, type]));
          const names = transform.outputs.map(({ name }) => name);
          await jsonToParquet(path.join(scratch, MADE), types, path.join(context.dir, FILES.features), names);
          return result;
        }),
      );
      return { rows: meta.rows, bad: Object.values(meta.bad).reduce((sum, count) => sum + count, 0) };
    },

    /** Tokenises and packs the texts of one unit. */
    async packSequences({ workKey, unit, transform }: MadeUnitInput): Promise<PackTotals> {
      return doUnit(store, { workKey, phase: 'pack', unit }, (context) =>
        inScratch(store, async (scratch) => {
          const recipe = recipeOf(await readFitted(store, transform));
          const spec = recipe.sequences;
          if (!spec) throw failure('InvariantBroken', `The transform ${transform.uri} makes no sequences.`);
          const { columns } = layoutOf(recipe);
          const tokenizer = await store.localFile(artifactKey(transform), TOKENIZER_FILE);
          const rows = await unitFile(store, workKey, 'read', unit, READ.rows);
          const task = { tokenizer, rows, column: columns.indexOf(spec.column), spec, dir: scratch };
          const totals = await pool.run('packInThread', task, context);
          await jsonToParquet(path.join(scratch, PACKED), SEQUENCE_COLUMNS, path.join(context.dir, FILES.sequences));
          return totals;
        }),
      );
    },

    /** Gathers the features into one artifact, with their card and their rejects. */
    async publishFeatures(input: PublishFeaturesInput): Promise<PublishedFeatures> {
      return withHeartbeat({ phase: 'publish', unit: 0 }, (report, signal) =>
        publishFeatures(store, input, report, signal),
      );
    },
  };
}
