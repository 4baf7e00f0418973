import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Change } from '../dedup/cluster';
import { literal, withUnitDuckDB } from '../duckdb';

/** A unit of an earlier version, on this host. */
export interface UnitThen {
  /** What filtering had kept and rejected. */
  kept: number;
  rejected: number;
  /** Ids of those kept, in their order, and what became of them as JSON Lines of `Change`. */
  ids: string;
  changes: string;
  /** The version's Parquet of the unit; null where it had nothing for one. */
  data: string | null;
  rejects: string | null;
}

/** Relations, as SQL, of what filtering had kept and rejected. */
export interface UnitRows {
  documents: string;
  rejects: string;
}

/** What became of a unit's documents: JSON Lines, as they are kept. */
export async function readChanges(file: string): Promise<Change[]> {
  const lines = (await readFile(file, 'utf8')).split('\n');
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as Change);
}

/**
 * What filtering had written of a unit, put together from the version's Parquet: its documents, and from its rejects those that
 * were duplicates then, each at its old place and by its old id. For units that had any.
 * @param scratch folder for a file on the way.
 */
export async function rowsThen(unit: UnitThen, scratch: string): Promise<UnitRows> {
  const changes = await readChanges(unit.changes);
  const dropped = new Set(changes.filter(({ reason }) => reason !== null).map(({ ordinal }) => ordinal));
  const ids = (await readFile(unit.ids, 'utf8')).split('\n');
  const places = { data: 0, rejects: unit.rejected };
  const lines: string[] = [];
  for (let ordinal = 0; ordinal < unit.kept; ordinal++) {
    const file = dropped.has(ordinal) ? 'rejects' : 'data';
    lines.push(`{"ordinal":${ordinal},"file":"${file}","place":${places[file]++},"id":${ids[ordinal] ?? '""'}}\n`);
  }
  const placesFile = path.join(scratch, 'places.jsonl');
  await writeFile(placesFile, lines.join(''));
  const placesOf = (file: keyof typeof places) =>
    `(select ordinal, id, place from read_json(${literal(placesFile)}, format = 'newline_delimited',
       columns = {ordinal: 'INTEGER', file: 'VARCHAR', place: 'BIGINT', id: 'VARCHAR'}) where file = '${file}')`;
  const parquet = (file: string) => `read_parquet(${literal(file)}, file_row_number = true)`;
  const rows = (from: string, file: keyof typeof places, contentHash: string, chars: string) =>
    `select ordinal, place.id as id, source, format, row, title, url, language, text, ${contentHash} as content_hash,
       found_hash, ${chars} as chars, words, scores
     from ${parquet(from)} old join ${placesOf(file)} place on old.file_row_number = place.place`;
  const parts = [
    ...(unit.data ? [rows(unit.data, 'data', 'content_hash', 'chars')] : []),
    // A duplicate has neither on record: both follow from its text.
    ...(unit.rejects ? [rows(unit.rejects, 'rejects', 'substring(sha256(text), 1, 32)', 'length(text)::integer')] : []),
  ];
  const rejects = unit.rejects
    ? `(select * from ${parquet(unit.rejects)} where file_row_number < ${unit.rejected})`
    : `(select *, ''::varchar as reason, ''::varchar as fixed_reason, ''::varchar as detail, true as whole,
         ''::varchar as text_if_kept from ${parquet(unit.data ?? '')} where false)`;
  return { documents: `(${parts.join(' union all ')})`, rejects };
}

/** Columns of a reject as filtering writes it. */
const REJECTED = `id, source, format, row, title, url, language, found_hash, reason, fixed_reason, detail, text, whole,
  text_if_kept, words, scores`;

/** Writes what filtering had written of a unit as JSON Lines into `scratch` again. Returns the files. */
export async function exportThen(unit: UnitThen, scratch: string): Promise<{ documents: string; rejects: string }> {
  const files = {
    documents: path.join(scratch, 'documents-then.jsonl'),
    rejects: path.join(scratch, 'rejects-then.jsonl'),
  };
  for (const file of Object.values(files)) await writeFile(file, '');
  if (unit.kept + unit.rejected === 0) return files;
  const rows = await rowsThen(unit, scratch);
  await withUnitDuckDB(scratch, async (connection) => {
    const write = (query: string, file: string) => connection.run(`copy (${query}) to ${literal(file)} (format json)`);
    if (unit.kept > 0) await write(`select * from ${rows.documents} order by ordinal`, files.documents);
    if (unit.rejected > 0) {
      await write(`select ${REJECTED} from ${rows.rejects} order by file_row_number`, files.rejects);
    }
  });
  return files;
}
