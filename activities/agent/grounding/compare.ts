import type { Doubt } from '../../../schemas/grounding';
import { align, type Alignment, areContrary, areEqual, gapOf, NONE, openRuns } from './align';
import { denied, findDenial } from './polarity';
import type { Token } from './tokens';

/** What is known besides the evidence itself. */
export interface Surroundings {
  /** How much a token says: rare ones more. */
  weight(token: Token): number;
  /** Whether the passage of the evidence, or its title, has the token elsewhere. */
  known(token: Token): boolean;
  /** How near two texts of a few words are, 0 to 1; undefined where nobody can tell. */
  similar(one: string, other: string): number | undefined;
}

export interface Comparison {
  /** 0 to 1: share of what the claim says that its evidence says too, and no more than its worst word allows. */
  score: number;
  /** Share by weight alone. */
  coverage: number;
  /** What contradicts, or where words were exchanged. */
  doubt?: { kind: Doubt; from: number; to: number };
  alignment: Alignment;
}

/** What a word found elsewhere in the passage counts. */
const KNOWN_SUPPORT = 0.7;
/** What a count of one counts that the evidence does not have. */
const VAGUE_SUPPORT = 0.5;
/** The lowest score that exchanged or added words leave, by how like they are. */
const HEDGE = /^(?:about|approximately|around|roughly|nearly|almost|circa|约|大约|近|将近|左右|约为|大概)$/;
/** Relative difference of a number that is called approximate. */
const HEDGED_DIFFERENCE = 0.05;
/** Tokens walked from a neighbour to where a number or name should stand. */
const PLACE_REACH = 5;

/** Compares a claim with evidence, token by token. */
export function compare(claim: readonly Token[], evidence: readonly Token[], around: Surroundings): Comparison {
  const alignment = align(claim, evidence);
  const { to } = alignment;
  const support = Float64Array.from(to, (place) => (place === NONE ? 0 : 1));
  let worst = 1;
  let doubt: { kind: Doubt; at: readonly [number, number] } | undefined;
  const raise = (kind: Doubt, start: number, end = start + 1) => (doubt ??= { kind, at: [start, end] });

  for (const [start, end] of openRuns(alignment)) {
    const gap = gapOf(start, end, alignment);
    const rivals = gap.filter((place) => evidence[place]?.content);
    for (let at = start; at < end; at += 1) {
      const token = claim[at];
      if (!token || token.kind === 'mark') continue;
      if (token.quantity) {
        if (token.vague && !rivals.some((place) => evidence[place]?.quantity)) support[at] = VAGUE_SUPPORT;
        else if (isHedged(claim, at, evidence)) support[at] = 1;
        else raise('number', at);
        continue;
      }
      const contrary = findContrary(token, at, claim, evidence, alignment, gap);
      if (contrary === 'same') support[at] = 1;
      else if (contrary === 'contrary') raise('opposite', at);
      else if (token.content && rivals.length === 0 && around.known(token)) support[at] = KNOWN_SUPPORT;
      else if (token.name && !isAcronym(token, evidence)) {
        const rival = rivals.some((place) => evidence[place]?.name || evidence[place]?.kind === 'han');
        if (!rival && around.known(token)) support[at] = KNOWN_SUPPORT;
        else raise('name', at);
      }
    }
    const added = { claim, evidence, start, end, support, rivals };
    worst = Math.min(worst, worstOf(added, around));
  }
  doubt ??= findMisplaced(claim, evidence, alignment);
  const denial = findDenial(claim, evidence, alignment);
  if (denial !== undefined && !isContrarySame(support, to, denial)) raise('negation', denial);

  let [whole, found] = [0, 0];
  for (const [at, token] of claim.entries()) {
    if (!token.content) continue;
    const weight = around.weight(token);
    whole += weight;
    found += weight * (support[at] ?? 0);
  }
  const coverage = whole === 0 ? 0 : found / whole;
  const words = doubt && { kind: doubt.kind, from: claim[doubt.at[0]]?.from ?? 0, to: claim[doubt.at[1] - 1]?.to ?? 0 };
  return { score: doubt ? 0 : Math.min(coverage, worst), coverage, alignment, ...(words && { doubt: words }) };
}

/** A word that was found as the opposite of a denied one: its denial is told for by that. */
const isContrarySame = (support: Float64Array, to: Int32Array, denial: number): boolean => {
  for (let at = denial; at < Math.min(denial + 4, support.length); at += 1)
    if (to[at] === NONE && support[at] === 1) return true;
  return false;
};

