import type { ArtifactRef } from '../../schemas/common';
import type { Query } from './registry-database';

/** A dataset version whose units are kept for later runs. */
export interface KeptVersion {
  /** Of the run that made it: its units are kept under that. */
  workKey: string;
  version: number;
  artifact: ArtifactRef;
  rejects: ArtifactRef;
}

/** The newest version of a dataset whose units are kept; undefined where there is none. */
export async function keptVersion(query: Query, name: string): Promise<KeptVersion | undefined> {
  const refOf = (table: string) =>
    `json_build_object('uri', ${table}.uri, 'sha256', ${table}.sha256, 'bytes', ${table}.bytes, 'rows', ${table}.rows,
       'kind', ${table}.kind)`;
  const [row] = await query<KeptVersion>(
    `select d.work_key as "workKey", d.version, ${refOf('a')} as artifact, ${refOf('r')} as rejects
     from llm_pack.dataset_versions d join llm_pack.artifacts a on a.uri = d.artifact
       join llm_pack.artifacts r on r.uri = d.rejects
     where d.name = $1 and d.keeps_units order by d.version desc limit 1`,
    [name],
  );
  return row;
}

/** Work of the versions of a dataset whose units are kept, but for the newest of them. */
export async function supersededWork(query: Query, name: string): Promise<string[]> {
  const rows = await query<{ work_key: string }>(
    `select work_key from llm_pack.dataset_versions where name = $1 and keeps_units order by version desc offset 1`,
    [name],
  );
  return rows.map(({ work_key: workKey }) => workKey);
}

/** Records that the units of these works are gone; call it after the deletion. */
export async function markUnitsDeleted(query: Query, workKeys: readonly string[]): Promise<void> {
  await query('update llm_pack.dataset_versions set keeps_units = false where work_key = any($1)', [workKeys]);
}
