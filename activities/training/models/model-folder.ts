import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { copyFile, link, mkdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import type { ArtifactRef } from '../../../schemas/common';
import type { ModelVersion } from '../../../schemas/models';
import { failure } from '../../errors';
import { artifactKey, type ArtifactStore } from '../../stores/artifact-store';
import { errorCode } from '../../stores/disk';
import { findPromoted } from '../../stores/find-version';
import { nestedName } from './model-files';

/** Where registered models are found. */
export interface ModelRegistry {
  model(name: string, version?: number): Promise<ModelVersion | undefined>;
  production(kind: 'model', name: string): Promise<{ version: number } | undefined>;
}

/**
 * A registered model: its name for the latest version, name@version, or name@production for the one that is live now.
 * @throws `ModelVersionNotFound`
 */
export const findModel = (registry: ModelRegistry, reference: string): Promise<ModelVersion> =>
  findPromoted(
    'model',
    reference,
    (...named) => registry.model(...named),
    (name) => registry.production('model', name),
  );

/**
 * Lays out a model as the folder that it was published from, below `parent` and named by its hash, and returns that. Each
 * file is verified by its hash, and is a link to the store's where that is on the same disk: whoever gets the folder may only
 * read. A folder that stands is whole, and is returned as it is; of two calls at once the first one's stays.
 * @throws `ArtifactMissing`, `ArtifactCorrupt`
 */
export async function modelFolder(
  store: ArtifactStore,
  artifact: Pick<ArtifactRef, 'uri' | 'sha256'>,
  parent: string,
): Promise<string> {
  const target = path.join(parent, artifact.sha256.slice(0, 16));
  if (existsSync(target)) return target;
  const aside = `${target}.${randomUUID()}`;
  const key = artifactKey(artifact);
  const manifest = await store.manifest(key);
  if (!manifest) throw failure('ArtifactMissing', `Nothing is stored at ${key}.`);
  await mkdir(aside, { recursive: true });
  try {
    for (const { name } of manifest.files) {
      const file = path.join(aside, nestedName(name));
      await mkdir(path.dirname(file), { recursive: true });
      await linkOrCopy(await store.localFile(key, name), file);
    }
    await rename(aside, target).catch((error: unknown) => {
      if (!['ENOTEMPTY', 'EEXIST'].includes(errorCode(error) ?? '')) throw error;
    });
    return target;
  } finally {
    await rm(aside, { recursive: true, force: true });
  }
}

async function linkOrCopy(from: string, to: string): Promise<void> {
  // Another disk, or one that has no links.
  await link(from, to).catch(() => copyFile(from, to));
}
