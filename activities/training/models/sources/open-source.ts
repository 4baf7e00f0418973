import { failure } from '../../../errors';
import type { AllowedSources } from '../../../cleaning/source/allowed';
import { resolveSource } from '../../../cleaning/source/resolve';
import { bucketSource } from './bucket-source';
import { folderSource } from './folder-source';
import type { HubEnv } from './hub-request';
import { hubSource } from './hub-source';
import type { ModelSource } from './model-source';

/** Where models may be imported from. */
export interface ModelPlaces {
  sources: Pick<AllowedSources, 'roots' | 's3'>;
  /** Models of the hub that inputs may name: `*`, organisations, whole names. */
  hub: readonly string[];
  env: HubEnv;
  /** The folder with the weights of a configured encoder, fetched where they are not there yet. */
  encoderWeights(name: string, signal: AbortSignal): Promise<string>;
}

/**
 * Opens a source of a model: `hub:…`, `s3://…`, `encoder:NAME`, or a path in a source root.
 * @throws `SourceNotAllowed`, `SourceNotFound`, `Unavailable`, `ModelNotFound`
 */
export async function openModelSource(places: ModelPlaces, source: string, signal: AbortSignal): Promise<ModelSource> {
  if (source.startsWith('hub:')) return hubSource({ env: places.env, allowed: places.hub }, source, signal);
  if (/^s3:\/\//i.test(source)) return bucketSource(places.sources.s3 ?? [], source);
  if (source.startsWith('encoder:')) {
    const dir = await places.encoderWeights(source.slice('encoder:'.length), signal);
    // Any host finds the same weights by the same configuration; their hashes say whether it does.
    return { ...(await folderSource(dir, source)), isLocal: false };
  }
  const { absolute, path } = await resolveSource(places.sources.roots, source);
  return folderSource(absolute, `path:${path || '.'}`, places.sources.roots).catch((error: unknown) => {
    if ((error as { code?: unknown }).code !== 'ENOTDIR') throw error;
    throw failure('SourceNotFound', `The source "${source}" is a file, and a model is a folder.`);
  });
}
