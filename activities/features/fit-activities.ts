import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { ArtifactRef } from '../../schemas/common';
import type { EncoderIdentity } from '../../schemas/rebuild-index';
import { literal } from '../cleaning/duckdb';
import { inScratch } from '../cleaning/scratch';
import { withHeartbeat } from '../kit/heartbeat';
import type { ThreadPool } from '../kit/thread';
import { doUnit } from '../kit/unit';
import { namingFullDisk } from '../stores/disk';
import { artifactKey, type ArtifactStore } from '../stores/artifact-store';
import type * as FeaturesThread from './features-thread';
import { EVENTS, writeEvents, writeTail } from './fit/events';
import { fitFeatures } from './fit/fit-features';
import { HISTORY_FILE, TOKENIZER_FILE, TRANSFORM_FILE } from './fitted';
import { topNgrams } from './ngrams';
import { publishTransform } from './output/publish';
import { inDuckDB, parquetTable } from './parquet';
import { readPlan } from './plan';
import { needsValues } from './read/read-unit';
import { FILES, unitFiles } from './unit-files';

/** A step of a run that looks at all of its units. */
export interface WholeInput {
  workKey: string;
  plan: ArtifactRef;
  units: number;
}

/**
 * Different pretokens that a tokenizer is trained on, the most frequent first: what is rarer than the millionth has no
 * part in 262,144 merges worth the name, and training holds each in memory (about 0.5 KB).
 */
const MOST_WORDS = 1_000_000;

/** The activities of `buildFeatures` that look at all rows before any is transformed. */
export function createFitActivities(store: ArtifactStore, pool: ThreadPool<typeof FeaturesThread>) {
  return {
    /** Sorts what windows look back on: the rows' own events and, where a transform is applied, those before them. */
    async gatherEvents({ workKey, plan, units }: WholeInput): Promise<{ done: true }> {
      return doUnit(store, { workKey, phase: 'events', unit: 0 }, async ({ dir }) => {
        const { meta, recipe } = await readPlan(store, plan);
        const files = await unitFiles(store, workKey, 'read', units, FILES.values);
        const history = meta.before ? await store.localFile(artifactKey(meta.before), HISTORY_FILE) : null;
        const events = path.join(dir, EVENTS);
        await inScratch(store, (scratch) =>
          inDuckDB(scratch, async (connection) => {
            await writeEvents(connection, recipe, files, history, events);
            await writeTail(connection, recipe, events, path.join(dir, HISTORY_FILE));
          }),
        );
        return { done: true };
      });
    },

    /** Fits the features on the values of all rows. */
    async fitTransform({
      workKey,
      plan,
      units,
      rows,
      encoder,
    }: WholeInput & { rows: number; encoder: EncoderIdentity | null }): Promise<{ rows: number }> {
      return doUnit(store, { workKey, phase: 'fit', unit: 0 }, async ({ dir, report }) => {
        const { recipe } = await readPlan(store, plan);
        const fits = needsValues(recipe, true);
        const files = fits ? await unitFiles(store, workKey, 'read', units, FILES.values) : [];
        await inScratch(store, (scratch) =>
          inDuckDB(scratch, async (connection) => {
            const fitted = await fitFeatures(connection, { recipe, files, rows, encoder }, report);
            await writeFile(path.join(dir, TRANSFORM_FILE), `${JSON.stringify(fitted)}\n`);
          }),
        );
        return { rows };
      });
    },

    /** Trains the tokenizer on the pretokens of all texts. */
    async trainTokenizer({ workKey, plan, units }: WholeInput): Promise<{ tokens: number }> {
      return doUnit(store, { workKey, phase: 'tokenizer', unit: 0 }, (context) =>
        inScratch(store, async (scratch) => {
          const { recipe } = await readPlan(store, plan);
          if (!recipe.sequences) return { tokens: 0 };
          const files = await unitFiles(store, workKey, 'read', units, FILES.words);
          const words = path.join(scratch, 'words.jsonl');
          await inDuckDB(scratch, (connection) =>
            connection.run(
              `copy (select word, sum(count)::bigint as count from ${parquetTable(files)} group by word
                     order by count desc, word limit ${MOST_WORDS}) to ${literal(words)} (format json)`,
            ),
          );
          return pool.run('trainInThread', { words, spec: recipe.sequences, dir: context.dir }, context);
        }),
      );
    },

    /** Makes one artifact of what was fitted and trained. */
    async publishTransform({ workKey, plan }: Omit<WholeInput, 'units'>): Promise<ArtifactRef> {
      return withHeartbeat({ phase: 'fit', unit: 0 }, async () => {
        const { recipe } = await readPlan(store, plan);
        const windows = recipe.features.some(({ kind }) => kind === 'window');
        return publishTransform(store, workKey, [
          { phase: 'fit', files: [TRANSFORM_FILE] },
          { phase: 'events', files: windows ? [HISTORY_FILE] : [] },
          { phase: 'tokenizer', files: recipe.sequences ? [TOKENIZER_FILE] : [] },
        ]);
      });
    },

    /** Finds the most frequent runs of words. */
    async countNgrams({ workKey, plan, units }: WholeInput): Promise<{ lists: number }> {
      return doUnit(store, { workKey, phase: 'ngrams', unit: 0 }, ({ dir, report }) =>
        inScratch(store, (scratch) =>
          namingFullDisk(scratch, async () => {
            const { recipe } = await readPlan(store, plan);
            const files = await unitFiles(store, workKey, 'read', units, FILES.grams);
            const { ngrams } = recipe;
            const lists = ngrams
              ? await inDuckDB(scratch, (connection) => topNgrams(connection, files, ngrams, report))
              : [];
            await writeFile(path.join(dir, FILES.ngrams), `${JSON.stringify(lists)}\n`);
            return { lists: lists.length };
          }),
        ),
      );
    },
  };
}
