import { classOf, DECIMAL, DIGIT, MARK, SEPARATOR, SPACE } from '../text/char-classes';
import { IntList } from '../text/growable';
import { mix } from '../text/rolling-hash';

/** Words in a shingle, as in FineWeb. A document of fewer has none, and is no near duplicate of any other. */
export const SHINGLE_WORDS = 5;

const NOT_ASCII = /[^\x00-\x7f]/;
/** Only its change shows; its class as a digit is already in the table. */
const ZERO = 0x30;

/**
 * The shingles of a text as 32-bit hashes, after datatrove's normalisation: lower case, numbers to 0, punctuation and
 * control characters to blanks, accents off. The list is valid until the next call.
 */
export class Shingles {
  private readonly words = new IntList();
  private readonly list = new IntList();

  of(text: string): IntList {
    this.readWords(text);
    this.list.clear();
    const words = this.words.values;
    for (let end = SHINGLE_WORDS; end <= this.words.length; end++) {
      let hash = 0;
      for (let index = end - SHINGLE_WORDS; index < end; index++)
        hash = Math.imul(hash ^ (words[index] ?? 0), 0x01000193);
      this.list.push(mix(hash));
    }
    return this.list;
  }

  /** Hashes the normalised words without making their text. */
  private readWords(original: string): void {
    const lower = original.toLowerCase();
    // Most text is ASCII, where there are no accents to take apart.
    const text = NOT_ASCII.test(lower) ? lower.normalize('NFD') : lower;
    this.words.clear();
    let hash = 0;
    let inWord = false;
    for (let index = 0; index < text.length; index++) {
      let code = text.charCodeAt(index);
      if ((code & 0xfc00) === 0xd800) code = text.codePointAt(index++) ?? code;
      const classes = classOf(code);
      if ((classes & (SEPARATOR | SPACE)) !== 0) {
        if (inWord) this.words.push(mix(hash));
        inWord = false;
        hash = 0;
        continue;
      }
      if ((classes & MARK) !== 0) continue;
      if ((classes & DIGIT) !== 0) {
        index = endOfNumber(text, index);
        code = ZERO;
      }
      // FNV-1a, on code points instead of bytes.
      hash = Math.imul(hash ^ code, 0x01000193) ^ (hash >>> 17);
      inWord = true;
    }
    if (inWord) this.words.push(mix(hash));
  }
}

/** Index of the last digit of the number whose first digit ends at `index`: digits, and one decimal part. */
function endOfNumber(text: string, index: number): number {
  const last = endOfDigits(text, index);
  const point = classOf(text.charCodeAt(last + 1)) & DECIMAL;
  const fraction = last + 2 < text.length && (classOf(text.charCodeAt(last + 2)) & DIGIT) !== 0;
  return point !== 0 && fraction ? endOfDigits(text, last + 2) : last;
}

function endOfDigits(text: string, index: number): number {
  let last = index;
  while (last + 1 < text.length && (classOf(text.charCodeAt(last + 1)) & DIGIT) !== 0) last++;
  return last;
}
