import { infixLength, prefixLength, suffixLength } from './affixes';
import { LONGEST_SPECIAL, SPECIAL_WORDS } from './special-words';
import { isUrl } from './url';

/**
 * Cuts a run of characters without white space into tokens, as the English tokenizer of spaCy 3.8 does: listed words
 * first, then affixes from both ends, then addresses whole, then the inside; last, neighbours that make up a listed
 * word (an emoticon cut in two) are joined again. The tokens joined are the word.
 */
export function splitWord(word: string): readonly string[] {
  return specialAt(word, 0, word.length) ?? joinSpecials(cut(word, true));
}

function specialAt(word: string, start: number, end: number): readonly string[] | undefined {
  return end - start <= LONGEST_SPECIAL ? SPECIAL_WORDS.get(word.slice(start, end)) : undefined;
}

function cut(word: string, withSpecials: boolean): string[] {
  const tokens: string[] = [];
  const suffixes: string[] = [];
  const special = (from: number, to: number) => (withSpecials ? specialAt(word, from, to) : undefined);
  let start = 0;
  let end = word.length;
  while (start < end && !special(start, end)) {
    const prefix = prefixLength(word, start, end);
    const suffix = suffixLength(word, start + prefix, end);
    if (prefix === 0 && suffix === 0) break;
    // One side only, where what is left then is a listed word.
    const onlyPrefix = prefix > 0 && start + prefix < end && special(start + prefix, end) !== undefined;
    const onlySuffix = !onlyPrefix && suffix > 0 && end - suffix > start && special(start, end - suffix) !== undefined;
    if (prefix > 0 && !onlySuffix) {
      tokens.push(word.slice(start, start + prefix));
      start += prefix;
    }
    if (suffix > 0 && !onlyPrefix) {
      suffixes.push(word.slice(end - suffix, end));
      end -= suffix;
    }
    if (onlyPrefix || onlySuffix) break;
  }
  if (start < end) {
    const middle = word.slice(start, end);
    const listed = special(start, end);
    if (listed) tokens.push(...listed);
    else if (isUrl(middle)) tokens.push(middle);
    else cutInside(middle, tokens);
  }
  for (let last = suffixes.length - 1; last >= 0; last--) tokens.push(suffixes[last] ?? '');
  return tokens;
}

function cutInside(word: string, tokens: string[]): void {
  let start = 0;
  // From 1: a separator at the very front stays with what follows.
  for (let index = 1; index < word.length;) {
    const length = infixLength(word, index);
    if (length === 0) {
      index++;
      continue;
    }
    if (index > start) tokens.push(word.slice(start, index));
    tokens.push(word.slice(index, index + length));
    start = index += length;
  }
  if (start < word.length) tokens.push(word.slice(start));
}

/** Listed words that the affix rules would cut, as a tree of their pieces; `parts` where a word ends. */
interface Pieces {
  next: Map<string, Pieces>;
  parts?: readonly string[];
}
const cutSpecials: Pieces = { next: new Map() };
for (const [word, parts] of SPECIAL_WORDS) {
  const pieces = cut(word, false);
  if (pieces.length === 1) continue;
  let node = cutSpecials;
  for (const piece of pieces) {
    const next: Pieces = node.next.get(piece) ?? { next: new Map() };
    node.next.set(piece, next);
    node = next;
  }
  node.parts = parts;
}

function joinSpecials(tokens: string[]): string[] {
  const found: { start: number; end: number; parts: readonly string[] }[] = [];
  for (let start = 0; start < tokens.length - 1; start++) {
    let node = cutSpecials.next.get(tokens[start] ?? '');
    for (let end = start + 1; node; end++) {
      if (node.parts) found.push({ start, end, parts: node.parts });
      node = node.next.get(tokens[end] ?? '');
    }
  }
  if (found.length === 0) return tokens;
  // The longest first, then the leftmost; none that begins or ends inside one that is taken.
  found.sort((a, b) => b.end - b.start - (a.end - a.start) || a.start - b.start);
  const taken = new Set<number>();
  const joined: (readonly string[])[] = tokens.map((token) => [token]);
  for (const { start, end, parts } of found) {
    const free = !taken.has(start) && !taken.has(end - 1);
    for (let index = start; index < end; index++) {
      taken.add(index);
      if (free) joined[index] = index === start ? parts : [];
    }
  }
  return joined.flat();
}
