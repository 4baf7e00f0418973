import { createHash } from 'node:crypto';
import type { ArtifactRef } from '../../schemas/common';
import { canonicalJson } from '../kit/canonical-json';
import type { ArtifactStore, FileEntry, Meta } from './artifact-store';
import { sealFiles } from './file-set';

/**
 * Publishes the files in `dir` under `<kind>/<sha256>`, where sha256 is that of the canonical JSON of their manifest's
 * files and meta: the same content always has the same name, and publishing it again changes nothing. `dir` comes
 * from the store's `scratch()` and is used up.
 *
 * @param rows what the artifact holds, counted in its own unit (documents, units of a plan).
 * @param meta must depend on the content alone: no time, host or run id.
 * @param sealed what `sealFiles` has said of `dir`, where it was asked already.
 */
export async function publishArtifact(
  store: ArtifactStore,
  kind: ArtifactRef['kind'],
  dir: string,
  meta: Meta,
  rows: number,
  sealed?: FileEntry[],
): Promise<ArtifactRef> {
  const files = sealed ?? (await sealFiles(dir));
  const sha256 = createHash('sha256').update(canonicalJson({ files, meta })).digest('hex');
  const key = `${kind}/${sha256}`;
  await store.publish(key, dir, meta, files);
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  return { uri: `artifact:${key}`, sha256, bytes, rows, kind };
}
