import path from 'node:path';
import { readdir } from 'node:fs/promises';
import type { ArtifactRef } from '../../schemas/common';
import { inScratch } from '../cleaning/scratch';
import { failure } from '../errors';
import { artifactKey, type ArtifactStore } from '../stores/artifact-store';
import { publishArtifact } from '../stores/content-address';
import type { Registry } from '../stores/registry';
import type { FoundModel, TrainingDependencies } from './dependencies';
import { layFile } from './lay';

export function findModel(_registry: Registry, reference: string): Promise<FoundModel> {
  return Promise.reject(failure('ModelNotRegistered', `There is no model "${reference}".`));
}

export async function layModel(store: ArtifactStore, { artifact }: FoundModel, dir: string): Promise<void> {
  const key = artifactKey(artifact);
  for (const { name } of (await store.manifest(key))?.files ?? []) {
    await layFile(await store.localFile(key, name), path.join(dir, name));
  }
}

export async function publishResult({ store }: TrainingDependencies, dir: string): Promise<ArtifactRef> {
  return inScratch(store, async (scratch) => {
    for (const name of await readdir(dir)) await layFile(path.join(dir, name), path.join(scratch, name));
    return publishArtifact(store, 'model', scratch, {}, 1);
  });
}
