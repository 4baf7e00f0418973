/**
 * What every character is, in one table: one look-up for each character instead of a regular expression for each rule.
 *
 * The classes are those that datatrove 0.10 sees (Apache-2.0): Python's notion of white space and letters, its two
 * lists of punctuation, and the letters, quotes and symbols of the English tokenizer of spaCy 3.8 (MIT).
 */

/** Python's `str.isspace`. */
export const SPACE = 1;
/** Python's `str.isalpha`: any letter of any script. */
export const LETTER = 2;
/** A lower-case or uncased letter, as the tokenizer knows them. */
export const LOWER = 4;
/** An upper-case or uncased letter, as the tokenizer knows them. */
export const UPPER = 8;
/** Stands as a token of its own at the end of a word, and at its start. */
export const AFFIX = 16;
/** A quotation mark or bracket that may stand beside a full stop between two sentences. */
export const QUOTE = 32;
/** A pictograph or other symbol: always a token of its own. */
export const ICON = 64;
/** A word of nothing else is not counted as a word. */
export const PUNCTUATION = 128;
/** Ends a sentence, in any script. */
export const TERMINAL = 256;
/** Becomes a space before near-duplicates are sought. */
export const SEPARATOR = 512;
/** A decimal digit of any script. */
export const DIGIT = 1024;
/** A combining mark: left out before near-duplicates are sought. */
export const MARK = 2048;
/** Stands between the digits of one number. */
export const DECIMAL = 4096;
/** Punctuation by Unicode's categories. */
export const UNICODE_PUNCTUATION = 8192;
/** As a token, ends a sentence: spaCy's list, which lacks some of those of `TERMINAL`. */
export const SENTENCE_END = 16384;
/** A character of a script that writes words without blanks between them: Han and kana. */
export const IDEOGRAPH = 32768;

// Planes 0 to 2: what lies above has no class.
const SIZE = 0x30000;
const table = new Uint16Array(SIZE);

/** The classes of a code point, as bits. */
export const classOf = (codePoint: number): number => table[codePoint] ?? 0;

/** Whether a character is white space to Python: `\s` of JavaScript takes U+FEFF too, and not U+001C to U+001F. */
export const isSpace = (codePoint: number): boolean => (classOf(codePoint) & SPACE) !== 0;

function mark(bit: number, first: number, last = first): void {
  for (let code = first; code <= last; code++) table[code] = (table[code] ?? 0) | bit;
}

/** Marks code points given in hexadecimal, single (`3002`) or as ranges (`ff0e-ff10`), separated by blanks. */
function markCodes(bit: number, codes: string): void {
  for (const range of codes.split(' ')) {
    const [first = '', last = first] = range.split('-');
    mark(bit, parseInt(first, 16), parseInt(last, 16));
  }
}

function markEach(bit: number, characters: string): void {
  for (const character of characters) mark(bit, character.codePointAt(0) ?? 0);
}

/** Every code point once, in order; lone surrogates, which no text holds, left out. */
function allCharacters(): string {
  const parts: string[] = [];
  for (let row = 0; row < SIZE; row += 256) {
    if (row >= 0xd800 && row < 0xe000) continue;
    parts.push(String.fromCodePoint(...Array.from({ length: 256 }, (_, code) => row + code)));
  }
  return parts.join('');
}
const ALL = allCharacters();

/** Marks the code points that a pattern of runs matches. No class holds both neighbours of the surrogates. */
function markMatches(bit: number, pattern: RegExp): void {
  for (const [run] of ALL.matchAll(pattern)) {
    const isPair = (run.charCodeAt(run.length - 1) & 0xfc00) === 0xdc00;
    mark(bit, run.codePointAt(0) ?? 0, run.codePointAt(run.length - (isPair ? 2 : 1)));
  }
}

markCodes(SPACE, '9-d 1c-20 85 a0 1680 2000-200a 2028-2029 202f 205f 3000');
markMatches(LETTER, /\p{L}+/gu);
markMatches(DIGIT, /\p{Nd}+/gu);
markMatches(MARK, /\p{Mn}+/gu);
markMatches(ICON, /\p{So}+/gu);
markMatches(UNICODE_PUNCTUATION, /\p{P}+/gu);
markMatches(IDEOGRAPH, /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]+/gu);

