import * as z from 'zod';
import type { DatasetVersion } from '../../schemas/clean-dataset';
import { withDuckDB } from '../cleaning/duckdb';
import { failure } from '../errors';
import { artifactKey, type ArtifactStore } from '../stores/artifact-store';
import type { DatasetDocument } from './chunk-record';

/** A range of rows of one Parquet file: `from` is the first, `to` the first that is not in it. */
export interface RowRange {
  file: string;
  from: number;
  to: number;
}

/** Rows of each Parquet file of a dataset, as cleanDataset writes them into its manifest. */
const datasetMeta = z.object({ rows: z.record(z.string(), z.int().nonnegative()) });

/** A row, as far as an index needs it. */
const datasetDocument = z.object({ id: z.string(), source: z.string(), title: z.string(), text: z.string() });

/** The files of a dataset in their order, with their rows. @throws `ArtifactMissing` where its artifact is gone. */
export async function datasetFiles(
  store: ArtifactStore,
  dataset: DatasetVersion,
): Promise<{ file: string; rows: number }[]> {
  const key = artifactKey(dataset.artifact);
  const manifest = await store.manifest(key);
  if (!manifest) throw failure('ArtifactMissing', `${key} is not in the ${store.describe()}.`);
  const { rows } = datasetMeta.parse(manifest.meta);
  return Object.entries(rows)
    .map(([file, count]) => ({ file, rows: count }))
    .sort((a, b) => (a.file < b.file ? -1 : 1));
}

/** Where the documents `from` to `to` (exclusive, over all files) lie. */
export function rowRanges(files: readonly { file: string; rows: number }[], from: number, to: number): RowRange[] {
  const ranges: RowRange[] = [];
  let before = 0;
  for (const { file, rows } of files) {
    const range = { file, from: Math.max(from - before, 0), to: Math.min(to - before, rows) };
    if (range.from < range.to) ranges.push(range);
    before += rows;
  }
  return ranges;
}

/** Where a document of a dataset lies, and what it is, without its text. */
export interface DocumentPlace {
  id: string;
  /** As `documentHash` makes it. */
  hash: string;
  file: string;
  row: number;
}

const documentPlace = z.object({ id: z.string(), hash: z.string(), row: z.coerce.number() });

/**
 * The ids and hashes of documents, in the order of their rows. Of a dataset that has a column of content hashes, which
 * cleanDataset writes, the texts are not read.
 */
export async function* readPlaces(
  store: ArtifactStore,
  dataset: DatasetVersion,
  ranges: readonly RowRange[],
): AsyncGenerator<DocumentPlace[]> {
  for (const { file, from, to } of ranges) {
    const path = await store.localFile(artifactKey(dataset.artifact), file);
    const rows = await withDuckDB(async (connection) => {
      const schema = await connection.runAndReadAll('select name from parquet_schema($path)', { path });
      const hasHash = schema.getRowObjects().some(({ name }) => name === 'content_hash');
      const textHash = hasHash ? 'content_hash' : 'left(sha256(text), 32)';
      const found = await connection.runAndReadAll(
        `select id, file_row_number as row,
           left(sha256(source || chr(31) || coalesce(title, '') || chr(31) || ${textHash}), 32) as hash
         from read_parquet($path, file_row_number = true)
         where file_row_number >= $from and file_row_number < $to order by file_row_number`,
        { path, from, to },
      );
      return found.getRowObjects().map((row) => ({ ...documentPlace.parse(row), file }));
    });
    yield rows;
  }
}

/** Reads documents of a dataset in the order of its rows. Memory is that of the documents asked for. */
export async function readDocuments(
  store: ArtifactStore,
  dataset: DatasetVersion,
  ranges: readonly RowRange[],
): Promise<DatasetDocument[]> {
  return withDuckDB(async (connection) => {
    const documents: DatasetDocument[] = [];
    for (const { file, from, to } of ranges) {
      const path = await store.localFile(artifactKey(dataset.artifact), file);
      const rows = await connection.runAndReadAll(
        `select id, source, coalesce(title, '') as title, text from read_parquet($path, file_row_number = true)
         where file_row_number >= $from and file_row_number < $to order by file_row_number`,
        { path, from, to },
      );
      for (const row of rows.getRowObjects()) documents.push(datasetDocument.parse(row));
    }
    return documents;
  });
}

/** Reads single documents of a dataset, by `file:row`; `rows` are those wanted of each file. */
export async function readRows(
  store: ArtifactStore,
  dataset: DatasetVersion,
  rows: ReadonlyMap<string, readonly number[]>,
): Promise<Map<string, DatasetDocument>> {
  return withDuckDB(async (connection) => {
    const documents = new Map<string, DatasetDocument>();
    for (const [file, wanted] of rows) {
      const path = await store.localFile(artifactKey(dataset.artifact), file);
      const found = await connection.runAndReadAll(
        `select file_row_number as row, id, source, coalesce(title, '') as title, text
         from read_parquet($path, file_row_number = true) where file_row_number in (${wanted.map(Number).join(', ')})`,
        { path },
      );
      for (const { row, ...document } of found.getRowObjects())
        documents.set(`${file}:${String(row)}`, datasetDocument.parse(document));
    }
    return documents;
  });
}
