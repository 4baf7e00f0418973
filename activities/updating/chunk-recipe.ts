import { createHash } from 'node:crypto';
import type { Client } from '@elastic/elasticsearch';
import type { Chunking, EncoderIdentity } from '../../schemas/rebuild-index';
import { readIndexMeta } from '../indexing/build';
import { canonicalJson } from '../kit/canonical-json';

/** How the chunks of an index are made. Indexes of the same recipe take the same chunks and vectors. */
export interface ChunkRecipe {
  /** Names it: the same encoder and chunking have the same name. */
  name: string;
  encoder: EncoderIdentity;
  chunking: Chunking;
}

/** Twelve digits: a handful of recipes is ever told apart. */
const NAME_DIGITS = 12;

export async function chunkRecipeOf(search: Client, physical: string): Promise<ChunkRecipe> {
  const { encoder, chunking } = await readIndexMeta(search, physical);
  const text = canonicalJson({ encoder: encoder.fingerprint, chunking });
  const name = createHash('sha256').update(text).digest('hex').slice(0, NAME_DIGITS);
  return { name, encoder, chunking };
}
