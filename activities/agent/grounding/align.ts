import * as chinese from './lexicon/chinese';
import * as english from './lexicon/english';
import { areAlike, areOpposed } from './lexicon/groups';
import { sameQuantity } from './numbers';
import { areDerived, areNegated } from './stem';
import type { Token } from './tokens';

/** No token of the other side. */
export const NONE = -1;

/** Which token of the evidence each token of a claim stands for, by index; `NONE` where there is none. */
export interface Alignment {
  /** By index of the claim's tokens. */
  to: Int32Array;
  /** By index of the evidence's tokens. */
  back: Int32Array;
  /** By index of the claim's tokens: how many tokens with a content the run of equal ones has that it lies in. */
  run: Int32Array;
  /** By index of the claim's tokens: where that run begins; `NONE` where the token is in none. */
  start: Int32Array;
}

/** Whether two tokens are one word, number or character. */
export function areEqual(one: Token, other: Token): boolean {
  if (one.quantity && other.quantity) return sameQuantity(one.quantity, other.quantity);
  return one.stem === other.stem && one.kind === other.kind;
}

/** Whether two tokens mean about the same: made of one word, or of one side of a group. */
export function areRelated(one: Token, other: Token): boolean {
  if (areEqual(one, other)) return true;
  if (one.quantity || other.quantity || one.kind !== other.kind) return false;
  if (one.kind === 'han') return areAlike(chinese.GROUPS, one.text, other.text);
  if (one.name && other.name) return areDerived(one.stem, other.stem) && one.stem.length > 4;
  const alike = one.forms.some((form) => other.forms.some((base) => areAlike(english.GROUPS, form, base)));
  return alike || areDerived(one.text, other.text);
}

/** Whether two tokens exclude each other: opposites, or two of a kind such as days of the week. */
export function areContrary(one: Token, other: Token): boolean {
  if (one.kind !== other.kind || one.quantity || other.quantity) return false;
  if (one.kind === 'han') return areOpposed(chinese.GROUPS, one.text, other.text);
  const opposed = one.forms.some((form) => other.forms.some((base) => areOpposed(english.GROUPS, form, base)));
  return opposed || areNegated(one.text, other.text);
}

/**
 * Lays a claim upon its evidence by the longest runs of equal tokens first, each token once (greedy string tiling; Wise,
 * "YAP3: improved detection of similarities", 1996): clauses may stand in another order, and each keeps its words
 * together. Then words that mean about the same, where nothing equal is left.
 */
export function align(claim: readonly Token[], evidence: readonly Token[]): Alignment {
  const alignment: Alignment = {
    to: new Int32Array(claim.length).fill(NONE),
    back: new Int32Array(evidence.length).fill(NONE),
    run: new Int32Array(claim.length),
    start: new Int32Array(claim.length).fill(NONE),
  };
  const equal = claim.map((token) => evidence.map((other) => areEqual(token, other)));
  for (;;) {
    const best = longestRun(claim, evidence, equal, alignment);
    if (!best) break;
    for (let step = 0; step < best.length; step += 1) {
      alignment.to[best.at + step] = best.place + step;
      alignment.back[best.place + step] = best.at + step;
      alignment.run[best.at + step] = best.content;
      alignment.start[best.at + step] = best.at;
    }
  }
  alignRelated(claim, evidence, alignment);

  return alignment;
}

interface Run {
  at: number;
  place: number;
  length: number;
  content: number;
}

/** Content that a run needs: a Chinese character alone is no word, and is found by its neighbours or not at all. */
const enough = (run: Run, claim: readonly Token[]): boolean =>
  run.content > 1 || (run.content === 1 && (run.length > 1 || isWhole(claim[run.at])));

const isWhole = (token: Token | undefined): boolean =>
  token !== undefined && (token.kind !== 'han' || token.text.length > 1);

function longestRun(
  claim: readonly Token[],
  evidence: readonly Token[],
  equal: readonly (readonly boolean[])[],
  { to, back }: Alignment,
): Run | undefined {
  let best: Run | undefined;
  for (let at = 0; at < claim.length; at += 1) {
    if (to[at] !== NONE) continue;
    for (let place = 0; place < evidence.length; place += 1) {
      if (back[place] !== NONE || !equal[at]?.[place]) continue;
      // A run is looked at from its beginning only.
      if (at > 0 && place > 0 && to[at - 1] === NONE && back[place - 1] === NONE && equal[at - 1]?.[place - 1])
        continue;
      const run: Run = { at, place, length: 0, content: 0 };
      while (
        to[at + run.length] === NONE &&
        back[place + run.length] === NONE &&
        equal[at + run.length]?.[place + run.length]
      ) {
        if (claim[at + run.length]?.content) run.content += 1;
        run.length += 1;
      }
      if (!enough(run, claim)) continue;
      const longer = run.content - (best?.content ?? 0) || run.length - (best?.length ?? 0);
      if (!best || longer > 0 || (longer === 0 && isNearer(run, best, to))) best = run;
    }
  }
  return best;
}

/** Of two runs alike, the one that goes on where the claim's last tokens before it lie. */
function isNearer(run: Run, best: Run, to: Int32Array): boolean {
  if (run.at !== best.at) return false;
  for (let before = run.at - 1; before >= 0; before -= 1) {
    const image = to[before] ?? NONE;
    if (image !== NONE) return Math.abs(run.place - image) < Math.abs(best.place - image);
  }
  return false;
}

/** Where a claim's tokens in a row, from `start` to before `end`, would stand in the evidence, by their neighbours. */
export function gapOf(start: number, end: number, { to, back }: Alignment): number[] {
  let left = start - 1;
  while (left >= 0 && to[left] === NONE) left -= 1;
  let right = end;
  while (right < to.length && to[right] === NONE) right += 1;
  const free = new Set<number>();
  const walk = (from: number, step: 1 | -1) => {
    for (let place = from + step; place >= 0 && place < back.length && back[place] === NONE; place += step)
      free.add(place);
  };
  if (left >= 0) walk(to[left] ?? 0, 1);
  if (right < to.length) walk(to[right] ?? 0, -1);
  return [...free].sort((a, b) => a - b);
}

/** Runs of tokens of a claim that stand for nothing yet, as [start, end). */
export function* openRuns({ to }: Alignment): Generator<readonly [number, number]> {
  for (let at = 0; at < to.length; at += 1) {
    if (to[at] !== NONE) continue;
    let end = at;
    while (end < to.length && to[end] === NONE) end += 1;
    yield [at, end];
    at = end;
  }
}

/** Words that mean about the same: where the neighbours say first, then anywhere. */
function alignRelated(claim: readonly Token[], evidence: readonly Token[], alignment: Alignment): void {
  const { to, back } = alignment;
  const everywhere = evidence.map((_, place) => place);
  for (const near of [true, false]) {
    for (const [start, end] of [...openRuns(alignment)]) {
      const places = near ? gapOf(start, end, alignment) : everywhere;
      for (let at = start; at < end; at += 1) {
        const token = claim[at];
        if (!token || token.kind === 'mark' || (!near && !(token.content && isWhole(token)))) continue;
        const place = places.find((free) => back[free] === NONE && isRelatedAt(token, evidence[free], near));
        if (place === undefined) continue;
        to[at] = place;
        back[place] = at;
        alignment.run[at] = 1;
        alignment.start[at] = at;
      }
    }
  }
}

const isRelatedAt = (token: Token, other: Token | undefined, near: boolean): boolean =>
  other !== undefined && (near || other.content) && areRelated(token, other);
