import { type Alignment, NONE } from './align';
import { BOUND_VERBS, KINDS } from './lexicon/chinese';
import type { Token } from './tokens';

/** Tokens of a claim in a row, [start, end), that stand for nothing, and what the evidence has where they should stand. */
export interface OpenRun {
  claim: readonly Token[];
  evidence: readonly Token[];
  start: number;
  end: number;
  /** How much of each token of the claim is supported, 0 to 1; what is found out here is written into it. */
  support: Float64Array;
  /** Tokens of the evidence with a content that the claim has not. */
  rivals: readonly number[];
}

/** Two wordings of the same place, whose likeness tells whether they say the same. */
export type Wordings = readonly [string, string];

/** Tokens on each side of exchanged words that are compared with them: alone, opposites are as like as words that mean the same. */
const CONTEXT = 4;
/** Below this cosine of two wordings nothing is the same; between it and 1, support grows evenly. */
const UNLIKE = 0.7;
/** What each added word leaves of the score where nobody can tell how much it matters. */
const ADDED = 0.8;

/**
 * How much of the score words of the claim leave that its evidence does not have, by how like the claim is to itself with
 * the words of the evidence in their place.
 */
export function exchangedWords(
  { claim, evidence, start, end, support, rivals }: OpenRun,
  asked: Wordings[],
  similar: (one: string, other: string) => number | undefined,
): number {
  const open = openIn(claim, start, end, support).filter((at) => claim[at]?.kind === 'word');
  const [first, last] = [open[0], open.at(-1)];
  if (first === undefined || last === undefined) return 1;
  const words = rivals.filter((place) => evidence[place]?.kind === 'word');
  const before = claim.slice(Math.max(0, first - CONTEXT), first);
  const after = claim.slice(last + 1, last + 1 + CONTEXT);
  const instead = words.length === 0 ? [] : evidence.slice(words[0], (words.at(-1) ?? 0) + 1);
  const own = claim.slice(first, last + 1);
  const wordings = [wording(before, own, after), wording(before, instead.slice(0, own.length + 2), after)] as const;
  asked.push(wordings);
  const cosine = similar(...wordings);
  const like = cosine === undefined ? 0 : Math.max(0, (cosine - UNLIKE) / (1 - UNLIKE));
  const left = words.length === 0 ? Math.max(ADDED ** open.length, like) : like;
  for (const at of open) support[at] = like;
  return left;
}

const wording = (...parts: (readonly Token[])[]): string =>
  parts
    .flat()
    .map(({ text }) => text)
    .join(' ');

const openIn = (claim: readonly Token[], start: number, end: number, support: Float64Array): number[] => {
  const open: number[] = [];
  for (let at = start; at < end; at += 1) {
    const token = claim[at];
    if (token?.content && !token.quantity && support[at] === 0) open.push(at);
  }
  return open;
};

/**
 * What stands in a Chinese claim for other characters of its evidence. `name`: of things of one kind, one for another;
 * `verb`: a word that shares a verb with the other; `added`: where the evidence has nothing; `other`: anything else.
 */
export type Exchange = 'name' | 'verb' | 'other' | 'added';

/** How Chinese characters of the claim that the evidence does not have differ from what it has there. */
export function exchangedCharacters(
  { claim, evidence, start, end, support, rivals }: OpenRun,
  { to }: Alignment,
): Exchange | undefined {
  const open = openIn(claim, start, end, support).filter((at) => claim[at]?.kind === 'han');
  const [first, last] = [open[0], open.at(-1)];
  if (first === undefined || last === undefined) return undefined;
  const others = rivals.filter((place) => evidence[place]?.kind === 'han' || evidence[place]?.name);
  if (others.length === 0) return 'added';
  const written = (tokens: readonly (Token | undefined)[]) => tokens.map((token) => token?.text ?? '').join('');
  const own = written(open.map((at) => claim[at]));
  const other = written(others.map((place) => evidence[place]));
  const beside = [claim[first - 1], claim[last + 1]].map((token) => token?.text ?? '');
  const names = others.some((place) => evidence[place]?.name);
  if (names || beside.some((text) => /[《》「」『』“”·]/.test(text)) || isOfKind(own, other, beside[1] ?? ''))
    return 'name';
  const joined = [first - 1, last + 1].some(
    (at) => (to[at] ?? NONE) !== NONE && BOUND_VERBS.has(claim[at]?.text ?? ''),
  );
  return own.length === 1 && other.length <= 2 && joined ? 'verb' : 'other';
}

/** Whether both end with the same character that says what kind of thing they are, or stand before one. */
function isOfKind(own: string, other: string, next: string): boolean {
  return KINDS.has(next.charAt(0)) || [own, other].every((text) => KINDS.has(text.slice(-1)));
}
