import type { ModelVersion } from '../../schemas/models';
import type { Query } from './registry-database';
import { nextVersion } from './registry-versions';

/** A model to register, with what was measured while it was made: JSON, empty for one that was only imported. */
export interface NewModelVersion extends Omit<ModelVersion, 'version'> {
  metrics: Record<string, unknown>;
}

/** A version of a model, the latest where none is given; undefined where there is none. Guards are none of these. */
export async function findModelVersion(
  query: Query,
  name: string,
  version: number | undefined,
): Promise<ModelVersion | undefined> {
  const [row] = await query<{ found: ModelVersion }>(
    `select json_build_object('name', m.name, 'version', m.version, 'kind', m.kind, 'architecture', m.architecture,
       'parameters', m.parameters, 'licence', m.licence, 'source', m.source,
       'base', m.base_name || '@' || m.base_version, 'artifact', json_build_object('uri', a.uri, 'sha256', a.sha256,
       'bytes', a.bytes, 'rows', a.rows, 'kind', a.kind)) as found
     from llm_pack.model_versions m join llm_pack.artifacts a on a.uri = m.artifact
     where m.name = $1 and m.kind is not null and ($2::integer is null or m.version = $2) order by m.version desc limit 1`,
    [name, version],
  );
  return row?.found;
}

/**
 * The newest version of a dataset that any version of a model was made from, directly or by what was made of it; undefined where there
 * is none.
 */
export async function datasetOfModel(query: Query, model: string, dataset: string): Promise<number | undefined> {
  const [row] = await query<{ version: number | null }>(
    `with recursive made_from (uri) as (
       select artifact from llm_pack.model_versions where name = $1
       union select l.input from llm_pack.lineage l join made_from m on l.output = m.uri)
     select max(d.version) as version from llm_pack.dataset_versions d join made_from m on m.uri = d.artifact
     where d.name = $2`,
    [model, dataset],
  );
  return row?.version ?? undefined;
}

/** Enters a model as the next version of its name, in the caller's transaction. Returns that. */
export async function addModelVersion(query: Query, workKey: string, model: NewModelVersion): Promise<number> {
  const { name, artifact, kind, architecture, parameters, licence, source, base, metrics } = model;
  const [baseName = null, baseVersion = null] = base?.split('@') ?? [];
  const version = await nextVersion(query, 'model', name);
  await query(
    `insert into llm_pack.model_versions
       (name, version, work_key, artifact, metrics, kind, architecture, parameters, licence, source, base_name, base_version)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
    [
      ...[name, version, workKey, artifact.uri, JSON.stringify(metrics)],
      ...[kind, architecture, parameters, licence, source, baseName, baseVersion],
    ],
  );
  return version;
}
