import { CONTAMINATION_WORDS } from '../../cleaning/references/contamination';
import { simplifiedWords } from '../../cleaning/references/simplify';
import { IntList } from '../../cleaning/text/growable';

/** Shorter texts say nothing by standing within a longer one: GPT-3 looks for 8 to 13 words (arXiv 2005.14165, appendix C). */
export const FEWEST_WORDS = 8;
/** A question of fewer words, down to these, is found where it is all that a text says. */
export const FEWEST_WHOLE_WORDS = 3;

/** A case, as far as it is looked for in texts. */
export interface SoughtCase {
  asked: readonly string[];
  /** Right answers. A short one is no sign of anything, though it be all that a text says. */
  answers: readonly string[];
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
 * Finds which cases stand in texts: any run of 13 words that both have, a whole case of 8 to 12 within a text, or a question of 3 to 7 that
 * is all of one. Words are those of `simplifiedWords`; hashes only say where to compare. Unlike the index of cleaning, which tells
 * the first set that a text is of, this tells every case.
 */
export class CaseIndex {
  private readonly numbers = new Map<string, number>();
  private readonly sequence = new IntList();
  private readonly runs = new Map<number, Runs>();
  /** Questions that are found as a whole, and whose they are, by their words. */
  private readonly wholes = new Map<string, number[]>();
  /** Cases all of whose texts are too short to be found. */
  readonly tooShort: number;

  constructor(cases: readonly SoughtCase[]) {
    let tooShort = 0;
    for (const [owner, { asked, answers }] of cases.entries()) {
      const sought = [
        ...asked.map((text) => this.addAsked(owner, text)),
        ...answers.map((text) => this.add(owner, text)),
      ];
      if (!sought.includes(true)) tooShort += 1;
    }
    this.tooShort = tooShort;
  }

  /** Adds the places of all cases that stand in a text to those that were found, each with the words by which it was. */
  find(text: string, found: Map<number, string>): void {
    const words = simplifiedWords(text);
    if (words.length < FEWEST_WORDS) {
      const whole = words.join(' ');
      for (const owner of this.wholes.get(whole) ?? []) if (!found.has(owner)) found.set(owner, whole);
      return;
    }
    const numbers = Int32Array.from(words, (word) => this.numbers.get(word) ?? OTHER);
    for (const runs of this.runs.values()) {
      for (const { at, hash } of windows(numbers, runs)) {
        for (const { from, owner } of runs.byHash.get(hash) ?? []) {
          if (found.has(owner) || !this.isAt(from, numbers, at, runs.words)) continue;
          found.set(owner, words.slice(at, at + runs.words).join(' '));
        }
      }
    }
  }

  private addAsked(owner: number, text: string): boolean {
    const words = simplifiedWords(text);
    if (words.length >= FEWEST_WORDS) return this.add(owner, text);
    if (words.length < FEWEST_WHOLE_WORDS) return false;
    const whole = words.join(' ');
    this.wholes.set(whole, [...(this.wholes.get(whole) ?? []), owner]);
    return true;
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
