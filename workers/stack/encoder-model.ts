import { createHash } from 'node:crypto';
import { existsSync, statSync } from 'node:fs';
import path from 'node:path';
import { buildEncoder, ENCODER_BUILD, ENCODER_FILES, WEIGHTS_FILE } from '../../activities/encoder/build-encoder';
import { failure } from '../../activities/errors';
import type { Precision } from '../../schemas/config';
import { cached } from './cache';
import { type EncoderModel, type EncoderModelOptions, ensureEncoderWeights } from './encoder-weights';

/**
 * The encoder's model.onnx and tokenizer.json: those of a configured folder, or built (1 second) from the weights in
 * that folder, on the Hugging Face hub or, for the default model, in a Python package. What is built stays in the cache.
 * @throws `ModelNotFound` with what was tried and how each failed.
 */
export async function ensureEncoderModel(options: EncoderModelOptions): Promise<EncoderModel> {
  const { model, precision = 'fp32', cacheDir, log, signal } = options;
  const folder = path.resolve(model);
  const isFolder = existsSync(folder);
  if (isFolder && existsSync(path.join(folder, ENCODER_FILES.model))) return { dir: folder, origin: folder };
  if (!isFolder && !/^[\w.-]+\/[\w.-]+$/.test(model)) throw failure('ModelNotFound', `There is no folder ${folder}.`);

  const weights = isFolder ? { dir: folder, origin: folder } : await ensureEncoderWeights(options);
  const dir = await cached(
    cacheDir,
    `encoder-${fingerprintOfWeights(weights.dir, precision)}`,
    async (target) => {
      log({ part: 'encoder', message: `building the ONNX graph of ${model} from its weights (${precision})` });
      await buildEncoder(weights.dir, target, precision).catch((error: unknown) => {
        const why = error instanceof Error ? error.message : String(error);
        throw failure('ModelNotFound', `The encoder ${model} could not be built: ${why}`, error);
      });
    },
    signal,
  );
  return { dir, origin: `weights ${weights.origin}` };
}

/** What is built depends on the weights and on the builder. Weights are told by place, size and time: hashing is slow. */
function fingerprintOfWeights(folder: string, precision: Precision): string {
  const weights = path.join(folder, WEIGHTS_FILE);
  if (!existsSync(weights)) {
    throw failure('ModelNotFound', `${folder} has neither ${ENCODER_FILES.model} nor ${WEIGHTS_FILE}.`);
  }
  const { size, mtimeMs } = statSync(weights);
  const told = [ENCODER_BUILD, weights, size, mtimeMs, ...(precision === 'fp32' ? [] : [precision])].join('\n');
  return createHash('sha256').update(told).digest('hex').slice(0, 16);
}
