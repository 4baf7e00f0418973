import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { failure } from '../../errors';
import { TOKENIZER_FILE, TRANSFORM_FILE, type FittedTransform } from '../../features/fitted';
import { readFitted } from '../../features/load';
import { errorCode } from '../../stores/disk';
import type { ArtifactStore } from '../../stores/artifact-store';
import { layFile } from '../lay';

/**
 * Lays out the tokenizer that packed sequences were made with as a folder that transformers loads, below `parent` and named by
 * the hash of its transform, and returns that.
 * @param transform sha256 of the transform's artifact
 * @throws `ArtifactMissing`, `ArtifactCorrupt`
 */
export async function tokenizerFolder(store: ArtifactStore, transform: string, parent: string): Promise<string> {
  const target = path.join(parent, `tokenizer-${transform.slice(0, 16)}`);
  if (existsSync(target)) return target;
  const key = `transform/${transform}`;
  const { sequences } = await readFitted(store, { uri: `artifact:${key}` });
  if (!sequences) throw failure('ArtifactMissing', `The ${TRANSFORM_FILE} at ${key} makes no sequences.`);
  const aside = `${target}.${randomUUID()}`;
  await mkdir(aside, { recursive: true });
  try {
    await layFile(await store.localFile(key, TOKENIZER_FILE), path.join(aside, TOKENIZER_FILE));
    await writeFile(path.join(aside, 'tokenizer_config.json'), JSON.stringify(tokenizerConfig(sequences)));
    await rename(aside, target).catch((error: unknown) => {
      if (!['ENOTEMPTY', 'EEXIST'].includes(errorCode(error) ?? '')) throw error;
    });
    return target;
  } finally {
    await rm(aside, { recursive: true, force: true });
  }
}

/** What `tokenizer.json` does not say: which of its special tokens ends a text, and which one fills. */
const tokenizerConfig = ({ endOfText, pad }: NonNullable<FittedTransform['sequences']>) => ({
  tokenizer_class: 'PreTrainedTokenizerFast',
  bos_token: endOfText,
  eos_token: endOfText,
  pad_token: pad,
});