// The tokenizer knows Latin whole, Greek and Cyrillic by their everyday alphabets, and the scripts without case.
markMatches(LOWER, /(?:(?=\p{Script=Latin})\p{Ll})+/gu);
markMatches(UPPER, /(?:(?=\p{Script=Latin})\p{Lu})+/gu);
markCodes(LOWER, '430-44f 451 4d9 4e9 4af 497 4a3 4bb 456 457 454 491 453 455 458 459 45a 45c 450 45d 3b1-3c9');
markCodes(UPPER, '410-42f 401 4d8 4e8 4ae 496 4a2 4ba 406 407 404 490 403 405 408 409 40a 40c 400 40d 391-3a9');
markEach(LOWER, 'άέίόώήύ');
markEach(UPPER, 'ΆΈΊΌΏΉΎ');
markCodes(
  LOWER | UPPER,
  '1200-137f 980-9ff 591-5f4 fb1d-fb4e 620-64a 66e-6d5 6e5-6ff 750-77f 8a0-8bd fb50-fbb1 fbd3-fd3d fd50-fdc7 fdf0-fdfb ' +
    'fe70-fefc 1ee00-1eebb d80-dff 900-97f b80-bff c00-c7f ac00-d7af 1100-11ff 3040-30ff 3400-4dbf 4e00-9fff ' +
    '2e80-2fdf 2ff0-303f 31c0-31ef 3200-33ff f900-faff fe30-fe4f 1f200-1f2ff 20000-2ebef 2f800-2fa1f',
);

const QUOTES = '\'"”“`‘´’‚,„»«「」『』（）〔〕【】《》〈〉〈〉⟦⟧';
markEach(QUOTE, QUOTES);
markEach(AFFIX, QUOTES + '…,:;!?¿؟¡()[]{}<>_#*&。？！，、；：～·।،۔؛٪—–');

// TERMINAL_PUNCTUATION and PUNCTUATION of datatrove/utils/text.py.
const TERMINAL_CODES =
  '21 2e 3f 589 61d-61f 6d4 700-702 7f9 837 839 83d-83e 964-965 104a-104b 1362 1367-1368 166e 1735-1736 17d4-17d6 ' +
  '17d9-17da 1803 1809 1944-1945 1aa8-1aab 1b5a-1b5b 1b5e-1b5f 1b7d-1b7e 1c3b-1c3c 1c7e-1c7f 203c-203d 2047-2049 ' +
  '2e2e 2e3c 2e53-2e54 3002 a4ff a60e-a60f a6f3 a6f7 a876-a877 a8ce-a8cf a92f a9c8-a9c9 aa5d-aa5f aaf0-aaf1 abeb ' +
  'fe52 fe56-fe57 ff01 ff0e ff1f ff61 10a56-10a57 10f55-10f59 10f86-10f89 11047-11048 110be-110c1 11141-11143 ' +
  '111c5-111c6 111cd 111de-111df 11238-11239 1123b-1123c 112a9 1144b-1144c 115c2-115c3 115c9-115d7 11641-11642 ' +
  '1173c-1173e 11944 11946 11a42-11a43 11a9b-11a9c 11c41-11c42 11ef7-11ef8 11f43-11f44 16a6e-16a6f 16af5 ' +
  '16b37-16b38 16b44 16e98 1bc9f 1da88';
markCodes(TERMINAL | PUNCTUATION, TERMINAL_CODES);
// The default of spaCy's `sentencizer`.
markCodes(
  SENTENCE_END,
  '21 2e 3f 589 61f 6d4 700-702 7f9 964-965 104a-104b 1362 1367-1368 166e 1735-1736 1803 1809 1944-1945 1aa8-1aab ' +
    '1b5a-1b5b 1b5e-1b5f 1c3b-1c3c 1c7e-1c7f 203c-203d 2047-2049 2e2e 2e3c 3002 a4ff a60e-a60f a6f3 a6f7 a876-a877 ' +
    'a8ce-a8cf a92f a9c8-a9c9 aa5d-aa5f aaf0-aaf1 abeb fe52 fe56-fe57 ff01 ff0e ff1f ff61 10a56-10a57 11047-11048 ' +
    '110be-110c1 11141-11143 111c5-111c6 111cd 111de-111df 11238-11239 1123b-1123c 112a9 1144b-1144c 115c2-115c3 ' +
    '115c9-115d7 11641-11642 1173c-1173e 11a42-11a43 11a9b-11a9c 11c41-11c42 16a6e-16a6f 16af5 16b37-16b38 16b44 ' +
    '1bc9f 1da88',
);
markCodes(
  PUNCTUATION | SEPARATOR,
  '0-8 b-1f 21-2f 3a-40 5b-60 7b-9f ab b4 bb 2013-2014 2019 201c-201e 2026 2236 2501 25ba 3001-3002 3008-300d ' +
    '3010-3011 ff01 ff05 ff08-ff09 ff0c ff0e ff11 ff1a-ff1b ff1f ff5e',
);
markEach(DECIMAL, '.,،٫⎖⎗⎘');
