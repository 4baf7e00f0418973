import { commonShare, cutWords, isCommon } from './lexicon';

/** Digits and signs that stand for letters. The first meaning is the usual one. */
const LEET: Record<string, readonly string[]> = {
  '0': ['o'],
  '1': ['i', 'l'],
  '2': ['z'],
  '3': ['e'],
  '4': ['a'],
  '5': ['s'],
  '6': ['g'],
  '7': ['t'],
  '8': ['b'],
  '9': ['g'],
  '@': ['a'],
  $: ['s'],
  '!': ['i', 'l'],
  '|': ['i', 'l'],
  '+': ['t'],
  '€': ['e'],
  '£': ['l'],
};

// Longer ones are names of files and keys.
const LEET_WORD = /(?<![A-Za-z0-9@$!|+€£])[A-Za-z0-9@$!|+€£]{2,24}(?![A-Za-z0-9@$!|+€£])/g;
/** Names with a number, sizes, versions and times are respelled words only where a common one comes out: `gpt4`, `10am`. */
const NUMBERED = /^([A-Za-z]+[0-9]+|[0-9]+[A-Za-z]{1,4})[!+|]*$/;

/** Mentions, and marks that stand before a word: `@anna`, `|im_start|`. Respelled only where a common word comes out. */
const MARKED = /^[@|$][A-Za-z]+$/;

/**
 * Words written with digits and signs for letters, written with letters; null where there are none. A word ends at signs
 * that end a sentence, so `Stop!` is no such word.
 */
export function undoLeet(text: string): string | null {
  let changed = 0;
  const read = text.replace(LEET_WORD, (word, at: number) => {
    const isAddress = /[A-Za-z0-9]@[A-Za-z0-9]/.test(word) && /^[.-]\w/.test(text.slice(at + word.length));
    if (isAddress) return word;
    const core = word.replace(/[!|+]+$/, '');
    if (!/[A-Za-z]/.test(core) || !/[0-9@$!|+€£]/.test(core)) return word;
    const ways = [0, 1].map((way) => [...core].map((sign) => LEET[sign]?.[way] ?? LEET[sign]?.[0] ?? sign).join(''));
    const common = ways.find(isCommon);
    if (common === undefined && (NUMBERED.test(core) || MARKED.test(core))) return word;
    changed += 1;
    return `${common ?? ways[0] ?? core}${word.slice(core.length)}`;
  });
  return changed === 0 ? null : read;
}

/** Single letters with one sign or some white space between them, six or more: `i g n o r e`, `i-g-n-o-r-e`. */
const SPACED = /(?<![A-Za-z0-9])[A-Za-z](?:[ \t.\-_*·•|/\\,~]{1,3}[A-Za-z](?![A-Za-z0-9])){5,}/g;
/** Han characters with one sign between them: `忽*略*指*令`. */
const SPACED_HAN = /\p{Script=Han}(?:[ \t.\-_*·•|/\\~+#]\p{Script=Han}){2,}/gu;

/** Spaced-out words, closed up; null where there are none. Wider gaps are taken for those between words. */
export function closeUp(text: string): string | null {
  let changed = false;
  const read = text
    .replace(SPACED, (run) => {
      changed = true;
      const signs = run.replace(/[A-Za-z]/g, '');
      const gap = /\s/.test(signs) && /[^\s]/.test(signs) ? /[ \t]+/ : /[ \t]{2,3}/;
      return run
        .split(gap)
        .map((part) => cutWords(part.replace(/[^A-Za-z]/g, '')).text)
        .join(' ');
    })
    .replace(SPACED_HAN, (run) => {
      changed = true;
      return run.replace(/[^\p{Script=Han}]/gu, '');
    });
  return changed ? read : null;
}

/** Words run together by anything but white space, `ignore_all.previous-rules` and camel case; null where there are none. */
export function partWords(text: string): string | null {
  const read = text
    .replace(/(?<![A-Za-z@])[A-Za-z]{2,40}(?:[._\-*~+/|][A-Za-z]{2,40}){2,40}/g, (run) =>
      run.replace(/[^A-Za-z]/g, ' '),
    )
    .replace(/\b[a-z]+(?:[A-Z][a-z]+){2,}\b/g, (run) => run.replace(/([A-Z])/g, ' $1').toLowerCase())
    .replace(/\b[A-Za-z]{16,80}\b/g, (run) => {
      const { text: cut, covered } = cutWords(run);
      return covered > 0.9 ? cut : run;
    });
  return read === text ? null : read;
}

/** A text is taken for English from this share of common words on, where it was not so before. */
const READABLE = 0.4;

/** Each letter moved on by `shift` places in the alphabet. */
const shifted = (text: string, shift: number): string =>
  text.replace(/[A-Za-z]/g, (letter) => {
    const first = letter <= 'Z' ? 65 : 97;
    return String.fromCharCode(first + ((letter.charCodeAt(0) - first + shift) % 26));
  });

const mirrored = (text: string): string =>
  text.replace(/[A-Za-z]/g, (letter) => {
    const first = letter <= 'Z' ? 65 : 97;
    return String.fromCharCode(first + 25 - (letter.charCodeAt(0) - first));
  });

/** Characters on which a cipher is tried, of a part, and of a text. */
const TRIED = 400;
const MOST_CHARS = 20_000;
/** Parts that are undone at most. */
const MOST_PARTS = 20;

/**
 * Lines, quoted parts and what stands behind a colon, where they are no English but become it; null without any. `ways` are tried,
 * and the one that gives most English is taken.
 */
function partsUndone(text: string, ways: readonly ((part: string) => string)[]): string | null {
  const found: string[] = [];
  for (const part of text.slice(0, MOST_CHARS).split(/[\n"“”`]|: /)) {
    const words = part.match(/[A-Za-z]{2,}/g) ?? [];
    if (words.length < 3 || commonShare(part) >= READABLE / 2) continue;
    const head = part.slice(0, TRIED);
    const scored = ways.map((way) => ({ way, share: commonShare(way(head)) }));
    const best = scored.reduce((a, b) => (b.share > a.share ? b : a));
    if (best.share >= READABLE) found.push(best.way(part));
    if (found.length >= MOST_PARTS) break;
  }
  return found.length === 0 ? null : found.join('\n');
}

const reversed = (part: string): string => [...part].reverse().join('');
const ROTATIONS = [...Array(25).keys()].map((shift) => (part: string) => shifted(part, shift + 1));

/** Parts of a text that are written backwards, turned around. */
export const turnAround = (text: string): string | null => partsUndone(text, [reversed]);

/** Parts of a text that are enciphered by rotation (rot13, Caesar) or Atbash, deciphered. */
export const decipher = (text: string): string | null => partsUndone(text, [...ROTATIONS, mirrored]);
