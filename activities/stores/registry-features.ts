import type { FeatureCounts, FeatureVersion, TransformVersion } from '../../schemas/build-features';
import type { ArtifactRef } from '../../schemas/common';
import type { Query } from './registry-database';
import { nextVersion } from './registry-versions';

export interface NewFeatureVersion {
  name: string;
  artifact: ArtifactRef;
  card: ArtifactRef;
  transform: TransformVersion;
  rejects?: ArtifactRef | undefined;
  counts: FeatureCounts;
}

/** An artifact's row `a` as an `ArtifactRef`. */
const refOf = (alias: string): string =>
  `json_build_object('uri', ${alias}.uri, 'sha256', ${alias}.sha256, 'bytes', ${alias}.bytes, 'rows', ${alias}.rows,
    'kind', ${alias}.kind)`;

export async function findTransform(
  query: Query,
  name: string,
  version: number | undefined,
): Promise<TransformVersion | undefined> {
  const [row] = await query<{ found: TransformVersion }>(
    `select json_build_object('name', t.name, 'version', t.version, 'artifact', ${refOf('a')}) as found
     from llm_pack.transform_versions t join llm_pack.artifacts a on a.uri = t.artifact
     where t.name = $1 and ($2::integer is null or t.version = $2) order by t.version desc limit 1`,
    [name, version],
  );
  return row?.found;
}

export async function findFeatures(
  query: Query,
  name: string,
  version: number | undefined,
): Promise<FeatureVersion | undefined> {
  const [row] = await query<{ found: FeatureVersion }>(
    `select json_build_object('name', f.name, 'version', f.version, 'artifact', ${refOf('a')}, 'card', ${refOf('c')}) as found
     from llm_pack.feature_versions f join llm_pack.artifacts a on a.uri = f.artifact
     join llm_pack.artifacts c on c.uri = f.card
     where f.name = $1 and ($2::integer is null or f.version = $2) order by f.version desc limit 1`,
    [name, version],
  );
  return row?.found;
}

export async function addTransform(
  query: Query,
  workKey: string,
  name: string,
  artifact: ArtifactRef,
): Promise<number> {
  const version = await nextVersion(query, 'transform', name);
  await query('insert into llm_pack.transform_versions (name, version, work_key, artifact) values ($1, $2, $3, $4)', [
    name,
    version,
    workKey,
    artifact.uri,
  ]);
  return version;
}

export async function addFeatures(query: Query, workKey: string, features: NewFeatureVersion): Promise<number> {
  const { name, artifact, card, transform, rejects, counts } = features;
  const version = await nextVersion(query, 'features', name);
  await query(
    `insert into llm_pack.feature_versions
       (name, version, work_key, artifact, card, transform_name, transform_version, rejects, counts)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
    [
      name,
      version,
      workKey,
      artifact.uri,
      card.uri,
      transform.name,
      transform.version,
      rejects?.uri,
      JSON.stringify(counts),
    ],
  );
  return version;
}
