import type { Passage } from '../../../schemas/agent';
import type { Grounded, GroundedSentence } from '../../../schemas/grounding';
import type { Encoder } from '../../encoder/encoder';
import { scriptOf } from '../../search/script';
import { type Comparison, compare, type Surroundings } from './compare';
import { type Evidence, readEvidence, type Window } from './evidence';
import { answerSentences, type AnswerSentence } from './sentences';
import { simplifierFor } from './simplify';
import { readTokens, type Token } from './tokens';

export interface GroundingDependencies {
  /** Unit vectors of texts, one after the other, as those of an `Encoder`. */
  encode: Encoder['encode'];
}

export interface GroundingOptions {
  /** A sentence with a lower score is not supported, 0 to 1; `DEFAULT_THRESHOLD` where left out. */
  threshold?: number;
  /** Whether the encoder understands Chinese, Japanese and Korean: MiniLM does not. */
  encoderReadsCjk?: boolean;
  signal?: AbortSignal;
}

/** The highest at which precision stays above 0.85 where the lexicon knows no synonym (docs/grounding.md). */
export const DEFAULT_THRESHOLD = 0.6;

/** What supports a claim, or comes near it. */
interface Found {
  window: Window;
  comparison: Comparison;
  rank: number;
}

/** A claim or a clause of it, with what was found for it, the best first. */
interface Part {
  tokens: readonly Token[];
  found: Found[];
}

/** A sentence; its first part is the whole of it, the others are clauses that may rest on passages of their own. */
interface Claim {
  sentence: AnswerSentence;
  parts: Part[];
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
  const simplify = await simplifierFor([answer, ...passages.flatMap(({ title, text }) => [title, text])]);
  const said = simplify(answer);
  const evidence = readEvidence(
    passages.map((passage) => ({ ...passage, title: simplify(passage.title), text: simplify(passage.text) })),
  );
  const claims: Claim[] = answerSentences(said).map((sentence) => {
    const tokens = sentence.claimFrom === undefined ? [] : readTokens(said, sentence.claimFrom, sentence.to);
    return {
      sentence,
      parts: [tokens, ...clausesOf(tokens)].map((part) => ({ tokens: part, found: search(part, evidence) })),
    };
  });
  const open = claims.filter(({ parts: [whole] }) => (whole?.found[0]?.comparison.score ?? 0) < threshold);
  const pairs = open.flatMap(({ parts }) =>
    parts.flatMap(({ found }) => found.flatMap(({ comparison }) => comparison.exchanged)),
  );
  const readable = pairs.filter((pair) => options.encoderReadsCjk || pair.every((text) => scriptOf(text) === 'other'));
  if (readable.length > 0) {
    const similar = await likenessOf(readable, encode, options.signal);
    for (const { parts } of open) for (const part of parts) part.found = searchAgain(part, evidence, similar);
  }
  const sentences = claims.map((claim) => judged(answer, claim, evidence, threshold));
  return { answer, sentences, supported: sentences.every(({ supported }) => supported) };
}

/** How like the texts of the pairs are to each other, by cosine. */
async function likenessOf(
  pairs: readonly (readonly [string, string])[],
  encode: GroundingDependencies['encode'],
  signal?: AbortSignal,
): Promise<Surroundings['similar']> {
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
  return (one, other) => {
    const [a, b] = [place.get(one), place.get(other)];
    return a === undefined || b === undefined ? undefined : dot(a, b);
  };
}

/** What a sentence less in a window is worth. */
const SHORTER = 0.02;
/** What a window that contradicts is behind one that does not: it still counts where it has much more of the claim. */
const CONTRADICTED = 0.25;
/** The same for one whose words differ, until it is known by how much. */
const UNLIKE = 0.3;
/** What a window is worth that has the words of the claim in their order: words found here and there are weaker evidence. */
const COPIED = 0.15;
/** A claim that so much of was found is not sought in longer windows. */
const FOUND = 0.9;
/** Windows that are kept until it is known how like exchanged words are. */
const KEPT = 3;
/** Above this, what contradicts a sentence is no matter of clauses from elsewhere. */
const WHOLE = 0.85;
/** Coverages that differ by less are about the same. */
const ABOUT = 0.05;
/** Tokens with a content that make a clause a claim of its own. */
const LEAST_CLAUSE = 3;

