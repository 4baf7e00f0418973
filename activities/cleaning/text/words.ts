import { classOf, isSpace, LETTER, PUNCTUATION, SENTENCE_END, UNICODE_PUNCTUATION } from './char-classes';
import { IntList } from './growable';
import { BASES, characterHash, INVERSES } from './rolling-hash';
import { splitWord } from './split-word';
import { WordTable } from './word-table';

const BLANK = 0x20;

// A token's properties, as bits.
/** Has a character that is not punctuation: only such tokens count as words. */
export const IS_WORD = 1;
/** Has a letter. */
export const HAS_LETTER = 2;
/** Is a mark after which a sentence is over. */
export const ENDS_SENTENCE = 4;
/** Is of punctuation by Unicode's categories: no sentence begins with it. */
export const IS_PUNCTUATION = 8;
/** Is white space that is more than the blank between two words; read only where it is asked for. */
export const IS_SPACE = 16;
/** Stop word number n has bit n above this many. */
export const STOP_SHIFT = 8;

/** Distinct words kept between documents: some 50 MB. Past it the vocabulary starts afresh. */
const MOST_WORDS = 400_000;
/** A longer run without white space is hardly seen twice. */
const LONGEST_KEPT = 64;
/** A token's number and a count of tokens share 31 bits: 24 for up to 600,000 tokens and one huge word, 7 for the count. */
const COUNT_BITS = 7;
const MOST_TOKENS = 127;

/** What words are, and which of them are stop words: at most 24, compared case-sensitively with whole tokens. */
export interface Wording {
  words: 'english' | 'chinese';
  stopWords: readonly string[];
}

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
  private readonly known = new WordTable();

  private readonly stopWords: ReadonlyMap<string, number>;
  private readonly segmenter: Intl.Segmenter | undefined;
  private spaceToken = 0;

  constructor({ words, stopWords }: Wording) {
    this.stopWords = new Map(stopWords.map((word, index) => [word, index]));
    if (words === 'chinese') this.segmenter = new Intl.Segmenter('zh', { granularity: 'word' });
    this.forget();
  }

  /**
   * Cuts `text`; the result is in `tokens` until the next call. With `spaces`, white space other than single blanks
   * is a token too, as it is to spaCy.
   */
  read(text: string, spaces = false): void {
    if (this.known.size > MOST_WORDS || this.chars.length > 4 * MOST_WORDS) this.forget();
    this.tokens.clear();
    if (this.segmenter) this.readSegments(text, this.segmenter);
    else this.readRuns(text, spaces);
  }

  private readRuns(text: string, spaces: boolean): void {
    let start = -1;
    let end = 0;
    for (let index = 0; index <= text.length; index++) {
      if (index < text.length && !isSpace(text.charCodeAt(index))) {
        if (start >= 0) continue;
        start = index;
        // The blank that ends a word belongs to it.
        const blank = end > 0 && text.charCodeAt(end) === BLANK ? 1 : 0;
        if (spaces && start - end > blank) this.tokens.push(this.spaceToken);
      } else if (start >= 0) {
        this.take(text, start, index);
        start = -1;
        end = index;
      }
    }
    if (spaces && end < text.length - (text.charCodeAt(end) === BLANK && end > 0 ? 1 : 0)) {
      this.tokens.push(this.spaceToken);
    }
  }

  /** By line: on whole documents the segmenter takes four times as long. */
  private readSegments(text: string, segmenter: Intl.Segmenter): void {
    for (const line of text.split('\n')) {
      for (const { segment } of segmenter.segment(line)) {
        if (!isSpace(segment.charCodeAt(0))) this.take(segment, 0, segment.length);
      }
    }
  }

  private take(text: string, start: number, end: number): void {
    const known = this.known.find(text, start, end);
    const packed = known >= 0 ? known : this.learn(text.slice(start, end));
    const first = packed >>> COUNT_BITS;
    const last = first + (packed & MOST_TOKENS);
    for (let token = first; token < last; token++) this.tokens.push(token);
  }

  /** Adds the tokens of a word; returns the number of the first, and how many they are. */
  private learn(word: string): number {
    const first = this.chars.length;
    if (this.segmenter) this.add(word);
    else for (const token of splitWord(word)) this.add(token);
    const count = this.chars.length - first;
    if (count > MOST_TOKENS) {
      for (let token = first; token < first + count; token++) this.tokens.push(token);
      return 0;
    }
    const packed = (first << COUNT_BITS) | count;
    if (word.length <= LONGEST_KEPT) this.known.add(word.length, packed);
    return packed;
  }

  private add(token: string): void {
    let chars = 0;
    let flags = 0;
    let punctuation = true;
    for (let index = 0; index < token.length; index++) {
      const code = token.codePointAt(index) ?? 0;
      if (code > 0xffff) index++;
      const classes = classOf(code);
      if ((classes & PUNCTUATION) === 0) flags |= IS_WORD;
      if ((classes & LETTER) !== 0) flags |= HAS_LETTER;
      punctuation &&= (classes & UNICODE_PUNCTUATION) !== 0;
      chars++;
    }
    if (punctuation) flags |= IS_PUNCTUATION;
    if (chars === 1 && (classOf(token.codePointAt(0) ?? 0) & SENTENCE_END) !== 0) flags |= ENDS_SENTENCE;
    const stop = this.stopWords.get(token);
    this.push(token, chars, stop === undefined ? flags : flags | (1 << (STOP_SHIFT + stop)));
  }

  private push(token: string, chars: number, flags: number): void {
    this.chars.push(chars);
    this.flags.push(flags);
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
    this.spaceToken = this.chars.length;
    this.push(' ', 1, IS_SPACE);
  }
}
