import type { LineWriter } from '../../cleaning/line-writer';
import { PRETOKENS } from '../tokenizer/byte-alphabet';
import type { Value } from '../values';

/** Different entries held at once, some 50 MB; then they are written, and added up with the others later. */
const MOST_ENTRIES = 400_000;

/** Counts texts and writes how often each was there, several times where there are many. */
class Counter {
  private counts = new Map<string, number>();

  constructor(private readonly flush: (counts: ReadonlyMap<string, number>) => void) {}

  add(entry: string): void {
    this.counts.set(entry, (this.counts.get(entry) ?? 0) + 1);
    if (this.counts.size >= MOST_ENTRIES) this.end();
  }

  end(): void {
    this.flush(this.counts);
    this.counts = new Map();
  }
}

/** Pretokens of texts and how often each is there: all that training a tokenizer needs to know. */
export class WordCounter {
  private readonly counter: Counter;

  /** @param lines gets `{ word, count }`. */
  constructor(lines: LineWriter) {
    this.counter = new Counter((counts) => {
      for (const [word, count] of counts) lines.write(JSON.stringify({ word, count }));
    });
  }

  add(text: Value): void {
    if (typeof text !== 'string') return;
    for (const pretoken of text.match(PRETOKENS) ?? []) this.counter.add(pretoken);
  }

  end(): void {
    this.counter.end();
  }
}

/** Runs of letters and digits. */
const WORDS = /[\p{L}\p{M}\p{N}]+/gu;

/** Runs of words, in lower case and with one blank between them; none reaches over the end of a text. */
export class GramCounter {
  private readonly counters: { size: number; counter: Counter }[];

  /** @param lines gets `{ size, gram, count }`. */
  constructor(lines: LineWriter, sizes: readonly number[]) {
    this.counters = [...new Set(sizes)].map((size) => ({
      size,
      counter: new Counter((counts) => {
        for (const [gram, count] of counts) lines.write(JSON.stringify({ size, gram, count }));
      }),
    }));
  }

  add(text: Value): void {
    if (typeof text !== 'string') return;
    const words = text.toLowerCase().match(WORDS) ?? [];
    for (const { size, counter } of this.counters) {
      for (let at = 0; at + size <= words.length; at++) counter.add(words.slice(at, at + size).join(' '));
    }
  }

  end(): void {
    for (const { counter } of this.counters) counter.end();
  }
}
