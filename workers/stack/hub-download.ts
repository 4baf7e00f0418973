import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { askHub } from '../../activities/training/models/sources/hub-request';
import type { Env } from './cache';

/** A file of a model on the Hugging Face hub, at one revision. */
export interface HubFile {
  model: string;
  /** Commit, tag or branch. */
  revision: string;
  file: string;
}

/**
 * Downloads one file of a model to `target`, whose folder is made. `HF_ENDPOINT` names a mirror and `HF_TOKEN` is sent
 * for models that need one; `HF_HUB_OFFLINE=1` forbids it, as in Hugging Face's own tools.
 * @returns whether the model has that file.
 * @throws within 8 seconds where the hub can not be reached, or when a download falls silent for 30 seconds.
 */
export async function downloadFromHub(
  { model, revision, file }: HubFile,
  target: string,
  { env, signal, onBytes }: { env?: Env; signal?: AbortSignal; onBytes?: (bytes: number) => void } = {},
): Promise<boolean> {
  const limits = { ...(env ? { env } : {}), ...(signal ? { signal } : {}) };
  const { status, chunks, close } = await askHub(`${model}/resolve/${revision}/${file}`, limits);
  if (status !== 200) {
    await close();
    if (status === 404) return false;
    throw new Error(`the hub answered ${status} for ${model}/${file}`);
  }
  await mkdir(path.dirname(target), { recursive: true });
  const counted = async function* () {
    for await (const chunk of chunks) {
      onBytes?.(chunk.length);
      yield chunk;
    }
  };
  await pipeline(Readable.from(counted()), createWriteStream(target));
  return true;
}
