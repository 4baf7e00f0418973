import { createReadStream } from 'node:fs';
import path from 'node:path';
import { failure } from '../../../errors';
import { isAllowed, realPathOf, realRoots } from '../../../cleaning/source/resolve';
import { digestFile } from '../../../stores/file-set';
import { folderFiles } from '../model-files';
import type { ModelSource } from './model-source';

/**
 * A folder of this host.
 * @param roots folders that links of it may lead into; all where left out.
 * @throws `SourceNotAllowed` where a link leads out of them.
 */
export async function folderSource(dir: string, name: string, roots?: readonly string[]): Promise<ModelSource> {
  const found = await folderFiles(dir);
  const inside = roots && (await realRoots(roots));
  for (const file of inside ? found.files : []) {
    const real = await realPathOf(path.join(dir, file.name));
    if (real !== undefined && isAllowed(real, inside ?? [])) continue;
    throw failure('SourceNotAllowed', `${file.name} is a link that leads out of the source roots.`);
  }
  const localPath = (file: string) => path.join(dir, file);
  return {
    ...found,
    name,
    isLocal: true,
    localPath,
    async pinned(names, onBytes) {
      const pinned = [];
      for (const file of names) {
        const { sha256, bytes } = await digestFile(localPath(file));
        onBytes(bytes);
        pinned.push({ name: file, bytes, pin: `sha256:${sha256}` });
      }
      return pinned;
    },
    stream: (file, from) => createReadStream(localPath(file.name), { start: from }),
  };
}
