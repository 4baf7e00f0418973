import { CONTAMINATION_WORDS } from '../../cleaning/references/contamination';
import { simplifiedWords } from '../../cleaning/references/simplify';
import { IntList } from '../../cleaning/text/growable';

/** Shorter texts say nothing by standing in a training set: GPT-3 looks for 8 to 13 words (arXiv 2005.14165, appendix C). */
export const FEWEST_WORDS = 8;

/** A case, as far as it is looked for in texts: what is asked, and right answers. */
export interface SoughtCase {
  texts: readonly string[];
}

/** No word of any case. */
const OTHER = -1;
const FACTOR = 0x01000193;

/** Runs of one length: those of cases with at least 13 words are 13 long, a shorter text is one run of its own length. */
interface Runs {
  words: number;
  /** `FACTOR` to the power of `words`: what a word is worth when it leaves a run. */
  leaves: number;
  /** Where runs begin, and whose they are, by their hashes. */
  byHash: Map<number, { from: number; owner: number }[]>;
}

/**
 * Finds which cases stand in texts: any run of 13 words that both have, or a whole text of 8 to 12. Words are those of `simplifiedWords`;
 * hashes only say where to compare. Unlike the index of cleaning, which tells the first set that a text is of, this tells every case.
 */
export class CaseIndex {
  private readonly numbers = new Map<string, number>();
  private readonly sequence = new IntList();
  private readonly runs = new Map<number, Runs>();
  /** Cases all of whose texts are too short to be found. */
  readonly tooShort: number;

  constructor(cases: readonly SoughtCase[]) {
    let tooShort = 0;
    for (const [owner, { texts }] of cases.entries()) {
      const sought = texts.map((text) => this.add(owner, text));
      if (!sought.includes(true)) tooShort += 1;
    }
    this.tooShort = tooShort;
  }

  /** Adds the places of all cases that stand in a text to those that were found. */
  find(text: string, found: Set<number>): void {
    if (this.runs.size === 0) return;
    const words = Int32Array.from(simplifiedWords(text), (word) => this.numbers.get(word) ?? OTHER);
    for (const runs of this.runs.values()) {
      for (const { at, hash } of windows(words, runs)) {
        for (const { from, owner } of runs.byHash.get(hash) ?? []) {
          if (!found.has(owner) && this.isAt(from, words, at, runs.words)) found.add(owner);
        }
      }
    }
  }

  /** Whether the text is long enough to be found. */
  private add(owner: number, text: string): boolean {
    const words = Int32Array.from(simplifiedWords(text), (word) => this.numberOf(word));
    if (words.length < FEWEST_WORDS) return false;
    const start = this.sequence.length;
    for (const word of words) this.sequence.push(word);
    const runs = this.runsOf(Math.min(words.length, CONTAMINATION_WORDS));
    for (const { at, hash } of windows(words, runs)) {
      const same = runs.byHash.get(hash);
      if (same) same.push({ from: start + at, owner });
      else runs.byHash.set(hash, [{ from: start + at, owner }]);
    }
    return true;
  }

  private numberOf(word: string): number {
    const known = this.numbers.get(word);
    if (known !== undefined) return known;
    this.numbers.set(word, this.numbers.size);
    return this.numbers.size - 1;
  }

  private runsOf(words: number): Runs {
    const known = this.runs.get(words);
    if (known) return known;
    let leaves = 1;
    for (let word = 0; word < words; word += 1) leaves = Math.imul(leaves, FACTOR);
    const made: Runs = { words, leaves, byHash: new Map() };
    this.runs.set(words, made);
    return made;
  }

  private isAt(from: number, words: Int32Array, at: number, length: number): boolean {
    for (let place = 0; place < length; place += 1) {
      if (this.sequence.values[from + place] !== words[at + place]) return false;
    }
    return true;
  }
}

/** Each run of known words, with its hash: that of the run before, less the word that left, and with the one that came. */
function* windows(words: Int32Array, { words: length, leaves }: Runs): Generator<{ at: number; hash: number }> {
  let hash = 0;
  let known = 0;
  for (const [end, word] of words.entries()) {
    // A word that no case has ends every run.
    if (word === OTHER) {
      hash = 0;
      known = 0;
      continue;
    }
    hash = (Math.imul(hash, FACTOR) + word + 1) | 0;
    known += 1;
    if (known > length) hash = (hash - Math.imul((words[end - length] ?? 0) + 1, leaves)) | 0;
    if (known >= length) yield { at: end + 1 - length, hash };
  }
}
