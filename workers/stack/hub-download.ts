import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Env } from './cache';

// The hub answers within a second; where nothing answers (no network, a firewall that drops) the next origin is tried.
const ANSWER_MS = 8_000;
// A download may be slow, but not silent.
const SILENCE_MS = 30_000;

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
  { env = process.env, signal, onBytes }: { env?: Env; signal?: AbortSignal; onBytes?: (bytes: number) => void } = {},
): Promise<boolean> {
  if (env['HF_HUB_OFFLINE'] === '1') throw new Error('HF_HUB_OFFLINE is set');
  const endpoint = env['HF_ENDPOINT'] || 'https://huggingface.co';
  const quiet = new AbortController();
  const silent = () => quiet.abort(new Error(`nothing came from ${new URL(endpoint).host}`));
  let timer = setTimeout(silent, ANSWER_MS);
  const hear = (milliseconds: number) => {
    clearTimeout(timer);
    timer = setTimeout(silent, milliseconds);
  };
  try {
    const response = await fetch(`${endpoint}/${model}/resolve/${revision}/${file}`, {
      signal: signal ? AbortSignal.any([signal, quiet.signal]) : quiet.signal,
      headers: env['HF_TOKEN'] ? { authorization: `Bearer ${env['HF_TOKEN']}` } : {},
    });
    if (response.status === 404) return false;
    if (!response.ok || !response.body) throw new Error(`the hub answered ${response.status} for ${model}/${file}`);
    hear(SILENCE_MS);
    await mkdir(path.dirname(target), { recursive: true });
    const count = new Transform({
      transform(chunk: Buffer, _encoding, done) {
        hear(SILENCE_MS);
        onBytes?.(chunk.length);
        done(null, chunk);
      },
    });
    await pipeline(Readable.fromWeb(response.body as never), count, createWriteStream(target));
    return true;
  } catch (error) {
    // `fetch failed` says nothing; why it failed is in the cause.
    const { cause } = error as { cause?: unknown };
    throw cause instanceof Error ? new Error(`${endpoint}: ${cause.message}`, { cause: error }) : error;
  } finally {
    clearTimeout(timer);
  }
}
