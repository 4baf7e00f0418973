import type { Passage } from '../../../schemas/agent';
import type { Grounded, GroundedSentence } from '../../../schemas/grounding';
import type { Encoder } from '../../encoder/encoder';
import { scriptOf } from '../../search/script';
import { type Comparison, compare } from './compare';
import { type Evidence, readEvidence, type Window } from './evidence';
import { answerSentences, type AnswerSentence } from './sentences';
import { readTokens, type Token } from './tokens';

export interface GroundingDependencies {
  /** Unit vectors of texts, one after the other, as those of an `Encoder`. */
  encode: Encoder['encode'];
}

export interface GroundingOptions {
  /** A sentence with a lower score is not supported, 0 to 1. */
  threshold?: number;
  /** Whether the encoder understands Chinese, Japanese and Korean: MiniLM does not. */
  encoderReadsCjk?: boolean;
  signal?: AbortSignal;
}

/** Where a claim and its passages were told apart best (bench/grounding.ts, the half of the documents for tuning). */
export const DEFAULT_THRESHOLD = 0.6;

/** A claim, and what it was found to rest on. */
interface Checked {
  sentence: AnswerSentence;
  tokens: Token[];
  best?: { window: Window; comparison: Comparison };
}

/**
 * Checks every sentence of an answer against the passages that it should rest on. Words, numbers, names and denials are
 * laid upon the nearest sentences of the passages; the encoder says how like exchanged words are.
 */
export async function checkGrounding(
  answer: string,
  passages: readonly Passage[],
  { encode }: GroundingDependencies,
  options: GroundingOptions = {},
): Promise<Grounded> {
  const { threshold = DEFAULT_THRESHOLD } = options;
  const evidence = readEvidence(passages);
  const asked = new Map<string, readonly [string, string]>();
  const collect = (one: string, other: string) => {
    asked.set(`${one}\n${other}`, [one, other]);
    return undefined;
  };
  const claims: Checked[] = answerSentences(answer).map((sentence) => ({
    sentence,
    tokens: sentence.claimFrom === undefined ? [] : readTokens(answer, sentence.claimFrom, sentence.to),
  }));
  for (const claim of claims) claim.best = bestOf(claim.tokens, evidence, collect);

  const pairs = [...asked.values()].filter(
    (pair) => options.encoderReadsCjk || pair.every((text) => scriptOf(text) === 'other'),
  );
  if (pairs.length > 0) {
    const likeness = await likenessOf(pairs, encode, options.signal);
    const similar = (one: string, other: string) => likeness.get(`${one}\n${other}`);
    for (const claim of claims) {
      if ((claim.best?.comparison.score ?? 0) < threshold) claim.best = bestOf(claim.tokens, evidence, similar);
    }
  }
  const sentences = claims.map((claim) => judged(answer, claim, evidence, threshold));
  return { answer, sentences, supported: sentences.every(({ supported }) => supported) };
}

/** The cosines of pairs of texts. */
async function likenessOf(
  pairs: readonly (readonly [string, string])[],
  encode: GroundingDependencies['encode'],
  signal?: AbortSignal,
): Promise<Map<string, number>> {
  const texts = [...new Set(pairs.flat())];
  const place = new Map(texts.map((text, at) => [text, at]));
  const vectors = await encode(texts, signal && { signal });
  const dimensions = vectors.length / texts.length;
  const dot = (a: number, b: number) => {
    let sum = 0;
    for (let at = 0; at < dimensions; at += 1)
      sum += (vectors[a * dimensions + at] ?? 0) * (vectors[b * dimensions + at] ?? 0);
    return sum;
  };
  return new Map(pairs.map(([one, other]) => [`${one}\n${other}`, dot(place.get(one) ?? 0, place.get(other) ?? 0)]));
}

/** What a sentence less in a window is worth. */
const SHORTER = 0.02;

function bestOf(
  claim: readonly Token[],
  evidence: Evidence,
  similar: (one: string, other: string) => number | undefined,
): Checked['best'] {
  if (!claim.some(({ content }) => content)) return undefined;
  let best: Checked['best'];
  let highest = -Infinity;
  for (const window of evidence.windowsFor(claim)) {
    const comparison = compare(claim, evidence.tokensOf(window), evidence.around(window, similar));
    // Of those that contradict, the nearest one says why.
    const rank =
      (comparison.doubt ? comparison.coverage - 1 : comparison.score) - SHORTER * (window.last - window.first);
    if (rank > highest) [best, highest] = [{ window, comparison }, rank];
  }
  return best;
}

function judged(
  answer: string,
  { sentence, tokens, best }: Checked,
  evidence: Evidence,
  threshold: number,
): GroundedSentence {
  const { from, to } = sentence;
  const text = answer.slice(from, to);
  const said = { from, to, text };
  if (!tokens.some(({ content, negation }) => content || negation))
    return { ...said, claim: false, supported: true, score: 1 };
  if (!best) return { ...said, claim: true, supported: false, score: 0, reason: { doubt: 'foreign', words: '' } };
  const { window, comparison } = best;
  const { doubt, score, coverage } = comparison;
  const citation = {
    document: evidence.passages[evidence.sentences[window.first]?.passage ?? 0]?.document ?? '',
    from: evidence.sentences[window.first]?.from ?? 0,
    to: evidence.sentences[window.last]?.to ?? 0,
  };
  if (score >= threshold) return { ...said, claim: true, supported: true, score, citation };
  const reason =
    coverage < threshold - 0.2
      ? { doubt: 'foreign' as const, words: '' }
      : { doubt: doubt?.kind ?? ('words' as const), words: doubt ? answer.slice(doubt.from, doubt.to) : '' };
  return { ...said, claim: true, supported: false, score, reason, citation };
}