const UNKNOWN = () => undefined;

function search(claim: readonly Token[], evidence: Evidence): Found[] {
  if (!claim.some(({ content }) => content)) return [];
  const found: Found[] = [];
  for (const windows of evidence.windowsFor(claim)) {
    found.push(...windows.map((window) => compared(claim, window, evidence, UNKNOWN)));
    if (found.some(({ comparison }) => comparison.score >= FOUND)) break;
  }
  return best(found);
}

function searchAgain({ tokens, found }: Part, evidence: Evidence, similar: Surroundings['similar']): Found[] {
  return best(found.map(({ window }) => compared(tokens, window, evidence, similar)));
}

function compared(
  claim: readonly Token[],
  window: Window,
  evidence: Evidence,
  similar: Surroundings['similar'],
): Found {
  const comparison = compare(claim, evidence.tokensOf(window), evidence.around(window, similar));
  const { doubt, score, coverage, copied } = comparison;
  return {
    window,
    comparison,
    rank:
      Math.max(score, coverage - (doubt ? CONTRADICTED : UNLIKE)) +
      COPIED * copied -
      SHORTER * (window.last - window.first),
  };
}

/** The nearest, save where a part of it says the contrary: a sentence beside it does not mend that. */
function best(found: Found[]): Found[] {
  found.sort((a, b) => b.rank - a.rank);
  const [first] = found;
  const part = found.find(
    ({ window, comparison: { doubt, coverage } }) =>
      (doubt?.kind === 'negation' || doubt?.kind === 'opposite') &&
      first?.comparison.doubt === undefined &&
      first !== undefined &&
      window.last - window.first < first.window.last - first.window.first &&
      window.first >= first.window.first &&
      window.last <= first.window.last &&
      coverage >= first.comparison.coverage - ABOUT,
  );
  return [...(part ? [part] : []), ...found.filter((one) => one !== part)].slice(0, KEPT);
}

/** The clauses of a sentence that was put together from several; none where it has only one. */
function clausesOf(tokens: readonly Token[]): Token[][] {
  const clauses: Token[][] = [[]];
  for (const [at, token] of tokens.entries()) {
    const next = tokens[at + 1]?.text ?? '';
    const ends =
      /[;；]/.test(token.text) ||
      (/[,，]/.test(token.text) && /^(?:and|but|while|whereas|moreover|so|而|并|且|但|同)$/.test(next));
    if (ends) clauses.push([]);
    else clauses.at(-1)?.push(token);
  }
  const claims = clauses.every((clause) => clause.filter(({ content }) => content).length >= LEAST_CLAUSE);
  return clauses.length > 1 && claims ? clauses : [];
}

function judged(answer: string, { sentence, parts }: Claim, evidence: Evidence, threshold: number): GroundedSentence {
  const { from, to } = sentence;
  const said = { from, to, text: answer.slice(from, to) };
  const [whole, ...clauses] = parts;
  if (!whole?.tokens.some(({ content, negation }) => content || negation)) {
    return { ...said, claim: false, supported: true, score: 1 };
  }
  const [nearest] = whole.found;
  if (!nearest) return { ...said, claim: true, supported: false, score: 0, reason: { doubt: 'foreign', words: '' } };
  const { doubt, weakest, coverage } = nearest.comparison;
  const wrong = doubt ?? weakest;
  let { score } = nearest.comparison;
  if (score < threshold && coverage < WHOLE && clauses.length > 0) {
    score = Math.min(...clauses.map(({ found }) => found[0]?.comparison.score ?? 0));
  }
  const citation = citationOf(nearest.window, evidence);
  if (score >= threshold) return { ...said, claim: true, supported: true, score, citation };
  const reason =
    coverage < threshold - 0.2
      ? { doubt: 'foreign' as const, words: '' }
      : { doubt: wrong?.kind ?? ('words' as const), words: wrong ? answer.slice(wrong.from, wrong.to) : '' };
  return { ...said, claim: true, supported: false, score, reason, citation };
}

function citationOf({ first, last }: Window, { passages, sentences }: Evidence): GroundedSentence['citation'] {
  const [begin, end] = [sentences[first], sentences[last]];
  return begin && end && { document: passages[begin.passage]?.document ?? '', from: begin.from, to: end.to };
}
