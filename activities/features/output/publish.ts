import { copyFile, link, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { FeatureCounts, FeatureVersion } from '../../../schemas/build-features';
import type { ArtifactRef } from '../../../schemas/common';
import { inScratch } from '../../cleaning/scratch';
import { failure } from '../../errors';
import type { Report } from '../../kit/heartbeat';
import { artifactKey, type ArtifactStore } from '../../stores/artifact-store';
import { publishArtifact } from '../../stores/content-address';
import { namingFullDisk } from '../../stores/disk';
import type { OutputColumn } from '../encoders';
import { HISTORY_FILE, TRANSFORM_FILE } from '../fitted';
import { readFitted } from '../load';
import type { NgramList } from '../ngrams';
import { inDuckDB, jsonTable, writeParquet } from '../parquet';
import type { PackTotals } from '../pack';
import { READ, type ReadResult } from '../read/read-unit';
import { FeatureTransform } from '../transform';
import type { TransformResult } from '../transform-unit';
import { FILES, metaOfUnit, unitFile, unitFiles } from '../unit-files';
import { cardMarkdown, featuresReadme, type FeatureCard } from './card';
import { profileColumn, type ColumnProfile } from './profile';

export interface PublishFeaturesInput {
  workKey: string;
  name: string;
  units: number;
  transform: ArtifactRef;
  /** The last version, for the drift. */
  previous: FeatureVersion | null;
  counts: FeatureCounts;
}

export interface PublishedFeatures {
  artifact: ArtifactRef;
  card: ArtifactRef;
  rejects: ArtifactRef | null;
}

/** Name of the card in its artifact. */
const CARD = 'card.json';
const REJECT_COLUMNS = { source: 'VARCHAR', row: 'BIGINT', reason: 'VARCHAR', text: 'VARCHAR' };

/**
 * Publishes the features and sequences, their card, and the rejects where there are any. The features depend on the
 * rows and the transform alone; the card also on the version before.
 * @throws `NothingKept`; `InvariantBroken` where the files do not hold what was counted.
 */
export async function publishFeatures(
  store: ArtifactStore,
  task: PublishFeaturesInput,
  report: Report,
  signal: AbortSignal,
): Promise<PublishedFeatures> {
  const { counts } = task;
  const rejects = counts.rejected > 0 ? await publishRejects(store, task) : null;
  if (counts.kept === 0) {
    throw failure(
      'NothingKept',
      `None of ${counts.read} rows could be read; they are in ${rejects?.uri ?? 'no file'}.`,
    );
  }
  const transform = new FeatureTransform(await readFitted(store, task.transform));
  const shards = await findShards(store, task, transform, report, signal);
  const artifact = await publishTables(store, task, transform, shards);
  const card = await publishCard(store, task, transform.outputs, shards, signal);
  return { artifact, card, rejects };
}

interface Shards {
  features: { file: string; rows: number }[];
  sequences: { file: string; rows: number }[];
  bad: Record<string, number>;
}

async function findShards(
  store: ArtifactStore,
  { workKey, units, counts }: PublishFeaturesInput,
  { outputs, fitted }: FeatureTransform,
  report: Report,
  signal: AbortSignal,
): Promise<Shards> {
  const shards: Shards = { features: [], sequences: [], bad: {} };
  const totals = { rows: 0, bad: 0, sequences: 0, tokens: 0 };
  for (let unit = 0; unit < units; unit++) {
    signal.throwIfAborted();
    const { kept } = await metaOfUnit<ReadResult>(store, workKey, 'read', unit);
    if (outputs.length > 0) {
      const { rows, bad } = await metaOfUnit<TransformResult>(store, workKey, 'transform', unit);
      if (rows !== kept)
        throw failure('InvariantBroken', `Unit ${unit} keeps ${kept} rows, and has features of ${rows}.`);
      totals.rows += rows;
      for (const [column, count] of Object.entries(bad)) {
        shards.bad[column] = (shards.bad[column] ?? 0) + count;
        totals.bad += count;
      }
      const file = await unitFile(store, workKey, 'transform', unit, FILES.features);
      if (rows > 0) shards.features.push({ file, rows });
    } else totals.rows += kept;
    if (fitted.sequences) {
      const packed = await metaOfUnit<PackTotals>(store, workKey, 'pack', unit);
      totals.sequences += packed.sequences;
      totals.tokens += packed.packed + packed.dropped;
      const file = await unitFile(store, workKey, 'pack', unit, FILES.sequences);
      if (packed.sequences > 0) shards.sequences.push({ file, rows: packed.sequences });
    }
    report(unit + 1, units);
  }
  const { rows, bad, sequences, tokens } = totals;
  const counted = [counts.kept, counts.bad, counts.sequences, counts.tokens];
  if ([rows, bad, sequences, tokens].some((total, place) => total !== counted[place])) {
    throw failure(
      'InvariantBroken',
      `The units hold ${rows} rows, ${bad} bad values, ${sequences} sequences of ${tokens} tokens, but counted were ${counted.join(', ')}.`,
    );
  }
  return shards;
}

/** `features-00000.parquet` and on, `sequences-00000.parquet` and on, with their rows in the manifest. */
async function publishTables(
  store: ArtifactStore,
  { workKey, name, transform, counts }: PublishFeaturesInput,
  { outputs, fitted }: FeatureTransform,
  shards: Shards,
): Promise<ArtifactRef> {
  return inScratch(store, (dir) =>
    namingFullDisk(dir, async () => {
      const rows: Record<string, number> = {};
      for (const kind of ['features', 'sequences'] as const) {
        for (const [number, shard] of shards[kind].entries()) {
          const file = `${kind}-${String(number).padStart(5, '0')}.parquet`;
          await link(shard.file, path.join(dir, file)).catch(() => copyFile(shard.file, path.join(dir, file)));
          rows[file] = shard.rows;
        }
      }
      // Windows of rows that come after these look back on them.
      if (fitted.features.some(({ spec }) => spec.kind === 'window')) {
        await copyFile(await unitFile(store, workKey, 'events', 0, HISTORY_FILE), path.join(dir, HISTORY_FILE));
      }
      await writeFile(path.join(dir, 'README.md'), featuresReadme({ name, transform, counts, outputs, fitted }));
      return publishArtifact(
        store,
        'features',
        dir,
        { rows, columns: outputs, transform: transform.sha256 },
        counts.kept,
      );
    }),
  );
}

async function publishCard(
  store: ArtifactStore,
  { workKey, name, previous, transform, counts }: PublishFeaturesInput,
  outputs: readonly OutputColumn[],
  { features, bad }: Shards,
  signal: AbortSignal,
): Promise<ArtifactRef> {
  const before = previous ? await readCard(store, previous.card) : null;
  return inScratch(store, (dir) =>
    namingFullDisk(dir, async () => {
      const files = features.map(({ file }) => file);
      const columns = await inDuckDB(dir, async (connection) => {
        const profiles: ColumnProfile[] = [];
        for (const column of files.length > 0 ? outputs : []) {
          signal.throwIfAborted();
          const known = before?.columns.find((other) => other.name === column.name);
          profiles.push(await profileColumn(connection, files, column, counts.kept, known));
        }
        return profiles;
      });
      const ngrams = await readNgrams(store, workKey);
      const against = previous ? { version: previous.version, sha256: previous.artifact.sha256 } : null;
      const card: FeatureCard = { name, transform: transform.sha256, counts, badValues: bad, against, columns, ngrams };
      await writeFile(path.join(dir, CARD), `${JSON.stringify(card, null, 2)}\n`);
      await writeFile(path.join(dir, 'card.md'), cardMarkdown(card));
      return publishArtifact(store, 'report', dir, { name }, counts.kept);
    }),
  );
}

/** The card of an earlier version; none where it can not be read any more: a card is no reason to fail. */
async function readCard(store: ArtifactStore, ref: ArtifactRef): Promise<FeatureCard | null> {
  const file = await store.localFile(artifactKey(ref), CARD).catch(() => null);
  return file === null ? null : (JSON.parse(await readFile(file, 'utf8')) as FeatureCard);
}

async function readNgrams(store: ArtifactStore, workKey: string): Promise<NgramList[]> {
  const file = await unitFile(store, workKey, 'ngrams', 0, FILES.ngrams).catch(() => null);
  return file === null ? [] : (JSON.parse(await readFile(file, 'utf8')) as NgramList[]);
}

async function publishRejects(
  store: ArtifactStore,
  { workKey, units, counts }: PublishFeaturesInput,
): Promise<ArtifactRef> {
  const files = await unitFiles(store, workKey, 'read', units, READ.rejected);
  return inScratch(store, (dir) =>
    namingFullDisk(dir, async () => {
      const tables = files.map((file) => `select * from ${jsonTable(file, REJECT_COLUMNS)}`);
      await inScratch(store, (scratch) =>
        inDuckDB(scratch, (connection) =>
          writeParquet(connection, tables.join(' union all '), path.join(dir, 'rejects-00000.parquet')),
        ),
      );
      return publishArtifact(
        store,
        'rejects',
        dir,
        { rows: { 'rejects-00000.parquet': counts.rejected } },
        counts.rejected,
      );
    }),
  );
}

/** Publishes what fitting has made as the transform. */
export async function publishTransform(
  store: ArtifactStore,
  workKey: string,
  parts: readonly { phase: 'fit' | 'events' | 'tokenizer'; files: readonly string[] }[],
): Promise<ArtifactRef> {
  return inScratch(store, (dir) =>
    namingFullDisk(dir, async () => {
      for (const { phase, files } of parts) {
        for (const name of files) await copyFile(await unitFile(store, workKey, phase, 0, name), path.join(dir, name));
      }
      const { rows } = JSON.parse(await readFile(path.join(dir, TRANSFORM_FILE), 'utf8')) as { rows: number };
      return publishArtifact(store, 'transform', dir, {}, rows);
    }),
  );
}
