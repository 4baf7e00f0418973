import { failure } from '../../errors';
import { unitKey } from '../../kit/unit';
import type { ArtifactStore, Manifest } from '../../stores/artifact-store';
import type { FilterResult } from '../filter';
import type { ClusterTask } from './cluster';
import { EDGES, SAME_IDS, type MatchTask } from './match';
import { IDS, SIGNATURES, type UnitSignatures } from './signature-file';

/** What a finished unit of a phase says of itself. @throws `ArtifactMissing` where it is not finished. */
export async function unitMeta<M>(store: ArtifactStore, key: string): Promise<M> {
  const manifest: Manifest | undefined = await store.manifest(key);
  if (!manifest) throw failure('ArtifactMissing', `${key} is not in the ${store.describe()}.`);
  return manifest.meta as M;
}

export const filterKey = (workKey: string, unit: number): string => unitKey({ workKey, phase: 'filter', unit });

async function signaturesOf(store: ArtifactStore, workKey: string, unit: number): Promise<UnitSignatures> {
  const key = filterKey(workKey, unit);
  const { kept } = await unitMeta<FilterResult>(store, key);
  return { file: await store.localFile(key, SIGNATURES), count: kept };
}

/** The signatures of all units, on this host. */
export async function matchTask(
  store: ArtifactStore,
  workKey: string,
  units: number,
): Promise<Pick<MatchTask, 'units'>> {
  const files: UnitSignatures[] = [];
  for (let unit = 0; unit < units; unit++) files.push(await signaturesOf(store, workKey, unit));
  return { units: files };
}

/** The signatures and ids of all units and the pairs of all parts, on this host. */
export async function clusterTask(
  store: ArtifactStore,
  workKey: string,
  units: number,
  parts: number,
): Promise<Omit<ClusterTask, 'dir'>> {
  const task: Omit<ClusterTask, 'dir'> = { units: [], edges: [], sameIds: [] };
  for (let unit = 0; unit < units; unit++) {
    const ids = await store.localFile(filterKey(workKey, unit), IDS);
    task.units.push({ ...(await signaturesOf(store, workKey, unit)), ids });
  }
  for (let part = 0; part < parts; part++) {
    const key = unitKey({ workKey, phase: 'match', unit: part });
    task.edges.push(await store.localFile(key, EDGES));
    task.sameIds.push(await store.localFile(key, SAME_IDS));
  }
  return task;
}
