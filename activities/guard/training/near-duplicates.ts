import { UnionFind } from '../../cleaning/dedup/union-find';
import { hash32 } from '../../features/hash32';
import { piecesAt } from '../classifier/windows';

/** Pieces in a shingle. */
const SHINGLE = 3;
/** Texts with fewer shingles are compared as a whole: they share too much by chance. */
const LEAST_SHINGLES = 20;
/** Two texts are variants of one from this share of the shorter one's shingles on. */
const CONTAINED = 0.4;
/** Shingles that more texts have than this say nothing of two of them. */
const MOST_TEXTS = 400;

/**
 * The group of each text: the number of its first member. Texts with the same words are in one group, and so are variants of
 * one another, directly or by others between. Jailbreaks are handed on and changed, so that a split by single texts would
 * judge a guard by what it has learnt.
 */
export function groupVariants(texts: readonly { text: string; generated: boolean }[]): Uint32Array {
  const groups = new UnionFind(texts.length);
  const whole = new Map<string, number>();
  const shingles = texts.map(({ text, generated }, number) => {
    const pieces = piecesAt(text).map((piece) => piece.text);
    const words = pieces.join(' ');
    const first = whole.get(words);
    if (first === undefined) whole.set(words, number);
    else groups.join(first, number);
    // All of a grammar's texts are variants of one another.
    if (generated) return [];
    const found = new Set<number>();
    for (let at = 0; at + SHINGLE <= pieces.length; at++) found.add(hash32(pieces.slice(at, at + SHINGLE).join(' ')));
    return found.size < LEAST_SHINGLES ? [] : [...found];
  });
  const holders = new Map<number, number[]>();
  shingles.forEach((set, number) => {
    for (const shingle of set) {
      const list = holders.get(shingle);
      if (list) list.push(number);
      else holders.set(shingle, [number]);
    }
  });
  shingles.forEach((set, number) => {
    const shared = new Map<number, number>();
    for (const shingle of set) {
      const list = holders.get(shingle) ?? [];
      if (list.length > MOST_TEXTS) continue;
      for (const other of list) if (other < number) shared.set(other, (shared.get(other) ?? 0) + 1);
    }
    for (const [other, count] of shared) {
      if (count >= CONTAINED * Math.min(set.length, shingles[other]?.length ?? 0)) groups.join(other, number);
    }
  });
  return Uint32Array.from(texts, (_, number) => groups.find(number));
}
