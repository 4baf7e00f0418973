import path from 'node:path';
import type { PackConfig } from '../../schemas/config';
import type { ArtifactStore } from './artifact-store';
import { FileArtifactStore } from './file-store';
import { S3ArtifactStore } from './s3-store';

/** A store with the housekeeping that a process does at its start. */
export interface OpenArtifactStore extends ArtifactStore {
  /** Removes from the local disk what killed processes left behind. Returns how many files or folders. */
  sweep(): Promise<number>;
}

/**
 * The configured artifact store; nothing is read or connected yet.
 * @param projectDir absolute path of the folder that `artifacts.dir` is relative to
 * @param cacheDir absolute path of the local folder for what can be fetched again; used by remote stores only
 */
export function openArtifactStore(
  config: PackConfig['artifacts'],
  { projectDir, cacheDir }: { projectDir: string; cacheDir: string },
): OpenArtifactStore {
  if (config.type === 'file') return new FileArtifactStore(path.resolve(projectDir, config.dir));
  return new S3ArtifactStore({ ...config, localDir: path.join(cacheDir, 'artifacts') });
}