/** Whether the evidence has the opposite of a token where it should stand, and whether one of the two is denied. */
function findContrary(
  token: Token,
  at: number,
  claim: readonly Token[],
  evidence: readonly Token[],
  { back }: Alignment,
  gap: readonly number[],
): 'contrary' | 'same' | undefined {
  const near = gap.find((place) => isContraryAt(token, evidence[place]));
  const place =
    near ??
    (token.content
      ? evidence.findIndex((other, free) => back[free] === NONE && other.content && isContraryAt(token, other))
      : NONE);
  if (place === NONE) return undefined;
  return denied(claim, at) === denied(evidence, place) ? 'contrary' : 'same';
}

const isContraryAt = (token: Token, other: Token | undefined): boolean =>
  other !== undefined && areContrary(token, other);

/** A number called approximate, with one near it in the evidence. */
function isHedged(claim: readonly Token[], at: number, evidence: readonly Token[]): boolean {
  const own = claim[at]?.quantity;
  const hedged = [at - 2, at - 1, at + 1].some((near) => HEDGE.test(claim[near]?.text ?? ''));
  if (!own || !hedged) return false;
  return evidence.some(({ quantity }) => {
    if (!quantity || (quantity.unit !== own.unit && quantity.unit !== '' && own.unit !== '')) return false;
    return Math.abs(quantity.value - own.value) <= HEDGED_DIFFERENCE * Math.abs(quantity.value);
  });
}

/** "NASA" for "National Aeronautics and Space Administration". */
function isAcronym({ text }: Token, evidence: readonly Token[]): boolean {
  if (text.length < 2) return false;
  const initials = evidence
    .filter(({ kind, content }) => kind === 'word' && content)
    .map((token) => token.text.charAt(0));
  return text.length > 2 && initials.join('').includes(text);
}

interface Added {
  claim: readonly Token[];
  evidence: readonly Token[];
  start: number;
  end: number;
  support: Float64Array;
  rivals: readonly number[];
}

/** How much words that the evidence does not have leave of the score; sets their support. */
function worstOf({ claim, evidence, start, end, support, rivals }: Added, around: Surroundings): number {
  const open: number[] = [];
  for (let at = start; at < end; at += 1) {
    const token = claim[at];
    if (token?.content && !token.quantity && support[at] === 0) open.push(at);
  }
  if (open.length === 0) return 1;
  const han = open.filter((at) => claim[at]?.kind === 'han');
  let worst = 1;
  for (const at of open) {
    const token = claim[at];
    if (!token || token.kind === 'han') continue;
    const like = rivals.flatMap((place) => {
      const other = evidence[place];
      return other && other.kind === 'word' ? [around.similar(token.text, other.text) ?? 0] : [];
    });
    const best = Math.max(0, ...like);
    support[at] = best;
    worst = Math.min(worst, like.length > 0 ? best : ADDED);
  }
  if (han.length > 0) {
    const others = rivals.filter((place) => evidence[place]?.kind === 'han' || evidence[place]?.name);
    worst = Math.min(worst, others.length === 0 ? ADDED_HAN : EXCHANGED_HAN);
  }
  return worst;
}
/** What an added word leaves of the score. */
const ADDED = 0.7;
const ADDED_HAN = 0.7;
const EXCHANGED_HAN = 0.2;

/**
 * A number or a name that the evidence has, but in another place: where its neighbours say that it should stand, there
 * stands another one.
 */
function findMisplaced(
  claim: readonly Token[],
  evidence: readonly Token[],
  { to, run }: Alignment,
): { kind: Doubt; at: readonly [number, number] } | undefined {
  const turned = claim.some(({ text }) => text === 'by') !== evidence.some(({ text }) => text === 'by');
  for (const [at, token] of claim.entries()) {
    const own = to[at] ?? NONE;
    const named = token.name && !turned;
    if (own === NONE || (run[at] ?? 0) > 1 || !(token.quantity || named)) continue;
    const sides = ([-1, 1] as const).map((side) => rivalFrom(at, side, own, { claim, evidence, to }));
    if (sides.includes('other') && !sides.includes('own'))
      return { kind: token.quantity ? 'number' : 'name', at: [at, at + 1] };
  }
  return undefined;
}

/** What stands where a claim's token should, walking on from the image of its neighbour: itself, another of its kind, or nothing. */
function rivalFrom(
  at: number,
  side: -1 | 1,
  own: number,
  { claim, evidence, to }: { claim: readonly Token[]; evidence: readonly Token[]; to: Int32Array },
): 'own' | 'other' | undefined {
  const token = claim[at];
  const neighbour = at + side;
  const image = to[neighbour] ?? NONE;
  if (!token || neighbour < 0 || neighbour >= claim.length || image === NONE) return undefined;
  for (let step = 1; step <= PLACE_REACH; step += 1) {
    const place = image - side * step;
    if (place === own) return 'own';
    const other = evidence[place];
    if (!other || other.kind === 'mark') return undefined;
    const rival = token.quantity ? other.quantity !== undefined && !areEqual(token, other) : other.name;
    if (rival) return 'other';
    if (other.content) return undefined;
  }
  return undefined;
}
