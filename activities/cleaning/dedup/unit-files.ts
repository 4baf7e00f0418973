import { readFile } from 'node:fs/promises';
import type { CleaningRules } from '../../../schemas/recipes';
import { failure } from '../../errors';
import { unitKey } from '../../kit/unit';
import type { ArtifactStore, Manifest } from '../../stores/artifact-store';
import type { FilterResult } from '../filter';
import type { ClusterTask } from './cluster';
import { EDGES, PLANTED_FOUND, SAME_IDS, type MatchTask } from './match';
import { PLANTED, type PlantedDocument } from './planted';
import { IDS, SIGNATURES, SKETCHES, type UnitSignatures } from './signature-file';
import type { DuplicatesInput } from '..';
import { earlierUnits } from './earlier';

/** What a finished unit of a phase says of itself. @throws `ArtifactMissing` where it is not finished. */
export async function unitMeta<M>(store: ArtifactStore, key: string): Promise<M> {
  const manifest: Manifest | undefined = await store.manifest(key);
  if (!manifest) throw failure('ArtifactMissing', `${key} is not in the ${store.describe()}.`);
  return manifest.meta as M;
}

export const filterKey = (workKey: string, unit: number): string => unitKey({ workKey, phase: 'filter', unit });

/** The signatures that a unit of the filter phase has written, on this host. */
export async function signaturesOf(store: ArtifactStore, key: string): Promise<UnitSignatures> {
  const { kept } = await unitMeta<FilterResult>(store, key);
  const [file, sketches] = [await store.localFile(key, SIGNATURES), await store.localFile(key, SKETCHES)];
  return { file, sketches, count: kept };
}

async function plantedOf(store: ArtifactStore, key: string): Promise<UnitSignatures> {
  const { planted } = await unitMeta<FilterResult>(store, key);
  const file = await store.localFile(key, PLANTED.signatures);
  return { file, sketches: await store.localFile(key, PLANTED.sketches), count: planted };
}

/** How the rules tell near duplicates. */
export function nearOf(rules: CleaningRules): MatchTask['near'] {
  if (!rules.dropNearDuplicates) return null;
  const { minNearSimilarity: similarity, minNearContainment: containment } = rules;
  return similarity === null ? 'band' : { similarity, containment };
}

type Signatures = Pick<MatchTask, 'units' | 'earlier' | 'planted'>;

/** The signatures of all units of a run, on this host: found once, as each of its parts asks for all of them. */
export class RunSignatures {
  private last: { of: string; signatures: Promise<Signatures> } | undefined;

  constructor(private readonly store: ArtifactStore) {}

  of(input: RunInput): Promise<Signatures> {
    const { workKey, units, against } = input;
    const of = `${workKey} ${units} ${against?.sha256 ?? ''}`;
    if (this.last?.of !== of) this.last = { of, signatures: findSignatures(this.store, input) };
    return this.last.signatures.catch((error: unknown) => {
      this.forget();
      throw error;
    });
  }

  /** Looks for them again the next time: files that were there may be gone. */
  forget(): void {
    this.last = undefined;
  }
}

type RunInput = Pick<DuplicatesInput, 'workKey' | 'units' | 'against'>;

async function findSignatures(store: ArtifactStore, { workKey, units, against }: RunInput): Promise<Signatures> {
  const earlier = await earlierUnits(store, against);
  const task = { units: earlier as UnitSignatures[], earlier: earlier.length, planted: [] as UnitSignatures[] };
  for (let unit = 0; unit < units; unit++) {
    const key = filterKey(workKey, unit);
    task.units.push(await signaturesOf(store, key));
    task.planted.push(await plantedOf(store, key));
  }
  return task;
}

/** The signatures and ids of all units and the pairs of all parts, on this host. */
export async function clusterTask(
  store: ArtifactStore,
  { workKey, units, parts, against }: DuplicatesInput,
): Promise<Omit<ClusterTask, 'dir'>> {
  const earlier = await earlierUnits(store, against);
  const pairs = { edges: [] as string[], sameIds: [] as string[], plantedFound: [] as string[] };
  const task = { units: earlier, earlier: earlier.length, planted: [] as PlantedDocument[][], ...pairs };
  for (let unit = 0; unit < units; unit++) {
    const key = filterKey(workKey, unit);
    task.units.push({ ...(await signaturesOf(store, key)), ids: await store.localFile(key, IDS) });
    const list = await readFile(await store.localFile(key, PLANTED.list), 'utf8');
    task.planted.push(JSON.parse(list) as PlantedDocument[]);
  }
  for (let part = 0; part < parts; part++) {
    const key = unitKey({ workKey, phase: 'match', unit: part });
    task.edges.push(await store.localFile(key, EDGES));
    task.sameIds.push(await store.localFile(key, SAME_IDS));
    task.plantedFound.push(await store.localFile(key, PLANTED_FOUND));
  }
  return task;
}
