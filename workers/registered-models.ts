import { join } from 'node:path';
import { failure } from '../activities/errors';
import type { ArtifactStore } from '../activities/stores/artifact-store';
import { openArtifactStore } from '../activities/stores/open-store';
import { Registry } from '../activities/stores/registry';
import { findModel, modelFolder, type ModelRegistry } from '../activities/training/models/model-folder';
import { resolveEndpoints, type Settings } from './settings';

/** How the configuration names a registered model. */
const REGISTERED = /^model:(.+)$/;

/** The folder of a registered model on this host. */
export type ModelFolders = (reference: string) => Promise<string>;

/** The `name@version` in `model:name@version`; undefined for hub ids and folders. */
export function registeredModel(model: string): string | undefined {
  const [, reference] = REGISTERED.exec(model) ?? [];
  if (reference === undefined || reference.includes('@')) return reference;
  // Another version is another encoder, and an index is searched with the one that built it.
  throw failure('EncoderNotConfigured', `"${model}" names no version, as model:${reference}@1 would.`);
}

/** Lays registered models out in the cache. @throws `ModelVersionNotFound`, `ArtifactMissing` */
export const modelFolders =
  (store: ArtifactStore, registry: ModelRegistry, cacheDir: string): ModelFolders =>
  async (reference) => {
    const { artifact } = await findModel(registry, reference);
    return modelFolder(store, artifact, join(cacheDir, 'registered'));
  };

/** The same for commands, which need the registry only where the configuration names such a model. */
export const ownModelFolders =
  (settings: Settings): ModelFolders =>
  async (reference) => {
    const { config, projectDir, cacheDir } = settings;
    const registry = new Registry((await resolveEndpoints(settings)).databaseUrl);
    try {
      const store = openArtifactStore(config.artifacts, { projectDir, cacheDir });
      return await modelFolders(store, registry, cacheDir)(reference);
    } finally {
      await registry.close();
    }
  };
