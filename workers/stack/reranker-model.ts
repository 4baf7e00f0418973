import { createHash } from 'node:crypto';
import { existsSync, statSync } from 'node:fs';
import path from 'node:path';
import { buildRanker, ENCODER_FILES, WEIGHTS_FILE } from '../../activities/encoder/build-encoder';
import { failure } from '../../activities/errors';
import { cached } from './cache';
import type { EncoderModelOptions } from './encoder-weights';
import { downloadFromHub } from './hub-download';

/** Where a cross-encoder keeps on the hub what the folder needs. */
const ON_THE_HUB = { [ENCODER_FILES.model]: 'onnx/model.onnx', [ENCODER_FILES.tokenizer]: 'tokenizer.json' };

/**
 * The folder of a cross-encoder: the configured one, one that is built of its weights (BERT), or one that is filled from the
 * Hugging Face hub; the latter two are kept in the cache. @throws `ModelNotFound`
 */
export async function ensureRerankerModel(options: EncoderModelOptions): Promise<string> {
  const { model, cacheDir, log, signal, env } = options;
  const folder = path.resolve(model);
  if (existsSync(path.join(folder, ENCODER_FILES.model))) return folder;
  if (existsSync(path.join(folder, WEIGHTS_FILE))) return built(folder, options);
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

/** Weights are told by place, size and time, as an encoder's. */
async function built(folder: string, { cacheDir, log, signal }: EncoderModelOptions): Promise<string> {
  const { size, mtimeMs } = statSync(path.join(folder, WEIGHTS_FILE));
  const told = createHash('sha256').update([folder, size, mtimeMs].join('\n')).digest('hex').slice(0, 16);
  const build = async (dir: string) => {
    log({ part: 'reranker', message: `building the ONNX graph of ${folder} from its weights` });
    await buildRanker(folder, dir).catch((error: unknown) => {
      const why = error instanceof Error ? error.message : String(error);
      throw failure('ModelNotFound', `The reranker ${folder} could not be built: ${why}`, error);
    });
  };
  return cached(cacheDir, `reranker-${told}`, build, signal);
}
