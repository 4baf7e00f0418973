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
