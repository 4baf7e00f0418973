const MARKS = /\p{Mn}+/gu;
const NUMBERS = /\p{Nd}+(?:[.,،٫⎖⎗⎘]\p{Nd}+)?/gu;
/** Punctuation, symbols, control characters and white space alike. */
const SEPARATORS = /[^\p{L}\p{N}]+/u;
/** Scripts without blanks between words: each character counts as one. */
const UNSPACED = /([\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}])/gu;
const HAS_UNSPACED = /[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]|[\ud840-\ud87f]/;

/**
 * The words of a text in a form that survives reformatting, after datatrove's `simplify_text`: lower case, numbers as
 * 0, no punctuation, no accents.
 */
export function simplifiedWords(text: string): string[] {
  let simple = text.toLowerCase().replace(NUMBERS, '0').normalize('NFD').replace(MARKS, '');
  if (HAS_UNSPACED.test(simple)) simple = simple.replace(UNSPACED, ' $1 ');
  return simple.split(SEPARATORS).filter((word) => word !== '');
}
