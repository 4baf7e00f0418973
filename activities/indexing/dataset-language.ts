import * as z from 'zod';
import type { DatasetVersion } from '../../schemas/clean-dataset';
import { withDuckDB } from '../cleaning/duckdb';
import { loadLanguageDetector } from '../cleaning/rules/language';
import { artifactKey, type ArtifactStore } from '../stores/artifact-store';
import { datasetFiles } from './dataset-rows';

/** Documents looked at, spread evenly: a majority that these do not show is none to speak of. */
const SAMPLE = 500;
/** Characters of each that are read. */
const BEGINNING = 1_000;

const sampled = z.object({ language: z.string().nullable(), beginning: z.string() });

/**
 * The language (ISO 639-1) of most documents of a dataset, from a sample of them: as cleanDataset has recorded it where its
 * recipe told languages, else as their beginnings look. Of two that are as frequent the first in the alphabet; null
 * where no document has one. The same dataset always gives the same.
 */
export async function datasetLanguage(store: ArtifactStore, dataset: DatasetVersion): Promise<string | null> {
  const files = await datasetFiles(store, dataset);
  const step = Math.max(1, Math.ceil(files.reduce((sum, { rows }) => sum + rows, 0) / SAMPLE));
  const detect = await loadLanguageDetector();
  const counts = new Map<string, number>();
  await withDuckDB(async (connection) => {
    for (const { file } of files) {
      const path = await store.localFile(artifactKey(dataset.artifact), file);
      const schema = await connection.runAndReadAll('select name from parquet_schema($path)', { path });
      const recorded = schema.getRowObjects().some(({ name }) => name === 'language') ? 'language' : 'null::varchar';
      const found = await connection.runAndReadAll(
        `select ${recorded} as language, left(text, ${BEGINNING}) as beginning
         from read_parquet($path, file_row_number = true) where file_row_number % ${step} = 0 order by file_row_number`,
        { path },
      );
      for (const row of found.getRowObjects()) {
        const { language, beginning } = sampled.parse(row);
        const told = language ?? detect(beginning).language;
        if (told !== '') counts.set(told, (counts.get(told) ?? 0) + 1);
      }
    }
  });
  const [most] = [...counts].sort(([a, of], [b, others]) => others - of || (a < b ? -1 : 1));
  return most?.[0] ?? null;
}
