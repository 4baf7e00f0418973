import { classOf, DECIMAL, DIGIT, IDEOGRAPH, MARK, SEPARATOR, SPACE } from '../text/char-classes';
import { IntList } from '../text/growable';
import { mix } from '../text/rolling-hash';
import { unitsOf } from '../text/units';

/** Words in a shingle, as in FineWeb. A document of fewer has none, and is no near duplicate of any other. */
export const SHINGLE_WORDS = 5;

/** Any odd number with well spread bits; and its power by which a word leaves. */
const BASE = 0x2c1b3c6d;
const LEAVES = Array.from({ length: SHINGLE_WORDS }).reduce((power: number) => Math.imul(power, BASE), 1);

/** Only its change shows; its class as a digit is already in the table. */
const ZERO = 0x30;

/**
 * The shingles of a text as 32-bit hashes, after datatrove's normalisation: lower case, numbers to 0,
 * punctuation and control characters to blanks, accents off. Chinese characters and kana, which stand without blanks
 * between words, are words of one character each: five characters in a row are a shingle, with no segmenter to err.
 */
export class Shingles {
  private readonly words = new IntList();
  private readonly list = new IntList();

  /** In the order of the text, as often as each comes. Valid until the next call. */
  of(text: string): Int32Array {
    this.readWords(text);
    const { values: words, length } = this.words;
    this.list.clear();
    const list = this.list.reserve(length);
    const count = Math.max(0, length - SHINGLE_WORDS + 1);
    // A polynomial of the words' hashes: the next is this times the base, less the first word, more the one that follows.
    let hash = 0;
    for (let end = 0; end < length; end++) {
      const word = mix(words[end] ?? 0);
      words[end] = word;
      const left = end >= SHINGLE_WORDS ? Math.imul(words[end - SHINGLE_WORDS] ?? 0, LEAVES) : 0;
      hash = (Math.imul(hash, BASE) + word - left) | 0;
      if (end >= SHINGLE_WORDS - 1) list[end - SHINGLE_WORDS + 1] = mix(hash);
    }
    return list.subarray(0, count);
  }

  /** Hashes the normalised words without making their text; the hashes are yet to be mixed. */
  private readWords(text: string): void {
    this.words.clear();
    // A word has one character at least.
    const words = this.words.reserve(text.length + 1);
    const units = unitsOf(text);
    const { length } = text;
    let count = 0;
    let hash = 0;
    /** 1 within a word, else 0. */
    let inWord = 0;
    for (let index = 0; index < length; index++) {
      let code = 0;
      // Most text is ASCII without digits: a loop of its own for it takes half the time.
      for (; index < length; index++) {
        code = CODES[units[index] ?? 0] ?? 0;
        if (code === ZERO || code === OTHER) break;
        // No processor foresees where words end: arithmetic takes half the time of branches. All bits, or none.
        const inside = -code >> 31;
        words[count] = hash;
        count += inWord & ~inside;
        hash = withCharacter(hash, code) & inside;
        inWord = inside & 1;
      }
      if (index === length) break;
      if (code === ZERO) {
        index = endOfNumber(units, index, length);
        hash = withCharacter(hash, ZERO);
        inWord = 1;
        continue;
      }
      const unit = units[index] ?? 0;
      const point = (unit & 0xfc00) === 0xd800 ? (text.codePointAt(index++) ?? unit) : unit;
      for (const folded of foldingOf(point)) {
        const classes = classOf(folded);
        if (inWord === 1 && (classes & (SEPARATOR | SPACE | IDEOGRAPH)) !== 0) {
          words[count++] = hash;
          hash = 0;
          inWord = 0;
        }
        if ((classes & (SEPARATOR | SPACE)) !== 0) continue;
        if ((classes & DIGIT) !== 0) index = endOfNumber(units, index, length);
        hash = withCharacter(hash, (classes & DIGIT) !== 0 ? ZERO : folded);
        inWord = (classes & IDEOGRAPH) === 0 ? 1 : 0;
        if (inWord === 1) continue;
        words[count++] = hash;
        hash = 0;
      }
    }
    if (inWord === 1) words[count++] = hash;
    this.words.length = count;
  }
}

/** FNV-1a, on code points instead of bytes. */
const withCharacter = (hash: number, code: number): number => Math.imul(hash ^ code, 0x01000193) ^ (hash >>> 17);

/** Stands for a character that is not ASCII. */
const OTHER = 0xff;
/** What each UTF-16 unit becomes where it is ASCII: lower case, `0` for a digit, code 0 where it separates words. */
const CODES = new Uint8Array(0x10000).fill(OTHER);
for (let code = 0; code < 0x80; code++) {
  const classes = classOf(code);
  const separates = (classes & (SEPARATOR | SPACE)) !== 0;
  CODES[code] = separates ? 0 : (classes & DIGIT) !== 0 ? ZERO : String.fromCharCode(code).toLowerCase().charCodeAt(0);
}

const foldings: (readonly number[] | undefined)[] = [];

/** What a character becomes: lower case, taken apart (NFD), without combining marks. Mostly one code point. */
function foldingOf(code: number): readonly number[] {
  return (foldings[code] ??= Array.from(
    String.fromCodePoint(code).toLowerCase().normalize('NFD'),
    (part) => part.codePointAt(0) ?? 0,
  ).filter((part) => (classOf(part) & MARK) === 0));
}

/** Index of the last digit of the number whose first digit ends at `index`: digits, and one decimal part. */
function endOfNumber(units: Uint16Array, index: number, length: number): number {
  const last = endOfDigits(units, index, length);
  const point = last + 1 < length && (classOf(units[last + 1] ?? 0) & DECIMAL) !== 0;
  const fraction = last + 2 < length && (classOf(units[last + 2] ?? 0) & DIGIT) !== 0;
  return point && fraction ? endOfDigits(units, last + 2, length) : last;
}

function endOfDigits(units: Uint16Array, index: number, length: number): number {
  let last = index;
  while (last + 1 < length && (classOf(units[last + 1] ?? 0) & DIGIT) !== 0) last++;
  return last;
}
