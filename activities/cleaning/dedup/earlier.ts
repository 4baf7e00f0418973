import { readFile } from 'node:fs/promises';
import type { ArtifactRef } from '../../../schemas/common';
import { artifactKey, type ArtifactStore } from '../../stores/artifact-store';
import type { ClusterUnit } from './cluster';
import { IDS, SIGNATURES, SKETCHES } from './signature-file';
import { inIndex, type IndexMeta } from './signature-index';
import { unitMeta } from './unit-files';

/** The one file of a list of indexes. */
export const EARLIER = 'earlier.json';

/** The signature index of an earlier dataset version. */
export interface EarlierSignatures {
  name: string;
  version: number;
  artifact: ArtifactRef;
}

/** The documents of earlier versions as units, on this host, the oldest first. @throws `ArtifactMissing`. */
export async function earlierUnits(store: ArtifactStore, against: ArtifactRef | null): Promise<ClusterUnit[]> {
  if (!against) return [];
  const list = await readFile(await store.localFile(artifactKey(against), EARLIER), 'utf8');
  const units: ClusterUnit[] = [];
  for (const { name, version, artifact } of JSON.parse(list) as EarlierSignatures[]) {
    const key = artifactKey(artifact);
    const { counts } = await unitMeta<IndexMeta>(store, key);
    for (const [group, count] of counts.entries()) {
      units.push({
        file: await store.localFile(key, inIndex(group, SIGNATURES)),
        sketches: await store.localFile(key, inIndex(group, SKETCHES)),
        ids: await store.localFile(key, inIndex(group, IDS)),
        dataset: `${name}@${version}`,
        count,
      });
    }
  }
  return units;
}
