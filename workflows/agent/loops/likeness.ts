import { SKETCH, type TurnDigest } from '../../../schemas/agent-loops';

/** How much of a call comes back: all of it; its words in another form; some of its words; nothing, or another thing. */
export type CallLikeness = 'same' | 'near' | 'loose' | 'other';

/** Shares of common words from which calls, or results, count as near. */
const NEAR_CALL = 0.55;
const LOOSE_CALL = 0.2;
/** Of the words of the shorter of two calls, so many in the other: synonyms of all but what it is about. */
const LOOSE_CONTAINED = 0.25;
/** Words of a turn without a call: an agent that gets on says much the same between its calls. */
const NEAR_WORDS = 0.8;
const CONTAINED = 0.8;
const NEAR_RESULT = 0.7;
const NEAR_HITS = 0.6;

/** Three characters a hash, as `activities/agent/loops/sketch.ts` writes them. */
const codesOf = (sketch: string): string[] => sketch.match(/.{3}/g) ?? [];

/** The set that a sketch stands for, and up to which hash it is known: a full sketch knows nothing beyond its last. */
interface Known {
  codes: Set<string>;
  upTo: string;
}

const BEYOND_ALL = '~~~';

function known(sketch: string, k: number): Known {
  const codes = codesOf(sketch);
  return { codes: new Set(codes), upTo: codes.length < k ? BEYOND_ALL : (codes[codes.length - 1] ?? BEYOND_ALL) };
}

const union = (a: Known, b: Known): Known => ({
  codes: new Set([...a.codes, ...b.codes]),
  upTo: a.upTo < b.upTo ? a.upTo : b.upTo,
});

/** Jaccard similarity, and the share of the smaller set that is in the larger; 1 for two empty sets. */
function shares(a: Known, b: Known): { jaccard: number; contained: number } {
  const upTo = a.upTo < b.upTo ? a.upTo : b.upTo;
  const [left, right] = [a, b].map(({ codes }) => [...codes].filter((code) => code <= upTo)) as [string[], string[]];
  const both = left.filter((code) => b.codes.has(code)).length;
  const either = left.length + right.length - both;
  if (either === 0) return { jaccard: 1, contained: 1 };
  const smaller = Math.min(left.length, right.length);
  return { jaccard: both / either, contained: smaller === 0 ? 0 : both / smaller };
}

/** Whether each of the two names a thing that the other does not: then they are about different things. */
function differentThings(aKeys: Known, aWords: Known, bKeys: Known, bWords: Known): boolean {
  const missing = (keys: Known, others: Known, words: Known) =>
    [...keys.codes].some((code) => code <= others.upTo && !others.codes.has(code) && !words.codes.has(code));
  return missing(aKeys, bKeys, bWords) && missing(bKeys, aKeys, aWords);
}

interface Sets {
  words: Known;
  keys: Known;
  asked: Known;
  resultWords: Known;
  resultKeys: Known;
}

/** The sets of a digest are needed in each comparison of it. */
const setsByDigest = new WeakMap<TurnDigest, Sets>();

function setsOf(turn: TurnDigest): Sets {
  const before = setsByDigest.get(turn);
  if (before) return before;
  const [words, resultWords] = [known(turn.words, SKETCH.words), known(turn.resultWords, SKETCH.words)];
  const [keys, resultKeys] = [known(turn.keys, SKETCH.keys), known(turn.resultKeys, SKETCH.keys)];
  const sets = { words, keys, asked: union(words, keys), resultWords, resultKeys };
  setsByDigest.set(turn, sets);
  return sets;
}

export const askedOf = (turn: TurnDigest): Set<string> => setsOf(turn).asked.codes;

export function callLikeness(a: TurnDigest, b: TurnDigest): CallLikeness {
  if (a.tool !== b.tool) return 'other';
  if (a.call === b.call) return 'same';
  const [left, right] = [setsOf(a), setsOf(b)];
  if (differentThings(left.keys, left.words, right.keys, right.words)) return 'other';
  const { jaccard, contained } = shares(left.asked, right.asked);
  if (a.tool === null) return jaccard >= NEAR_WORDS ? 'near' : 'other';
  if (jaccard >= NEAR_CALL || contained >= CONTAINED) return 'near';
  return jaccard >= LOOSE_CALL || contained >= LOOSE_CONTAINED ? 'loose' : 'other';
}

/** Whether two calls of a tool have anything in common. */
export const commonWords = (a: TurnDigest, b: TurnDigest): boolean =>
  a.tool === b.tool && (a.call === b.call || [...askedOf(a)].some((code) => askedOf(b).has(code)));

/** Whether two results say the same: two that found nothing do, whatever they say of what was asked. */
export const sameResult = (a: TurnDigest, b: TurnDigest): boolean =>
  a.outcome === b.outcome && (a.result === b.result || a.outcome === 'nothing');

/** Whether two results are nearly the same: most hits, or all numbers and most words. */
export function nearResult(a: TurnDigest, b: TurnDigest): boolean {
  if (sameResult(a, b)) return true;
  if (a.outcome !== b.outcome) return false;
  const [left, right] = [setsOf(a), setsOf(b)];
  const words = shares(left.resultWords, right.resultWords).jaccard;
  if (a.outcome === 'error') return words >= NEAR_HITS;
  if (Math.min(left.resultKeys.codes.size, right.resultKeys.codes.size) >= 4) {
    return shares(left.resultKeys, right.resultKeys).jaccard >= NEAR_HITS && words >= NEAR_HITS;
  }
  const other = differentThings(left.resultKeys, left.resultWords, right.resultKeys, right.resultWords);
  return words >= NEAR_RESULT && !other;
}

/** Whether two results differ in nothing but numbers, ids and a few words. */
export const sameBut = (a: TurnDigest, b: TurnDigest): boolean =>
  a.outcome === b.outcome &&
  (sameResult(a, b) || shares(setsOf(a).resultWords, setsOf(b).resultWords).jaccard >= NEAR_HITS);

/** Whether a result is long enough to be no accident when another call gives it too. */
export const substantial = (turn: TurnDigest): boolean =>
  turn.outcome === 'content' && codesOf(turn.resultWords).length + codesOf(turn.resultKeys).length >= 8;
