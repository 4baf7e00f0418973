import type { DuckDBConnection } from '@duckdb/node-api';
import type { CleanCounts } from '../../../schemas/clean-dataset';
import type { CleaningRules, RecipeName } from '../../../schemas/recipes';
import { literal, withDuckDB } from '../duckdb';

export interface Sample {
  id: string;
  duplicateOf: string | null;
  text: string;
}

/** What report.json holds. */
export interface CleaningReport {
  name: string;
  recipe: RecipeName;
  rules: CleaningRules;
  counts: CleanCounts;
  /** Of the documents kept: how many of each format, and how much text. */
  formats: Record<string, number>;
  chars: number;
  words: number;
  /** Reasons, the most frequent first, with some of their documents. */
  reasons: { reason: string; count: number; samples: Sample[] }[];
  /** How many of the documents kept stand for so many: size 1 is a document without duplicates. */
  clusterSizes: { size: number; count: number }[];
}

/** Documents shown for each reason, and characters of each: what one reads before deciding on a threshold. */
const SAMPLES = 10;
const SAMPLE_CHARS = 400;

/** Reads the shards once and sums up. Samples are those with the least md5 of their ids: as good as random, and fixed. */
export async function collectReport(
  about: Pick<CleaningReport, 'name' | 'recipe' | 'rules' | 'counts'>,
  data: readonly string[],
  rejects: readonly string[],
): Promise<CleaningReport> {
  return withDuckDB(async (connection) => {
    const rejected = await query<{ reason: string; count: number; samples: Sample[] }>(
      connection,
      rejects,
      (files) => `select reason, count(*)::double as count,
          min_by({'id': id, 'duplicateOf': duplicate_of, 'text': substring(text, 1, ${SAMPLE_CHARS})},
                 md5(concat_ws(' ', id, row)), ${SAMPLES}) as samples
        from ${files} group by reason order by count desc, reason`,
    );
    const formats = await query<{ format: string; count: number; chars: number; words: number }>(
      connection,
      data,
      (files) => `select format, count(*)::double as count, sum(chars)::double as chars, sum(words)::double as words
        from ${files} group by format order by format`,
    );
    const clusterSizes = await query<{ size: number; count: number }>(
      connection,
      data,
      (files) => `select cluster_size::double as size, count(*)::double as count
        from ${files} group by size order by size`,
    );
    return {
      ...about,
      formats: Object.fromEntries(formats.map(({ format, count }) => [format, count])),
      chars: formats.reduce((sum, { chars }) => sum + chars, 0),
      words: formats.reduce((sum, { words }) => sum + words, 0),
      reasons: rejected,
      clusterSizes,
    };
  });
}

/** Rows as plain JSON; none where there are no files. */
async function query<T>(
  connection: DuckDBConnection,
  files: readonly string[],
  sql: (files: string) => string,
): Promise<T[]> {
  if (files.length === 0) return [];
  const from = `read_parquet([${files.map(literal).join(', ')}])`;
  const rows = await connection.runAndReadAll(sql(from));
  return rows.getRowObjectsJson() as T[];
}
