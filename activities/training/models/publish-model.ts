import { constants, copyFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { ArtifactRef } from '../../../schemas/common';
import type { ModelFacts } from '../../../schemas/models';
import { inScratch } from '../../cleaning/scratch';
import type { Report } from '../../kit/heartbeat';
import type { ArtifactStore } from '../../stores/artifact-store';
import { publishArtifact } from '../../stores/content-address';
import { namingFullDisk } from '../../stores/disk';
import { checkModel } from './check-model';
import { flatName, folderFiles } from './model-files';

/** A model in the store, and what is known of it from its own files. */
export interface PublishedModel extends ModelFacts {
  artifact: ArtifactRef;
  /** As its card states it; null where it does not. */
  licence: string | null;
  tensors: number;
  leftOut: number;
}

export interface PublishOptions {
  /** Replaces the card in the folder. */
  card?: string;
  report?: Report;
  signal?: AbortSignal;
}

/**
 * Publishes a model in Hugging Face layout as an artifact of the kind `model`: the same files always give the same one, and
 * publishing them again changes nothing. Pickles, code and hidden files are left out; each file that is taken is read twice,
 * once to copy and once to hash it. Its rows are its parameters.
 * @param folder as `save_pretrained` writes it, or sentence-transformers'; nothing is written to it.
 * @throws `ModelRefused` with what is wrong.
 */
export async function publishModel(
  store: ArtifactStore,
  folder: string,
  { card, report, signal }: PublishOptions = {},
): Promise<PublishedModel> {
  const model = await folderFiles(folder);
  const { facts, kept, licence, tensors, leftOut } = await checkModel(model);
  const total = model.files.reduce((sum, { name, bytes }) => sum + (kept.includes(name) ? bytes : 0), 0);
  return inScratch(store, (dir) =>
    namingFullDisk(dir, async () => {
      let done = 0;
      for (const { name, bytes } of model.files) {
        if (!kept.includes(name)) continue;
        signal?.throwIfAborted();
        // Shares the blocks where the file system can.
        await copyFile(path.join(folder, name), path.join(dir, flatName(name)), constants.COPYFILE_FICLONE);
        report?.((done += bytes), total);
      }
      if (card !== undefined) await writeFile(path.join(dir, 'README.md'), card);
      const artifact = await publishArtifact(store, 'model', dir, { ...facts }, facts.parameters);
      return { ...facts, artifact, licence, tensors, leftOut };
    }),
  );
}
