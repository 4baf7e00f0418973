import { IntList } from '../text/growable';
import { mix } from '../text/rolling-hash';
import { simplifiedWords } from './simplify';

/** Words in a row that make a text one of an evaluation set: those of GPT-3 (arXiv 2005.14165, appendix C). */
export const CONTAMINATION_WORDS = 13;

/** Where a text meets an evaluation set. */
export interface Hit {
  set: string;
  /** The words that both have, in their simplified form. */
  ngram: string;
}

/** No word of any set. */
const OTHER = -1;

/**
 * All runs of 13 words of evaluation sets, to be found in other texts. Words are numbered, and a hash only says where
 * to compare: what is found is equal word for word. Takes some 20 bytes for each word of the sets.
 */
export class EvaluationIndex {
  private readonly numbers = new Map<string, number>();
  /** The texts of all sets as numbers of words, with `OTHER` after each. */
  private readonly sequence = new IntList();
  private readonly sets: { name: string; from: number }[] = [];
  /** Positions in `sequence`, plus one, by the hash of the run that begins there. */
  private slots = new Int32Array(0);

  /** @param sets each with its texts; texts of fewer than 13 words can not be found. */
  constructor(sets: Iterable<{ name: string; texts: Iterable<string> }>) {
    for (const { name, texts } of sets) {
      this.sets.push({ name, from: this.sequence.length });
      for (const text of texts) {
        for (const word of simplifiedWords(text)) this.sequence.push(this.number(word));
        this.sequence.push(OTHER);
      }
    }
    this.fill();
  }

  /** The first run of `text` that a set has too. */
  find(text: string): Hit | undefined {
    const words = simplifiedWords(text);
    const run = new Int32Array(CONTAMINATION_WORDS);
    // A word that no set has ends every run; what is left of the text is hardly ever looked up.
    let known = 0;
    for (const [index, word] of words.entries()) {
      const number = this.numbers.get(word);
      known = number === undefined ? 0 : known + 1;
      if (known < CONTAMINATION_WORDS) continue;
      const start = index + 1 - CONTAMINATION_WORDS;
      for (let place = 0; place < run.length; place++)
        run[place] = this.numbers.get(words[start + place] ?? '') ?? OTHER;
      const position = this.positionOf(run);
      if (position !== undefined) {
        const set = this.sets.findLast(({ from }) => from <= position);
        return { set: set?.name ?? '', ngram: words.slice(start, index + 1).join(' ') };
      }
    }
    return undefined;
  }

  private number(word: string): number {
    const known = this.numbers.get(word);
    if (known !== undefined) return known;
    this.numbers.set(word, this.numbers.size);
    return this.numbers.size - 1;
  }

  private fill(): void {
    const { values, length } = this.sequence;
    let capacity = 1024;
    while (capacity < length * 2) capacity *= 2;
    this.slots = new Int32Array(capacity);
    let known = 0;
    for (let index = 0; index < length; index++) {
      known = values[index] === OTHER ? 0 : known + 1;
      if (known < CONTAMINATION_WORDS) continue;
      const start = index + 1 - CONTAMINATION_WORDS;
      const run = values.subarray(start, index + 1);
      const slot = this.slotOf(run);
      // Of equal runs the first stays: the set that is named first is the one that is reported.
      if (this.slots[slot] === 0) this.slots[slot] = start + 1;
    }
  }

  private positionOf(run: Int32Array): number | undefined {
    const found = this.slots[this.slotOf(run)] ?? 0;
    return found === 0 ? undefined : found - 1;
  }

  /** The slot of an equal run, or the free one where it would stand. */
  private slotOf(run: Int32Array): number {
    const { slots } = this;
    const mask = slots.length - 1;
    let hash = 0;
    for (const number of run) hash = mix(Math.imul(hash, 31) ^ number);
    let slot = hash & mask;
    for (; slots[slot] !== 0; slot = (slot + 1) & mask) if (this.isAt((slots[slot] ?? 0) - 1, run)) break;
    return slot;
  }

  private isAt(position: number, run: Int32Array): boolean {
    for (let place = 0; place < run.length; place++) {
      if (this.sequence.values[position + place] !== run[place]) return false;
    }
    return true;
  }
}
