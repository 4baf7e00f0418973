import type { Passage } from '../../../schemas/agent';
import type { Surroundings } from './compare';
import { sentencesOf } from './sentences';
import { readTokens, type Token } from './tokens';

/** A sentence of a passage. */
export interface EvidenceSentence {
  passage: number;
  from: number;
  to: number;
  tokens: Token[];
}

/** Sentences of one passage, one after the other, that may support a claim together. */
export interface Window {
  first: number;
  last: number;
}

/** The passages, read once for all sentences of an answer. */
export interface Evidence {
  passages: readonly Passage[];
  sentences: readonly EvidenceSentence[];
  /** Windows that have most in common with a claim, by weight: short ones first, then those to look at where these do not do. */
  windowsFor(claim: readonly Token[]): Window[][];
  tokensOf(window: Window): Token[];
  around(window: Window, similar: Surroundings['similar']): Surroundings;
}

/** Sentences that a claim is compared with, alone and with their neighbours. */
const MOST_SENTENCES = 5;
/** What a Chinese character weighs, next to a word. */
const CHARACTER_WEIGHT = 0.5;

export function readEvidence(passages: readonly Passage[]): Evidence {
  const sentences = passages.flatMap(({ text }, passage) =>
    sentencesOf(text).map(({ from, to }) => ({ passage, from, to, tokens: readTokens(text, from, to) })),
  );
  /** Sentences by what they hold. */
  const holders = new Map<string, Set<number>>();
  const titles = passages.map(({ title }) => new Set(readTokens(title).map(({ stem }) => stem)));
  /** Words of each passage, for names that a sentence takes up from one before it. */
  const said = passages.map(() => new Set<string>());
  for (const [at, { tokens, passage }] of sentences.entries()) {
    for (const token of tokens) {
      if (!token.content) continue;
      const key = keyOf(token);
      holders.set(key, (holders.get(key) ?? new Set<number>()).add(at));
      said[passage]?.add(token.stem);
    }
  }
  // As the BM25 of Lucene does, above zero for every token.
  const weight = (token: Token) => {
    const held = holders.get(keyOf(token))?.size ?? 0;
    const rarity = Math.log(1 + (sentences.length - held + 0.5) / (held + 0.5));
    return token.kind === 'han' && token.text.length === 1 ? CHARACTER_WEIGHT * rarity : rarity;
  };

  function windowsFor(claim: readonly Token[]): Window[][] {
    const shared = new Float64Array(sentences.length);
    for (const key of new Map(claim.filter(({ content }) => content).map((token) => [keyOf(token), token])).values()) {
      for (const at of holders.get(keyOf(key)) ?? []) shared[at] = (shared[at] ?? 0) + weight(key);
    }
    const best = [...shared.keys()].filter((at) => (shared[at] ?? 0) > 0);
    best.sort((a, b) => (shared[b] ?? 0) - (shared[a] ?? 0) || a - b);
    const seen = new Set<string>();
    const around = (places: readonly number[], ...reaches: (readonly [number, number])[]) =>
      places.flatMap((at) =>
        reaches.flatMap(([before, after]): Window[] => {
          const [first, last] = [at - before, at + after];
          const whole = sentences[first] && sentences[first].passage === sentences[last]?.passage;
          if (!whole || seen.has(`${first} ${last}`)) return [];
          seen.add(`${first} ${last}`);
          return [{ first, last }];
        }),
      );
    const near = best.slice(0, MOST_SENTENCES);
    return [around(near, [0, 0], [1, 0], [0, 1]), around(near.slice(0, 3), [1, 1], [2, 0], [0, 2])];
  }

  return {
    passages,
    sentences,
    windowsFor,
    tokensOf: ({ first, last }) => sentences.slice(first, last + 1).flatMap(({ tokens }) => tokens),
    around: ({ first }, similar) => {
      const passage = sentences[first]?.passage ?? 0;
      return {
        weight,
        similar,
        known: ({ stem, name }) => (titles[passage]?.has(stem) || (name && said[passage]?.has(stem))) ?? false,
      };
    },
  };
}

const keyOf = ({ quantity, stem }: Token): string => (quantity ? `${quantity.value}` : stem);
