import { readdir, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { CutCounts } from '../../../schemas/clean-dataset';
import { unitKey } from '../../kit/unit';
import type { ArtifactStore } from '../../stores/artifact-store';
import { CHANGES, type Change } from '../dedup/cluster';
import { IDS } from '../dedup/signature-file';
import { writeSurvivingSignatures } from '../dedup/signature-index';
import { filterKey, signaturesOf, unitMeta } from '../dedup/unit-files';
import { literal, withUnitDuckDB } from '../duckdb';
import { readGroup } from '../grouped-lines';
import { changeLines, CHANGES_THEN, keepUnit } from '../kept/keep-unit';
import { readChanges, rowsThen, type UnitRows, type UnitThen } from '../kept/rows-then';
import type { ShardFile, ShardsThen, UnitMeta } from '../kept/take-over';
import { place } from '../place';
import { STATISTICS } from '../rules/rule-table';
import { CUT, type CutResult } from '../spans/cut-unit';
import { KEPT, REJECTED } from '../unit-output';

/** The Parquet files of a unit; one that would be empty is not written. */
export const SHARD = { data: 'data.parquet', rejects: 'rejects.parquet', cuts: 'cuts.parquet' } as const;

export interface ShardMeta {
  kept: number;
  rejected: number;
  /** Documents dropped as duplicates, by reason. */
  duplicates: Record<string, number>;
  /** What was cut out of those kept; absent where no repeated spans were sought. */
  cut?: CutCounts;
  bytes: number;
}

export interface ShardTask {
  workKey: string;
  unit: number;
  /** Folder for files on the way; the file of what was cut stands in it. */
  scratch: string;
  cut: CutResult | undefined;
}

/** Columns of the dataset, as Parquet has them. */
export const DATA_COLUMNS = [
  'id',
  'source',
  'row',
  'format',
  'title',
  'url',
  'language',
  'text',
  'content_hash',
  'found_hash',
  'chars',
  'words',
  'cluster_size',
  'scores',
] as const;

export const REJECT_COLUMNS = [
  'id',
  'source',
  'row',
  'reason',
  'detail',
  'duplicate_of',
  'text',
  'whole',
  'format',
  'title',
  'url',
  'language',
  'found_hash',
  'fixed_reason',
  'text_if_kept',
  'words',
  'scores',
] as const;

/** Columns of what was cut out of documents that stay, one row a document: hash and words are of its whole text. */
export const CUT_COLUMNS = ['id', 'source', 'row', 'content_hash', 'words', 'cuts'] as const;

/** As DuckDB's JSON reader has it by default; raised where a document's line is longer. */
const LEAST_OBJECT_BYTES = 16 * 1024 * 1024;

const SCORE_TYPE = `STRUCT(${STATISTICS.map((name) => `"${name}" DOUBLE`).join(', ')})`;
const KEPT_TYPES = `{ordinal: 'INTEGER', id: 'VARCHAR', source: 'VARCHAR', format: 'VARCHAR', row: 'BIGINT', title: 'VARCHAR',
  url: 'VARCHAR', language: 'VARCHAR', text: 'VARCHAR', content_hash: 'VARCHAR', found_hash: 'VARCHAR', chars: 'INTEGER',
  words: 'INTEGER', scores: '${SCORE_TYPE}'}`;
const REJECTED_TYPES = `{id: 'VARCHAR', source: 'VARCHAR', format: 'VARCHAR', row: 'BIGINT', title: 'VARCHAR', url: 'VARCHAR',
  language: 'VARCHAR', found_hash: 'VARCHAR', reason: 'VARCHAR', fixed_reason: 'VARCHAR', detail: 'VARCHAR', text: 'VARCHAR',
  whole: 'BOOLEAN', text_if_kept: 'VARCHAR', words: 'INTEGER', scores: '${SCORE_TYPE}'}`;
const CHANGE_TYPES = `{ordinal: 'INTEGER', reason: 'VARCHAR', duplicateOf: 'VARCHAR', clusterSize: 'INTEGER', id: 'VARCHAR'}`;
const CUT_TYPES = `{ordinal: 'INTEGER', cut_text: 'VARCHAR', cut_content_hash: 'VARCHAR', cut_chars: 'INTEGER', cut_words: 'INTEGER',
  cuts: 'STRUCT("start" INTEGER, "text" VARCHAR)[]'}`;
/** What documents and rejects alike have, besides their ids. */
const COMMON = ['source', 'row', 'text', 'format', 'title', 'url', 'language', 'found_hash', 'words', 'scores'];
const PARQUET = `(format parquet, compression zstd)`;

/** Writes the Parquet files of a unit into `dir`: the same rows in the same order give the same bytes. */
export async function writeShardFiles(
  store: ArtifactStore,
  { workKey, unit, scratch, cut }: ShardTask,
  dir: string,
): Promise<ShardMeta> {
  const key = filterKey(workKey, unit);
  const filtered = await unitMeta<UnitMeta>(store, key);
  const clustered = await readGroup<Change>(store, unitKey({ workKey, phase: 'cluster', unit: 0 }), CHANGES, unit);
  const changes = cut ? withDropped(clustered, cut.dropped) : clustered;
  const duplicates: Record<string, number> = {};
  let dropped = 0;
  for (const { reason } of changes) {
    if (!reason) continue;
    dropped++;
    duplicates[reason] = (duplicates[reason] ?? 0) + 1;
  }
  const counts = { kept: filtered.kept - dropped, rejected: filtered.rejected + dropped };
  const then = filtered.then && (await unitThen(store, key, filtered, filtered.then));
  if (then && changeLines(changes) === changeLines(await readChanges(then.changes))) {
    for (const kind of ['data', 'rejects'] as const)
      if (then[kind]) await place(then[kind], path.join(dir, SHARD[kind]));
  } else if (filtered.read > 0) {
    const rows = then ? await rowsThen(then, scratch) : await rowsOfFiltered(store, key, filtered.longestLine);
    await writeParquet({ rows, changes, cut, ...counts }, scratch, dir);
  }
  const shards = (await readdir(dir)).map((name) => path.join(dir, name));
  const sizes = await Promise.all(shards.map(async (file) => (await stat(file)).size));
  const signed = await signaturesOf(store, key);
  writeSurvivingSignatures({ ...signed, ids: await store.localFile(key, IDS) }, changes, dir);
  const { at } = filtered;
  if (at !== undefined) await keepUnit(store, { workKey, unit, from: key, at }, filtered, changes);
  const bytes = sizes.reduce((sum, size) => sum + size, 0);
  return { ...counts, duplicates, ...(cut ? { cut: cut.cut } : {}), bytes };
}

/** A unit that was taken over as a whole, as the version before has it. */
async function unitThen(
  store: ArtifactStore,
  key: string,
  { kept, rejected }: UnitMeta,
  { data, rejects }: ShardsThen,
): Promise<UnitThen> {
  const local = (file: ShardFile | null) => file && store.localFile(file.key, file.name);
  const [ids, changes] = [await store.localFile(key, IDS), await store.localFile(key, CHANGES_THEN)];
  return { kept, rejected, ids, changes, data: await local(data), rejects: await local(rejects) };
}

const readJson = (file: string, columns: string, longestLine: number) =>
  `read_json(${literal(file)}, format = 'newline_delimited', columns = ${columns},
     maximum_object_size = ${Math.max(LEAST_OBJECT_BYTES, longestLine * 2)})`;

/** What filtering has written. */
const rowsOfFiltered = async (store: ArtifactStore, key: string, longestLine: number): Promise<UnitRows> => ({
  documents: readJson(await store.localFile(key, KEPT), KEPT_TYPES, longestLine),
  rejects: readJson(await store.localFile(key, REJECTED), REJECTED_TYPES, longestLine),
});

interface ParquetTask {
  rows: UnitRows;
  changes: readonly Change[];
  cut: CutResult | undefined;
  kept: number;
  rejected: number;
}

async function writeParquet({ rows, changes, cut, kept, rejected }: ParquetTask, scratch: string, dir: string) {
  const changesFile = path.join(scratch, 'changes.jsonl');
  await writeFile(changesFile, changeLines(changes));
  const changed = `${rows.documents} kept left join ${readJson(changesFile, CHANGE_TYPES, 0)} change using (ordinal)`;
  const joined = cut
    ? `${changed} left join ${readJson(path.join(scratch, CUT), CUT_TYPES, cut.longestLine)} cut using (ordinal)`
    : changed;
  const afterCut = (column: string) => (cut ? `coalesce(cut_${column}, ${column}) as ${column}` : column);
  await withUnitDuckDB(scratch, async (connection) => {
    const write = async (query: string, count: number, name: string) => {
      if (count > 0) await connection.run(`copy (${query}) to ${literal(path.join(dir, name))} ${PARQUET}`);
    };
    await write(
      `select coalesce(change.id, kept.id) as id, source, row, format, title, url, language, ${afterCut('text')},
         ${afterCut('content_hash')}, found_hash, ${afterCut('chars')}, ${afterCut('words')},
         coalesce(clusterSize, 1)::integer as cluster_size, scores
       from ${joined} where reason is null order by ordinal`,
      kept,
      SHARD.data,
    );
    await write(
      `select ${REJECT_COLUMNS.join(', ')} from (
         select 0 as part, row_number() over () as number, null as duplicate_of, id, ${COMMON.join(', ')},
           reason, fixed_reason, detail, whole, text_if_kept
         from ${rows.rejects}
         union all by name
         select 1 as part, ordinal as number, duplicateOf as duplicate_of, coalesce(change.id, kept.id) as id,
           ${COMMON.join(', ')}, reason, true as whole
         from ${changed} where reason is not null)
       order by part, number`,
      rejected,
      SHARD.rejects,
    );
    await write(
      `select coalesce(change.id, kept.id) as id, ${CUT_COLUMNS.slice(1).join(', ')}
       from ${joined} where cuts is not null order by ordinal`,
      cut?.cut.documents ?? 0,
      SHARD.cuts,
    );
  });
}

/** The changes, and those of documents of which too little was left. */
function withDropped(changes: readonly Change[], dropped: readonly number[]): Change[] {
  const all = new Map(changes.map((change) => [change.ordinal, change]));
  for (const ordinal of dropped) {
    const known = all.get(ordinal) ?? { ordinal, duplicateOf: null, clusterSize: 1, id: null };
    all.set(ordinal, { ...known, reason: 'duplicate_spans' });
  }
  return [...all.values()];
}
