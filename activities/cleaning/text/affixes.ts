import { AFFIX, classOf, ICON, LOWER, QUOTE, UPPER } from './char-classes';

/**
 * Where the English tokenizer of spaCy 3.8 cuts a run of characters without white space: what it takes off the front,
 * off the end, and out of the middle. Each function looks at a few characters only, so a word of megabytes is cut in
 * linear time, which the regular expressions it stands for do not promise.
 */

const DOT = 0x2e;
const ALPHA = LOWER | UPPER;

const set = (text: string): ReadonlySet<string> => new Set(text.split(' '));
const CURRENCY = set('$ £ € ¥ ฿ ₽ ﷼ ₴ ₠ ₡ ₢ ₣ ₤ ₥ ₦ ₧ ₨ ₩ ₪ ₫ ₭ ₮ ₯ ₰ ₱ ₲ ₳ ₵ ₶ ₷ ₸ ₹ ₺ ₻ ₼ ₾ ₿');
const DOLLARS = ['US$', 'C$', 'A$'];
const UNITS = set(
  'km km² km³ m m² m³ dm dm² dm³ cm cm² cm³ mm mm² mm³ ha µm nm yd in ft kg g mg µg t lb oz m/s km/h kmh mph hPa Pa mbar ' +
    'mb MB kb KB gb GB tb TB T G M K % км км² км³ м м² м³ дм дм² дм³ см см² см³ мм мм² мм³ нм кг г мг м/с км/ч кПа Па мбар ' +
    'Кб КБ кб Мб МБ мб Гб ГБ гб Тб ТБ',
);
const LONGEST_UNIT = 4;
/** What may stand before a full stop that is cut off, besides lower-case letters, digits, quotes and punctuation. */
const BEFORE_STOP = '%²-+|';
const HYPHENS = ['-', '–', '—', '--', '---', '——', '~'];

export const isDigit = (code: number): boolean => code >= 0x30 && code <= 0x39;

const has = (code: number, classes: number): boolean => (classOf(code) & classes) !== 0;
const isAlphaOrDigit = (code: number): boolean => has(code, ALPHA) || isDigit(code);

/** The code point at `index`, or 0 outside `start` to `end`: what lies there is cut off already. */
const codeAt = (word: string, index: number, start: number, end: number): number =>
  index >= start && index < end ? (word.codePointAt(index) ?? 0) : 0;

/** The code point that ends before `index`, or 0 at `start`. */
function codeBefore(word: string, index: number, start: number): number {
  const low = codeAt(word, index - 1, start, index);
  const isLow = low >= 0xdc00 && low < 0xe000;
  return isLow && index - 2 >= start ? (word.codePointAt(index - 2) ?? 0) : low;
}

const widthOf = (code: number): number => (code > 0xffff ? 2 : 1);

function dotsFrom(word: string, index: number, end: number): number {
  let last = index;
  while (last < end && word.charCodeAt(last) === DOT) last++;
  return last - index;
}

/** Length of what is cut off the front of `word` from `start` to `end`; 0 for nothing. */
export function prefixLength(word: string, start: number, end: number): number {
  const code = codeAt(word, start, start, end);
  if (has(code, AFFIX | ICON)) return widthOf(code);
  if (code === DOT) {
    const dots = dotsFrom(word, start, end);
    return dots > 1 ? dots : 0;
  }
  const character = word.charAt(start);
  if ('§%='.includes(character) || CURRENCY.has(character)) return 1;
  if (character === '+') return isDigit(codeAt(word, start + 1, start, end)) ? 0 : 1;
  const dollars = DOLLARS.find((sign) => word.startsWith(sign, start) && start + sign.length <= end);
  return dollars?.length ?? 0;
}

/** Length of what is cut off the end of `word` from `start` to `end`: the longest that fits; 0 for nothing. */
export function suffixLength(word: string, start: number, end: number): number {
  if (start >= end) return 0;
  const code = codeBefore(word, end, start);
  const character = word.charAt(end - 1);
  if (character === '…' && codeAt(word, end - 2, start, end) === code) return 2;
  if (has(code, AFFIX | ICON)) return widthOf(code);
  if (code === DOT) return stopLength(word, start, end);
  const before = codeAt(word, end - 2, start, end);
  if ((character === 's' || character === 'S') && (before === 0x27 || before === 0x2019)) return 2;
  if (character === '+') return isDigit(before) ? 1 : 0;
  return measureLength(word, start, end);
}

/** A full stop that ends a sentence, not an abbreviation; or a run of them. */
function stopLength(word: string, start: number, end: number): number {
  let first = end - 1;
  while (first > start && word.charCodeAt(first - 1) === DOT) first--;
  if (end - first > 1) return end - first;
  const before = codeBefore(word, end - 1, start);
  if (before === 0) return 0;
  if (isDigit(before) || has(before, LOWER | QUOTE)) return 1;
  if (has(before, AFFIX) && before !== 0x2014 && before !== 0x2013) return 1;
  if (BEFORE_STOP.includes(String.fromCodePoint(before))) return 1;
  const second = codeBefore(word, end - 1 - widthOf(before), start);
  if (has(before, UPPER) && has(second, UPPER)) return 1;
  return second === 0xb0 && 'FCK'.includes(String.fromCodePoint(before)) ? 1 : 0; // °C.
}

/** A unit or currency right after a digit. */
function measureLength(word: string, start: number, end: number): number {
  for (let length = Math.min(LONGEST_UNIT, end - start - 1); length > 0; length--) {
    if (!isDigit(word.charCodeAt(end - length - 1))) continue;
    const tail = word.slice(end - length, end);
    if (UNITS.has(tail) || CURRENCY.has(tail) || DOLLARS.includes(tail)) return length;
  }
  return 0;
}

/** Length of what separates two tokens at `index` of a word without prefixes and suffixes; 0 for nothing. */
export function infixLength(word: string, index: number): number {
  const { length } = word;
  const code = word.codePointAt(index) ?? 0;
  // Nearly every character: no letter or digit separates, and no icon is one.
  if (isAlphaOrDigit(code) && !has(code, ICON)) return 0;
  if (code === 0x2026 || has(code, ICON)) return widthOf(code);
  if (code === DOT) {
    const dots = dotsFrom(word, index, length);
    if (dots > 1) return dots;
  }
  const before = codeBefore(word, index, 0);
  const after = codeAt(word, index + 1, 0, length);
  const character = word.charAt(index);
  if ('+-*^'.includes(character) && isDigit(before) && (isDigit(after) || after === 0x2d)) return 1;
  if (code === DOT) return has(before, LOWER | QUOTE) && has(after, UPPER | QUOTE) ? 1 : 0;
  if (character === ',') return has(before, ALPHA) && has(after, ALPHA) ? 1 : 0;
  if (!isAlphaOrDigit(before)) return 0;
  if (':<>=/'.includes(character)) return has(after, ALPHA) ? 1 : 0;
  const fits = (hyphen: string) =>
    word.startsWith(hyphen, index) && has(codeAt(word, index + hyphen.length, 0, length), ALPHA);
  return HYPHENS.find(fits)?.length ?? 0;
}
