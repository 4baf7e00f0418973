import type { DuckDBConnection } from '@duckdb/node-api';
import type { CleanCounts, PlantedCounts } from '../../../schemas/clean-dataset';
import type { CleaningRules, RecipeName } from '../../../schemas/recipes';
import { literal, withDuckDB } from '../duckdb';
import type { Drift } from './drift';
import { lengthsOf, type Bin } from './lengths';

export type { Bin } from './lengths';

export interface Sample {
  id: string;
  duplicateOf: string | null;
  text: string;
}

/** What a run tells the report besides its shards. What a recipe does not count is left out. */
export interface AboutRun {
  name: string;
  recipe: RecipeName;
  rules: CleaningRules;
  counts: CleanCounts;
  /** Against the last version of the same name; null for the first. */
  drift: Drift | null;
  /** Found again of the duplicates that the run had planted to see what it finds. */
  planted?: PlantedCounts | undefined;
}

/** What report.json holds. */
export interface CleaningReport extends AboutRun {
  /** Of the documents kept: how many of each format and language, and how much text. */
  formats: Record<string, number>;
  /** Empty where no language was told. */
  languages: Record<string, number>;
  chars: number;
  words: number;
  /** Code points of documents kept and of those rejected with their whole text, and words of those kept. */
  lengths: { keptChars: Bin[]; rejectedChars: Bin[]; keptWords: Bin[] };
  /** Reasons, the most frequent first, with some of their documents. */
  reasons: { reason: string; count: number; samples: Sample[] }[];
  /** How many of the documents kept stand for so many: size 1 is a document without duplicates. */
  clusterSizes: { size: number; count: number }[];
  /** The documents with the most duplicates. */
  largestClusters: { id: string; size: number; text: string }[];
}

/** Documents shown for each reason, and characters of each: what one reads before deciding on a threshold. */
const SAMPLES = 10;
const SAMPLE_CHARS = 400;
const LARGEST = 10;

/** Reads the shards once and sums up. Samples are those with the least md5 of their ids: as good as random, and fixed. */
export async function collectReport(
  about: AboutRun,
  data: readonly string[],
  rejects: readonly string[],
): Promise<CleaningReport> {
  return withDuckDB(async (connection) => {
    const ofData = <T>(sql: (files: string) => string) => query<T>(connection, data, sql);
    const ofRejects = <T>(sql: (files: string) => string) => query<T>(connection, rejects, sql);
    const reasons = await ofRejects<CleaningReport['reasons'][number]>(
      (files) => `select reason, count(*)::double as count,
          min_by({'id': id, 'duplicateOf': duplicate_of, 'text': substring(text, 1, ${SAMPLE_CHARS})},
                 md5(concat_ws(' ', id, row)), ${SAMPLES}) as samples
        from ${files} group by reason order by count desc, reason`,
    );
    const formats = await ofData<{ format: string; count: number; chars: number; words: number }>(
      (files) => `select format, count(*)::double as count, sum(chars)::double as chars, sum(words)::double as words
        from ${files} group by format order by format`,
    );
    const columns = await ofData<{ column_name: string }>((files) => `describe select * from ${files}`);
    const hasLanguage = columns.some(({ column_name: name }) => name === 'language');
    const languages = !hasLanguage
      ? []
      : await ofData<{ language: string; count: number }>(
          (files) => `select coalesce(language, 'unknown') as language, count(*)::double as count
            from ${files} group by 1 order by count desc, 1`,
        );
    const clusterSizes = await ofData<{ size: number; count: number }>(
      (files) => `select cluster_size::double as size, count(*)::double as count
        from ${files} group by size order by size`,
    );
    const largestClusters = await ofData<CleaningReport['largestClusters'][number]>(
      (files) => `select id, cluster_size::double as size, substring(text, 1, ${SAMPLE_CHARS / 2}) as text
        from ${files} where cluster_size > 1 order by cluster_size desc, id limit ${LARGEST}`,
    );
    return {
      ...about,
      counts: inOrder(about.counts),
      formats: Object.fromEntries(formats.map(({ format, count }) => [format, count])),
      languages: Object.fromEntries(languages.map(({ language, count }) => [language, count])),
      chars: formats.reduce((sum, { chars }) => sum + chars, 0),
      words: formats.reduce((sum, { words }) => sum + words, 0),
      lengths: await lengthsOf(ofData, ofRejects),
      reasons,
      clusterSizes,
      largestClusters,
    };
  });
}

/** Counts by name were added up as units ended, and the first to name one put it where it stands: that must not show. */
function inOrder({ reasons, lines, pii, ...counts }: CleanCounts): CleanCounts {
  const sorted = <C extends Record<string, number>>(named: C) =>
    Object.fromEntries(Object.entries(named).sort(([a], [b]) => (a < b ? -1 : 1))) as C;
  return {
    ...counts,
    reasons: sorted(reasons),
    ...(lines ? { lines: sorted(lines) } : {}),
    ...(pii ? { pii: sorted(pii) } : {}),
  };
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
