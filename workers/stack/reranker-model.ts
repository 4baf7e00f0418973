import { existsSync } from 'node:fs';
import path from 'node:path';
import { ENCODER_FILES } from '../../activities/encoder/build-encoder';
import { failure } from '../../activities/errors';
import { cached } from './cache';
import type { EncoderModelOptions } from './encoder-weights';
import { downloadFromHub } from './hub-download';

/** Where a cross-encoder keeps on the hub what the folder needs. */
const ON_THE_HUB = { [ENCODER_FILES.model]: 'onnx/model.onnx', [ENCODER_FILES.tokenizer]: 'tokenizer.json' };

/**
 * The folder of a cross-encoder: the configured one, or one that is filled from the Hugging Face hub and kept in the
 * cache. @throws `ModelNotFound`
 */
export async function ensureRerankerModel(options: EncoderModelOptions): Promise<string> {
  const { model, cacheDir, log, signal, env } = options;
  const folder = path.resolve(model);
  if (existsSync(path.join(folder, ENCODER_FILES.model))) return folder;
  if (existsSync(folder) || !/^[\w.-]+\/[\w.-]+$/.test(model)) {
    throw failure('ModelNotFound', `There is no folder ${folder} with ${ENCODER_FILES.model}.`);
  }
  const fill = async (dir: string) => {
    for (const [name, file] of Object.entries(ON_THE_HUB)) {
      log({ part: 'reranker', message: `downloading ${file} of ${model}` });
      const limits = { ...(env ? { env } : {}), ...(signal ? { signal } : {}) };
      const found = await downloadFromHub({ model, revision: 'main', file }, path.join(dir, name), limits).catch(
        (error: unknown) => {
          const why = error instanceof Error ? error.message : String(error);
          throw failure('ModelNotFound', `The reranker ${model} could not be fetched: ${why}.`, error);
        },
      );
      if (!found) throw failure('ModelNotFound', `The reranker ${model} has no ${file} on the hub.`);
    }
  };
  return cached(cacheDir, `reranker-${model.replace('/', '--')}`, fill, signal);
}
