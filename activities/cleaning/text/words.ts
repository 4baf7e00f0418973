import { classOf, isSpace, LETTER, PUNCTUATION } from './char-classes';
import { IntList } from './growable';
import { BASES, characterHash, INVERSES } from './rolling-hash';
import { splitWord } from './split-word';

/** The eight of the Gopher rules; compared case-sensitively with whole tokens. */
const STOP_WORDS: ReadonlyMap<string, number> = new Map(
  ['the', 'be', 'to', 'of', 'and', 'that', 'have', 'with'].map((word, index) => [word, index]),
);

// A token's properties, as bits.
/** Has a character that is not punctuation: only such tokens count as words. */
export const IS_WORD = 1;
/** Has a letter. */
export const HAS_LETTER = 2;
/** Stop word number n has bit n above this many. */
export const STOP_SHIFT = 8;

/** Distinct words kept between documents: some 40 MB. Past it the vocabulary starts afresh. */
const MOST_WORDS = 150_000;
/** A longer run without white space is hardly seen twice. */
const LONGEST_KEPT = 64;

/**
 * Cuts texts into tokens, each distinct word once for as long as it is remembered. What the rules ask of a token lies
 * in arrays under its number; no object is made for a token.
 */
export class Words {
  /** The tokens of the document read last, in order, as numbers below. */
  readonly tokens = new IntList();

  // By token number.
  /** Length in code points. */
  readonly chars = new IntList();
  readonly flags = new IntList();
  /** For each base of the rolling hash: the token's hash, and the base and its inverse to the power of its length. */
  readonly hashes = [new IntList(), new IntList()] as const;
  readonly powers = [new IntList(), new IntList()] as const;
  readonly inverses = [new IntList(), new IntList()] as const;

  /** First token number of a word, and how many tokens it has, as one number. */
  private readonly known = new Map<string, number>();

  /** Cuts `text`; the result is in `tokens` until the next call. */
  read(text: string): void {
    if (this.known.size > MOST_WORDS || this.chars.length > 4 * MOST_WORDS) this.forget();
    this.tokens.clear();
    let start = -1;
    for (let index = 0; index < text.length; index++) {
      if (isSpace(text.charCodeAt(index))) {
        if (start >= 0) this.take(text.slice(start, index));
        start = -1;
      } else if (start < 0) start = index;
    }
    if (start >= 0) this.take(text.slice(start));
  }

  private take(word: string): void {
    const known = this.known.get(word);
    const first = known === undefined ? this.learn(word) : known >>> 8;
    const count = known === undefined ? this.chars.length - first : known & 0xff;
    for (let token = first; token < first + count; token++) this.tokens.push(token);
  }

  /** Adds the tokens of a word; returns the number of the first. */
  private learn(word: string): number {
    const first = this.chars.length;
    for (const token of splitWord(word)) this.add(token);
    const count = this.chars.length - first;
    // Number and count share 32 bits: 24 for up to 600,000 tokens, 8 for at most 255 tokens of one word.
    if (word.length <= LONGEST_KEPT) this.known.set(word, (first << 8) | count);
    return first;
  }

  private add(token: string): void {
    let chars = 0;
    let flags = 0;
    for (let index = 0; index < token.length; index++) {
      const code = token.codePointAt(index) ?? 0;
      if (code > 0xffff) index++;
      const classes = classOf(code);
      if ((classes & PUNCTUATION) === 0) flags |= IS_WORD;
      if ((classes & LETTER) !== 0) flags |= HAS_LETTER;
      chars++;
    }
    const stop = STOP_WORDS.get(token);
    this.chars.push(chars);
    this.flags.push(stop === undefined ? flags : flags | (1 << (STOP_SHIFT + stop)));
    for (const family of [0, 1] as const) this.addHash(token, family);
  }

  private addHash(token: string, family: 0 | 1): void {
    let hash = 0;
    let power = 1;
    let inverse = 1;
    for (let index = 0; index < token.length; index++) {
      hash = (hash + Math.imul(characterHash(token.charCodeAt(index)), power)) | 0;
      power = Math.imul(power, BASES[family]);
      inverse = Math.imul(inverse, INVERSES[family]);
    }
    this.hashes[family].push(hash);
    this.powers[family].push(power);
    this.inverses[family].push(inverse);
  }

  private forget(): void {
    this.known.clear();
    for (const list of [this.chars, this.flags, ...this.hashes, ...this.powers, ...this.inverses]) list.clear();
  }
}
