import path from 'node:path';
import type { ArtifactRef } from '../../schemas/common';
import type { TrainingData } from '../../schemas/training-run';
import { identifier, literal } from '../cleaning/duckdb';
import { inScratch } from '../cleaning/scratch';
import { failure } from '../errors';
import { inDuckDB, parquetTable, rowsOfQuery, writeParquet } from '../features/parquet';
import { artifactKey, type ArtifactStore } from '../stores/artifact-store';
import { publishArtifact } from '../stores/content-address';
import { namingFullDisk } from '../stores/disk';
import { findData } from '../training/data';
import type { DistillationDependencies } from './dependencies';

/** Texts as an artifact: files of `unitTexts` rows each, in their order. */
export interface GatheredTexts {
  ref: ArtifactRef;
  units: number;
  /** The artifact that they were taken from; null for a source. */
  from: ArtifactRef | null;
}

export interface TextsTask {
  data: TrainingData;
  /** Columns to keep beside `text`, which is always there; those that the data may lack end with "?". */
  keep: readonly string[];
  /** What a column is called in the data. */
  columns: Readonly<Record<string, string>>;
  unitTexts: number;
  /** At most so many; of more, those whose hash is lowest. */
  most: number;
  /** Which of them are different from one another: by their texts, or by another column. */
  distinct: string;
  /** Values of `distinct` that are kept whatever `most` says. */
  first?: readonly string[];
}

const fileOf = (unit: number): string => `texts-${String(unit).padStart(5, '0')}.parquet`;

/**
 * Copies texts into an artifact, each once, in the order of their first occurrence: what is taught or judged by is what was looked at,
 * whatever happens to the source. Texts of nothing but white space are left out. The same rows give the same artifact.
 * @throws `ColumnNotFound`, `SourceEmpty`, and what `findData` throws.
 */
export async function gatherTexts(
  { store, registry, sources }: Pick<DistillationDependencies, 'store' | 'registry' | 'sources'>,
  task: TextsTask,
): Promise<GatheredTexts> {
  const { data, columns, distinct, most, unitTexts, first = [] } = task;
  return inScratch(store, (scratch) =>
    namingFullDisk(scratch, async () => {
      const copied = { dir: scratch, role: 'train' as const, wanted: ['text'] };
      const found = await findData({ store, registry, roots: sources.roots }, data, copied);
      const has = new Set(found.columns);
      const named = ['text', ...task.keep].flatMap((wanted) => {
        const name = wanted.replace('?', '');
        const column = columns[name] ?? name;
        if (has.has(column)) return [{ name, column }];
        if (wanted.endsWith('?')) return [];
        const known = found.columns.map((one) => JSON.stringify(one)).join(', ');
        throw failure('ColumnNotFound', `The ${found.label} has no column "${column}"; it has ${known}.`);
      });
      const paths: string[] = [];
      for (const { name } of found.files) {
        paths.push(found.key === null ? path.join(scratch, name) : await store.localFile(found.key, name));
      }
      const list = `[${paths.map(literal).join(', ')}]`;
      const table =
        found.format === 'parquet'
          ? parquetTable(paths)
          : `read_json(${list}, format = 'newline_delimited', maximum_object_size = 67108864)`;
      return inScratch(store, (dir) =>
        inDuckDB(scratch, async (connection) => {
          const selected = named.map(({ name, column }) => `${identifier(column)}::varchar as ${identifier(name)}`);
          const rest = named.map(({ name }) => `arg_min(${identifier(name)}, place) as ${identifier(name)}`);
          await connection.run(`create temp table found as
            select row_number() over () - 1 as place, * from (select ${selected.join(', ')} from ${table})`);
          await connection.run(`create temp table once as select min(place) as place, ${rest.join(', ')}
            from found where text is not null and trim(text) <> '' group by ${identifier(distinct)}`);
          const kept =
            first.length === 0 ? '' : `(${identifier(distinct)} in (${first.map(literal).join(', ')})) desc, `;
          await connection.run(`create temp table chosen as
            select row_number() over (order by place) - 1 as nth, * exclude place from (
              select * from once order by ${kept}md5(${identifier(distinct)}), place limit ${most})`);
          const [counted] = await rowsOfQuery<{ rows: number }>(
            connection,
            'select count(*)::double as rows from chosen',
          );
          const rows = counted?.rows ?? 0;
          if (rows === 0) throw failure('SourceEmpty', `The ${found.label} holds no text.`);
          const units = Math.ceil(rows / unitTexts);
          const sizes: Record<string, number> = {};
          for (let unit = 0; unit < units; unit += 1) {
            const from = unit * unitTexts;
            const query = `select * exclude nth from chosen where nth >= ${from} and nth < ${from + unitTexts} order by nth`;
            await writeParquet(connection, query, path.join(dir, fileOf(unit)));
            sizes[fileOf(unit)] = Math.min(unitTexts, rows - from);
          }
          const ref = await publishArtifact(store, 'texts', dir, { rows: sizes }, rows);
          return { ref, units, from: found.artifact };
        }),
      );
    }),
  );
}

/** A row of such an artifact. */
export interface TextRow {
  text: string;
  id?: string;
  label?: string;
}

/** The rows of one unit, in their order. @throws `ArtifactMissing`, `ArtifactCorrupt` */
export async function readTexts(store: ArtifactStore, ref: Pick<ArtifactRef, 'uri'>, unit: number): Promise<TextRow[]> {
  const file = await store.localFile(artifactKey(ref), fileOf(unit));
  return inScratch(store, (scratch) =>
    inDuckDB(scratch, (connection) => rowsOfQuery<TextRow>(connection, `select * from ${parquetTable([file])}`)),
  );
}

/** All rows, for artifacts that are small by what they are for. */
export async function readAllTexts(
  store: ArtifactStore,
  { ref, units }: { ref: Pick<ArtifactRef, 'uri'>; units: number },
): Promise<TextRow[]> {
  const rows: TextRow[] = [];
  for (let unit = 0; unit < units; unit += 1) rows.push(...(await readTexts(store, ref, unit)));
  return rows;
}
