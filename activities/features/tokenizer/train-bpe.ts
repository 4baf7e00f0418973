import { BYTE_PLACES } from './byte-alphabet';
import { MergeQueue } from './merge-queue';

/** How often a pretoken stands in the texts. */
export interface WordCount {
  word: string;
  count: number;
}

export interface TrainOptions {
  /** Id of the first byte; the special tokens come before. */
  firstByte: number;
  /** Tokens in all, special ones and bytes included. */
  vocabulary: number;
  /** A pair that is rarer is not merged. */
  minFrequency: number;
}

/** Two tokens that become one; its id is `firstByte + 256 +` its place in the list. */
export type Merge = readonly [left: number, right: number];

/** More than any vocabulary has tokens, so that two ids make one exact number. */
export const PAIR = 2 ** 18;

/**
 * Byte pair encoding (Sennrich et al., arXiv 1508.07909) over bytes: merges the most frequent pair of neighbours until
 * the vocabulary is full or no pair is frequent enough. Of pairs that are equally frequent the one of the lesser ids
 * comes first, as in Hugging Face's trainer, so that the same counts give the same tokenizer, in whatever order they
 * are given.
 *
 * @param report told of merges made, of all that there is room for.
 */
export function trainBpe(
  words: readonly WordCount[],
  { firstByte, vocabulary, minFrequency }: TrainOptions,
  report: (done: number, total: number) => void = () => undefined,
): Merge[] {
  const corpus = new PairCounts(words, firstByte);
  const queue = new MergeQueue<{ count: number; pair: number }>((a, b) => b.count - a.count || a.pair - b.pair);
  for (const [pair, count] of corpus.counts) queue.push({ count, pair });
  const merges: Merge[] = [];
  const room = vocabulary - firstByte - 256;
  for (let top = queue.pop(); top && merges.length < room; top = queue.pop()) {
    const { pair, count } = top;
    const current = corpus.counts.get(pair) ?? 0;
    if (count !== current) {
      // Merges made since have taken some of it: it is queued again as frequent as it is now.
      if (current > 0) queue.push({ count: current, pair });
      continue;
    }
    if (count < minFrequency) break;
    const merge: Merge = [Math.floor(pair / PAIR), pair % PAIR];
    const grown = corpus.merge(merge, firstByte + 256 + merges.length);
    for (const other of grown) {
      const now = corpus.counts.get(other) ?? 0;
      if (now > 0) queue.push({ count: now, pair: other });
    }
    merges.push(merge);
    report(merges.length, room);
  }
  return merges;
}

/** Words as tokens, and how often each pair of neighbours stands in them. */
class PairCounts {
  readonly counts = new Map<number, number>();
  private readonly words: number[][];
  private readonly weights: number[];
  /** Words that have, or had, the pair. */
  private readonly places = new Map<number, number[]>();

  constructor(words: readonly WordCount[], firstByte: number) {
    this.words = words.map(({ word }) => Array.from(Buffer.from(word), (byte) => firstByte + (BYTE_PLACES[byte] ?? 0)));
    this.weights = words.map(({ count }) => count);
    this.words.forEach((word, at) => {
      for (let i = 0; i + 1 < word.length; i++) this.change(word[i] ?? 0, word[i + 1] ?? 0, at, 1);
    });
  }

  /** Replaces the pair by `id` in all words; returns the pairs that have become more frequent. */
  merge([left, right]: Merge, id: number): Set<number> {
    const grown = new Set<number>();
    const pair = left * PAIR + right;
    for (const at of this.places.get(pair) ?? []) {
      const word = this.words[at] ?? [];
      let kept = 0;
      for (let i = 0; i < word.length; i++) {
        const token = word[i] ?? 0;
        if (token !== left || word[i + 1] !== right) {
          word[kept++] = token;
          continue;
        }
        const before = kept > 0 ? word[kept - 1] : undefined;
        const after = word[i + 2];
        if (before !== undefined) {
          this.change(before, left, at, -1);
          grown.add(this.change(before, id, at, 1));
        }
        if (after !== undefined) {
          this.change(right, after, at, -1);
          grown.add(this.change(id, after, at, 1));
        }
        word[kept++] = id;
        i++;
      }
      word.length = kept;
    }
    this.counts.delete(pair);
    this.places.delete(pair);
    return grown;
  }

  private change(left: number, right: number, at: number, sign: 1 | -1): number {
    const pair = left * PAIR + right;
    this.counts.set(pair, (this.counts.get(pair) ?? 0) + sign * (this.weights[at] ?? 0));
    if (sign > 0) {
      const places = this.places.get(pair);
      if (!places) this.places.set(pair, [at]);
      // Words are gone through in order: only the last one can be there already.
      else if (places[places.length - 1] !== at) places.push(at);
    }
    return pair;
  }
}
