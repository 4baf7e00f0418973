import fc from 'fast-check';
import * as library from '@huggingface/tokenizers';
import { describe, expect, it } from 'vitest';
import { BpeTokenizer } from '../../../activities/features/tokenizer/bpe-tokenizer';
import { PRETOKENS } from '../../../activities/features/tokenizer/byte-alphabet';
import { tokenizerJson } from '../../../activities/features/tokenizer/tokenizer-file';
import { trainBpe } from '../../../activities/features/tokenizer/train-bpe';

// The library's own declarations resolve to nothing (activities/encoder/text-tokenizer.ts says why).
const { Tokenizer } = library as unknown as {
  Tokenizer: new (
    json: object,
    config: object,
  ) => {
    encode(text: string, options: { add_special_tokens: boolean }): { ids: number[] };
    decode(ids: number[], options: { clean_up_tokenization_spaces: boolean }): string;
  };
};

const TEXT = `The worker keeps the ledger and the worker's ledger keeps the worker. We'll keep 42 ledgers, naïve café ledgers,
  工人保存账本。工人保存账本。 🙂🙂 worker-ledger_worker(ledger) — it's the   ledger.`;
const SPECIAL = ['<|endoftext|>', '<|pad|>'];

const countWords = (text: string) => {
  const counts = new Map<string, number>();
  for (const word of text.match(PRETOKENS) ?? []) counts.set(word, (counts.get(word) ?? 0) + 1);
  return [...counts].map(([word, count]) => ({ word, count }));
};
const train = (words: { word: string; count: number }[], vocabulary = 340) =>
  trainBpe(words, { firstByte: SPECIAL.length, vocabulary, minFrequency: 2 });
const json = tokenizerJson(SPECIAL, train(countWords(TEXT)));
const ours = new BpeTokenizer(JSON.parse(JSON.stringify(json)));
const theirs = new Tokenizer(json, {});
/** Texts of the corpus' own characters, and of any others. */
const texts = fc.oneof(
  fc
    .array(fc.constantFrom(...countWords(TEXT).map(({ word }) => word)), { maxLength: 30 })
    .map((words) => words.join('')),
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.string({ unit: 'grapheme', maxLength: 60 }),
);

describe('the tokenizer', () => {
  it('learns pairs until they are rarer than asked, the more frequent first', () => {
    const words = [
      { word: 'abab', count: 5 },
      { word: 'abc', count: 1 },
    ];
    const merges = trainBpe(words, { firstByte: 0, vocabulary: 300, minFrequency: 2 });
    expect(merges).toHaveLength(2);
    const { model } = tokenizerJson([], merges) as { model: { merges: unknown } };
    expect(model.merges).toEqual([
      ['a', 'b'],
      ['ab', 'ab'],
    ]);
  });

  it('is the same whatever order the words are counted in', () => {
    const words = countWords(TEXT);
    const order = fc.shuffledSubarray(words, { minLength: words.length, maxLength: words.length });
    fc.assert(
      fc.property(order, (shuffled) => {
        expect(train(shuffled)).toEqual(train(words));
      }),
      { numRuns: 20 },
    );
  });

  it('gives the tokens that the Hugging Face library gives', () => {
    fc.assert(
      fc.property(texts, (text) => {
        expect(ours.encode(text)).toEqual(theirs.encode(text, { add_special_tokens: false }).ids);
      }),
      { numRuns: 500 },
    );
  });

  it('loses nothing: the tokens of a text are the text', () => {
    fc.assert(
      fc.property(texts, (text) => {
        // Theirs takes no empty list.
        fc.pre(text !== '');
        expect(theirs.decode(ours.encode(text), { clean_up_tokenization_spaces: false })).toBe(
          text.replace(/\p{Surrogate}/gu, '\ufffd'),
        );
      }),
    );
  });

  it('takes text that looks like a special token for text', () => {
    expect(ours.encode('a<|endoftext|>b')).not.toContain(ours.specialId('<|endoftext|>'));
  });

  it('is quick on a pretoken as long as a text', () => {
    const long = '工'.repeat(50_000);
    const tokens = ours.encode(long);
    expect(tokens.length).toBeGreaterThan(1000);
    expect(ours.encode(long)).toEqual(tokens);
  });
});
