import * as z from 'zod';
import { BYTE_ALPHABET } from './byte-alphabet';
import type { Merge } from './train-bpe';

/** As far as the pack reads it; the format is that of Hugging Face's tokenizers. */
export const tokenizerFile = z.object({
  added_tokens: z.array(z.object({ id: z.int(), content: z.string() })),
  model: z.object({ vocab: z.record(z.string(), z.int()), merges: z.array(z.tuple([z.string(), z.string()])) }),
});

/** A byte-level BPE tokenizer as `tokenizer.json` has it: special tokens first, then the bytes, then the merges. */
export function tokenizerJson(specialTokens: readonly string[], merges: readonly Merge[]): object {
  const tokens = [...specialTokens, ...BYTE_ALPHABET];
  const pairs = merges.map(([left, right]): [string, string] => {
    const pair: [string, string] = [tokens[left] ?? '', tokens[right] ?? ''];
    tokens.push(pair.join(''));
    return pair;
  });
  const byteLevel = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true };
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: specialTokens.map((content, id) => ({
      id,
      content,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
      special: true,
    })),
    normalizer: null,
    pre_tokenizer: byteLevel,
    post_processor: null,
    decoder: byteLevel,
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: false,
      vocab: Object.fromEntries(tokens.map((token, id) => [token, id])),
      merges: pairs,
    },
  };
}
