import { failure } from '../errors';
import { unitKey } from '../kit/unit';
import type { ArtifactStore } from '../stores/artifact-store';

/** Phases whose units leave files for later ones. */
export type FeaturePhase = 'read' | 'events' | 'fit' | 'tokenizer' | 'ngrams' | 'embed' | 'transform' | 'pack';

/** Files of units that are made of JSON Lines, and kept as Parquet. */
export const FILES = {
  values: 'values.parquet',
  words: 'words.parquet',
  grams: 'grams.parquet',
  features: 'features.parquet',
  sequences: 'sequences.parquet',
  ngrams: 'ngrams.json',
} as const;

const keyOf = (workKey: string, phase: FeaturePhase, unit: number): string => unitKey({ workKey, phase, unit });

/** A file of a unit, on this host. @throws `ArtifactMissing`. */
export const unitFile = (
  store: ArtifactStore,
  workKey: string,
  phase: FeaturePhase,
  unit: number,
  name: string,
): Promise<string> => store.localFile(keyOf(workKey, phase, unit), name);

/** The same file of all units, in their order. */
export async function unitFiles(
  store: ArtifactStore,
  workKey: string,
  phase: FeaturePhase,
  units: number,
  name: string,
): Promise<string[]> {
  const files: string[] = [];
  for (let unit = 0; unit < units; unit++) files.push(await unitFile(store, workKey, phase, unit, name));
  return files;
}

/** What a unit said of itself. @throws `ArtifactMissing` where it was not done, or another store is in use. */
export async function metaOfUnit<M>(
  store: ArtifactStore,
  workKey: string,
  phase: FeaturePhase,
  unit: number,
): Promise<M> {
  const key = keyOf(workKey, phase, unit);
  const manifest = await store.manifest(key);
  if (!manifest) throw failure('ArtifactMissing', `${key} is not in the ${store.describe()}.`);
  return manifest.meta as M;
}
