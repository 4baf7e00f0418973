import type { Doubt } from '../../../schemas/grounding';
import { align, type Alignment, areContrary, gapOf, NONE, openRuns } from './align';
import { type Exchange, exchangedCharacters, exchangedWords, type Wordings } from './exchanged';
import { findMisplaced, loosenMisplaced, type Misplaced } from './misplaced';
import { denied, findDenial } from './polarity';
import type { Token } from './tokens';

/** What is known besides the evidence itself. */
export interface Surroundings {
  /** How much a token says: rare ones more. */
  weight: (token: Token) => number;
  /** Whether the passage of the evidence, or its title, has the token elsewhere. */
  known: (token: Token) => boolean;
  /** How near two texts of a few words are, 0 to 1; undefined where nobody can tell. */
  similar: (one: string, other: string) => number | undefined;
}

/** Words of a claim, as offsets of its text, and what is wrong with them. */
interface Span {
  kind: Doubt;
  from: number;
  to: number;
}

export interface Comparison {
  /** 0 to 1: share of what the claim says that its evidence says too, and no more than its worst word allows. */
  score: number;
  /** Share by weight alone. */
  coverage: number;
  /** Parts of the claim beside themselves with the words of the evidence: how like they are, tells what they leave. */
  exchanged: Wordings[];
  /** Share by weight of what stands in runs of words that its evidence has in the same order. */
  copied: number;
  /** What contradicts, or where words were exchanged. */
  doubt?: Span;
  /** The words that the score is low for, where nothing contradicts. */
  weakest?: Span;
  alignment: Alignment;
}

/** What a word found elsewhere in the passage counts. */
const KNOWN_SUPPORT = 0.7;
/** What a count of one counts that the evidence does not have. */
const VAGUE_SUPPORT = 0.5;
const HEDGE = /^(?:about|approximately|around|roughly|nearly|almost|circa|约|大约|近|将近|左右|约为|大概)$/;

/** Tokens with a content that make a run of words no matter of chance. */
const LEAST_RUN = 3;

/** Compares a claim with evidence, token by token. */
export function compare(claim: readonly Token[], evidence: readonly Token[], around: Surroundings): Comparison {
  const alignment = align(claim, evidence);
  const misplaced = loosenMisplaced(claim, evidence, alignment);
  const { to } = alignment;
  const support = Float64Array.from(to, (place) => (place === NONE ? 0 : 1));
  const exchanged: Wordings[] = [];
  let worst = 1;
  /** Of runs of Chinese characters that the evidence does not have. */
  const characters: Exchange[] = [];
  let weakest: readonly [number, number] | undefined;
  let doubt: Misplaced | undefined;
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
    const run = { claim, evidence, start, end, support, rivals };
    const left = exchangedWords(run, exchanged, around.similar);
    if (left < worst) weakest = [start, end];
    worst = Math.min(worst, left);
    const kind = exchangedCharacters(run, alignment);
    if (!kind) continue;
    characters.push(kind);
    if (kind !== 'added') weakest = [start, end];
  }
  doubt ??= misplaced ?? findMisplaced(claim, evidence, alignment);
  const denial = findDenial(claim, evidence, alignment);
  if (denial !== undefined && !isContrarySame(support, to, denial)) raise('negation', denial);

  let [whole, found, inRuns] = [0, 0, 0];
  for (const [at, token] of claim.entries()) {
    if (!token.content) continue;
    const weight = around.weight(token);
    whole += weight;
    found += weight * (support[at] ?? 0);
    if ((alignment.run[at] ?? 0) >= LEAST_RUN) inRuns += weight;
  }
  const coverage = whole === 0 ? 0 : found / whole;
  worst = Math.min(worst, leftByCharacters(characters, coverage));
  return {
    score: doubt ? 0 : Math.min(coverage, worst),
    coverage,
    copied: whole === 0 ? 0 : inRuns / whole,
    alignment,
    exchanged,
    ...(doubt && { doubt: spanOf(doubt, claim) }),
    ...(weakest && { weakest: spanOf({ kind: 'words', at: weakest }, claim) }),
  };
}

const spanOf = ({ kind, at: [start, end] }: Misplaced, claim: readonly Token[]): Span => ({
  kind,
  from: claim[start]?.from ?? 0,
  to: claim[end - 1]?.to ?? 0,
});

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

/** A number called approximate that is a number of the evidence with fewer digits. */
function isHedged(claim: readonly Token[], at: number, evidence: readonly Token[]): boolean {
  const own = claim[at]?.quantity;
  const hedged = [at - 2, at - 1, at + 1].some((near) => HEDGE.test(claim[near]?.text ?? ''));
  if (!own || !hedged) return false;
  return evidence.some(({ quantity }) => {
    if (!quantity || (quantity.unit !== own.unit && quantity.unit !== '' && own.unit !== '')) return false;
    return [1, 2, 3, 4].some((digits) => Number(quantity.value.toPrecision(digits)) === own.value);
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

/** What exchanged characters leave of the score. */
const EXCHANGED = 0.2;
const BORNE = 0.65;
/** A sentence that is copied but for one place says something else there; one that differs in many is said in other words. */
const COPIED = 0.7;

function leftByCharacters(kinds: readonly Exchange[], coverage: number): number {
  if (kinds.length === 0) return 1;
  const others = kinds.filter((kind) => kind === 'other').length;
  if (kinds.includes('name') || (others === 1 && coverage >= COPIED)) return EXCHANGED;
  return BORNE;
}
