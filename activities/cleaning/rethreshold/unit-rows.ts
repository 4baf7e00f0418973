import path from 'node:path';
import * as z from 'zod';
import { cleaningRules, recipeName } from '../../../schemas/recipes';
import type { ArtifactRef } from '../../../schemas/common';
import { failure } from '../../errors';
import { artifactKey, type ArtifactStore, type Manifest } from '../../stores/artifact-store';
import { literal, withDuckDB, withUnitDuckDB } from '../duckdb';

/** What a cleaned dataset, or its rejects, says of its files. */
const cleanedMeta = z.object({
  rows: z.record(z.string(), z.int().nonnegative()),
  /** The unit that each file is of. */
  units: z.record(z.string(), z.int().nonnegative()),
  recipe: recipeName,
  rules: cleaningRules,
  /** Of rejects: the files of what was cut out of documents that stay; absent where nothing was. */
  cuts: z.object({ units: z.record(z.string(), z.int().nonnegative()) }).optional(),
});
export type CleanedMeta = z.infer<typeof cleanedMeta>;

/** @throws `ScoresMissing` where the artifact is of an older version, or of another kind of dataset. */
export const metaOfCleaned = async (store: ArtifactStore, ref: ArtifactRef): Promise<CleanedMeta> =>
  (await readCleaned(store, ref)).meta;

/** The same, with the manifest that says it. */
export async function readCleaned(
  store: ArtifactStore,
  ref: ArtifactRef,
): Promise<{ manifest: Manifest; meta: CleanedMeta }> {
  const key = artifactKey(ref);
  const manifest = await store.manifest(key);
  if (!manifest) throw failure('ArtifactMissing', `${key} is not in the ${store.describe()}.`);
  const parsed = cleanedMeta.safeParse(manifest.meta);
  if (!parsed.success) throw failure('ScoresMissing', `${ref.uri} does not say by which rules it was cleaned.`);
  return { manifest, meta: parsed.data };
}

/** Columns that documents and rejects have alike. */
const COMMON = 'id, source, row, format, title, url, language, text, found_hash, words, scores';

/** The Parquet file of a unit, on this host; undefined where it has none. */
async function fileOfUnit(
  store: ArtifactStore,
  ref: ArtifactRef,
  unit: number,
  kind: 'documents' | 'cuts' = 'documents',
): Promise<string | undefined> {
  const { units, cuts } = await metaOfCleaned(store, ref);
  const files = kind === 'cuts' ? (cuts?.units ?? {}) : units;
  const name = Object.keys(files).find((file) => files[file] === unit);
  return name === undefined ? undefined : store.localFile(artifactKey(ref), name);
}

/**
 * Writes all documents of a unit, kept and rejected, as JSON Lines into `dir`, in the order in which they were read.
 * Returns the file and how many there are.
 */
export async function exportUnit(
  store: ArtifactStore,
  { dataset, rejects }: { dataset: ArtifactRef; rejects: ArtifactRef },
  unit: number,
  dir: string,
): Promise<{ rows: string; count: number }> {
  const rows = path.join(dir, 'rows.jsonl');
  const [kept, rejected, cuts] = await Promise.all([
    fileOfUnit(store, dataset, unit),
    fileOfUnit(store, rejects, unit),
    fileOfUnit(store, rejects, unit, 'cuts'),
  ]);
  const parts = [
    kept &&
      `select ${COMMON}, null::varchar as reason, null::varchar as fixed_reason, null::varchar as detail,
       true as whole, null::varchar as text_if_kept, null::varchar as duplicate_of, ${cuts ? 'cut' : 'null'} as cut
       from read_parquet(${literal(kept)})
       ${cuts ? `left join (select id, cut from read_parquet(${literal(cuts)}) cut) using (id)` : ''}`,
    rejected &&
      `select ${COMMON}, reason, fixed_reason, detail, whole, text_if_kept, duplicate_of, null as cut
       from read_parquet(${literal(rejected)})`,
  ].filter((part) => part !== undefined);
  return withUnitDuckDB(dir, async (connection) => {
    // A folder is read before what follows its name, as the walk does: by the parts of the path, then by row.
    const { value } = await connection
      .runAndReadAll(
        `copy (select * from (${parts.join(' union all ')}) order by string_split(source, '/'), row)
         to ${literal(rows)} (format json)`,
      )
      .then((result) => ({ value: result.getRowObjects()[0]?.['Count'] }));
    return { rows, count: Number(value ?? 0) };
  });
}

/** Whether the documents of a dataset came with their scores. */
export async function hasScores(store: ArtifactStore, dataset: ArtifactRef): Promise<boolean> {
  const [name] = Object.keys((await metaOfCleaned(store, dataset)).rows);
  if (name === undefined) return false;
  const file = await store.localFile(artifactKey(dataset), name);
  return withDuckDB(async (connection) => {
    const read = await connection.runAndReadAll(`select count(scores) > 0 as some from read_parquet(${literal(file)})`);
    return read.getRowObjects()[0]?.['some'] === true;
  });
}
