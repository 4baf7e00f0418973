import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { ArtifactStore } from '../../stores/artifact-store';
import type { Change } from '../dedup/cluster';
import { IDS } from '../dedup/signature-file';
import { literal } from '../duckdb';
import { CHANGES_THEN } from './keep-unit';
import type { ShardFile, UnitMeta } from './take-over';

/** What became of a unit's documents in the version that it was taken over from. */
export async function changesThen(store: ArtifactStore, key: string): Promise<Change[]> {
  const text = await readFile(await store.localFile(key, CHANGES_THEN), 'utf8');
  const lines = text.split('\n').filter((line) => line !== '');
  return lines.map((line) => JSON.parse(line) as Change);
}

/** Relations, as SQL, of what filtering had kept and rejected. */
export interface UnitRows {
  documents: string;
  rejects: string;
}

/**
 * What filtering had written of a unit that was taken over, put together from the version's Parquet: its documents, and from
 * its rejects those that were duplicates then, each at its old place and by its old id. For units that had any.
 * @param scratch folder for a file on the way.
 */
export async function rowsThen(
  store: ArtifactStore,
  key: string,
  { kept, rejected, then = { data: null, rejects: null } }: UnitMeta,
  scratch: string,
): Promise<UnitRows> {
  const changes = await changesThen(store, key);
  const dropped = new Set(changes.filter(({ reason }) => reason !== null).map(({ ordinal }) => ordinal));
  const ids = (await readFile(await store.localFile(key, IDS), 'utf8')).split('\n');
  const places = { data: 0, rejects: rejected };
  const lines: string[] = [];
  for (let ordinal = 0; ordinal < kept; ordinal++) {
    const file = dropped.has(ordinal) ? 'rejects' : 'data';
    lines.push(`{"ordinal":${ordinal},"file":"${file}","place":${places[file]++},"id":${ids[ordinal] ?? '""'}}\n`);
  }
  const placesFile = path.join(scratch, 'places.jsonl');
  await writeFile(placesFile, lines.join(''));
  const place = (file: keyof typeof places) =>
    `(select ordinal, id, place from read_json(${literal(placesFile)}, format = 'newline_delimited',
       columns = {ordinal: 'INTEGER', file: 'VARCHAR', place: 'BIGINT', id: 'VARCHAR'}) where file = '${file}')`;
  const parquet = async (file: ShardFile | null) =>
    file && `read_parquet(${literal(await store.localFile(file.key, file.name))}, file_row_number = true)`;
  const [data, others] = [await parquet(then.data), await parquet(then.rejects)];
  const rows = (from: string, file: keyof typeof places, content_hash: string, chars: string) =>
    `select ordinal, place.id as id, source, format, row, title, url, language, text, ${content_hash} as content_hash,
       found_hash, ${chars} as chars, words, scores
     from ${from} old join ${place(file)} place on old.file_row_number = place.place`;
  const parts = [
    ...(data ? [rows(data, 'data', 'content_hash', 'chars')] : []),
    // A duplicate has neither on record: both follow from its text.
    ...(others ? [rows(others, 'rejects', 'substring(sha256(text), 1, 32)', 'length(text)::integer')] : []),
  ];
  const rejects = others
    ? `(select * from ${others} where file_row_number < ${rejected})`
    : `(select *, ''::varchar as reason, ''::varchar as fixed_reason, ''::varchar as detail, true as whole,
         ''::varchar as text_if_kept from ${data ?? ''} where false)`;
  return { documents: `(${parts.join(' union all ')})`, rejects };
}
