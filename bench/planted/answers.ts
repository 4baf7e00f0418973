import { mulberry32 } from '../../activities/kit/random';
import type { Passage } from '../../schemas/agent';
import { CHINESE } from './chinese';
import { ENGLISH } from './english';

/** Draws from a seed: the same seed gives the same answers. */
export interface Draw {
  /** From 0 (inclusive) to 1. */
  chance(share: number): boolean;
  below(limit: number): number;
  pick<T>(from: readonly T[]): T | undefined;
}

/** Says a sentence in another way, or does not where the rule has nothing to take hold of. */
export type Rewrite = (sentence: string, draw: Draw, document: SourceDocument) => string | undefined;

/** What a language's rules are: what keeps the meaning of a sentence, and what gives it another. */
export interface Rules {
  sentences(text: string): string[];
  join(sentences: readonly string[]): string;
  merge(first: string, second: string, draw: Draw): string;
  /** Keep the meaning. */
  paraphrases: Record<string, Rewrite>;
  /** Change it. */
  plants: Record<string, Rewrite>;
  /** Words or characters that two documents have in common say how near they are. */
  terms(text: string): string[];
}

export interface SourceDocument {
  id: string;
  title: string;
  text: string;
}

export interface PlantedSentence {
  text: string;
  /** How its meaning was changed; undefined where it was not. */
  planted?: string;
  /** How its wording was changed, meaning apart. */
  paraphrased: string[];
}

/** An answer of which it is known what its passages support. */
export interface PlantedAnswer {
  passages: Passage[];
  sentences: PlantedSentence[];
  text: string;
}

export interface PlantedOptions {
  language: 'english' | 'chinese';
  seed: number;
  answers: number;
  /** Passages an answer is checked against. */
  passages: number;
  /** Share of sentences that are planted. */
  share: number;
}

const RULES: Record<PlantedOptions['language'], Rules> = { english: ENGLISH, chinese: CHINESE };
const MOST_SENTENCES = 5;
/** Sentences that a kind of change is tried on. */
const TRIES = 30;

/**
 * Answers put together from sentences of documents, in part said in other words by rules, with sentences among them whose
 * meaning was changed. It knows nothing of what checks them. Each answer has one or two documents that it rests on; its
 * other passages are those nearest to them by words in common.
 */
export function plantAnswers(documents: readonly SourceDocument[], options: PlantedOptions): PlantedAnswer[] {
  const rules = RULES[options.language];
  const draw = drawFrom(options.seed);
  const usable = documents
    .map((document) => ({
      document,
      sentences: rules.sentences(document.text),
      terms: new Set(rules.terms(document.text)),
    }))
    .filter(({ sentences }) => sentences.length >= 2);
  return Array.from({ length: options.answers }, () => {
    const first = draw.pick(usable) ?? fail();
    const near = nearest(first.terms, usable).filter((entry) => entry !== first);
    const second = draw.pick(near.slice(0, options.passages - 1));
    const sources = second && draw.chance(0.5) ? [first, second] : [first];
    const shown = [first, ...near.slice(0, options.passages - 1)];

    const said = Array.from({ length: 2 + draw.below(MOST_SENTENCES - 1) }, () => {
      const planted = draw.chance(options.share)
        ? plant(rules, draw, sources, near.slice(options.passages))
        : undefined;
      return reword(rules, draw, planted ?? anySentence(rules, draw, draw.pick(sources) ?? fail()));
    });
    const passages = shuffled(shown, draw).map(({ document: { id, title, text } }) => ({ document: id, title, text }));
    return { passages, sentences: said, text: rules.join(said.map(({ text }) => text)) };
  });
}

/** A sentence under way, and the document that it is of. */
interface Draft extends PlantedSentence {
  document: SourceDocument;
}

function anySentence(rules: Rules, draw: Draw, { document, sentences }: Entry): Draft {
  const at = draw.below(sentences.length);
  const [text = '', next] = sentences.slice(at, at + 2);
  return next !== undefined && draw.chance(0.12)
    ? { document, text: rules.merge(text, next, draw), paraphrased: ['merged'] }
    : { document, text, paraphrased: [] };
}

/** A sentence of another meaning, by a kind of change that is drawn first: seldom is there one that it does not fit. */
function plant(rules: Rules, draw: Draw, sources: readonly Entry[], outside: readonly Entry[]): Draft | undefined {
  const kind = draw.pick([...Object.keys(rules.plants), 'foreign']) ?? fail();
  for (let tries = 0; tries < TRIES; tries += 1) {
    // The near ones are the hard ones.
    const foreign = kind === 'foreign' ? draw.pick(draw.chance(0.5) ? outside.slice(0, 10) : outside) : undefined;
    const draft = anySentence(rules, draw, foreign ?? draw.pick(sources) ?? fail());
    const text = foreign ? draft.text : rules.plants[kind]?.(draft.text, draw, draft.document);
    if (text !== undefined && (foreign || text !== draft.text)) return { ...draft, text, planted: kind };
  }
  return undefined;
}

/** Says the draft in other words; nothing is left out of what was planted, for that might be what was changed. */
function reword(rules: Rules, draw: Draw, { document, ...draft }: Draft): PlantedSentence {
  for (const [name, rewrite] of Object.entries(rules.paraphrases)) {
    if (!draw.chance(0.35) || (draft.planted !== undefined && ['shortened', 'dropped'].includes(name))) continue;
    const text = rewrite(draft.text, draw, document);
    if (text === undefined || text === draft.text) continue;
    draft.text = text;
    draft.paraphrased.push(name);
  }
  return draft;
}

function drawFrom(seed: number): Draw {
  const random = mulberry32(seed);
  const below = (limit: number) => Math.floor(random() * limit);
  return { chance: (share) => random() < share, below, pick: (from) => from[below(from.length)] };
}

interface Entry {
  document: SourceDocument;
  sentences: string[];
  terms: Set<string>;
}

/** By cosine of their sets of terms, the nearest first. */
function nearest(terms: ReadonlySet<string>, entries: readonly Entry[]): Entry[] {
  return entries
    .map((entry) => {
      let shared = 0;
      for (const term of entry.terms) if (terms.has(term)) shared += 1;
      return { entry, like: shared / Math.sqrt(entry.terms.size || 1) };
    })
    .sort((a, b) => b.like - a.like)
    .map(({ entry }) => entry);
}

function shuffled<T>(of: readonly T[], draw: Draw): T[] {
  const left = [...of];
  const order: T[] = [];
  while (left.length > 0) order.push(...left.splice(draw.below(left.length), 1));
  return order;
}

function fail(): never {
  throw new Error('There are too few documents to make answers of.');
}

/** One of the places where a pattern matches, or undefined. */
export function somewhere(text: string, pattern: RegExp, draw: Draw): RegExpExecArray | undefined {
  return draw.pick([...text.matchAll(pattern)]);
}

/** The text with what matched replaced. */
export const put = (text: string, { index, 0: found }: RegExpExecArray, instead: string): string =>
  text.slice(0, index) + instead + text.slice(index + found.length);

/** Words of a table in its other words, each with the given chance, at most `most` of them. */
export function exchange(
  text: string,
  pattern: RegExp,
  table: ReadonlyMap<string, readonly string[]>,
  draw: Draw,
  most: number,
): string | undefined {
  let left = most;
  const said = text.replace(pattern, (word) => {
    const others = table.get(word);
    if (!others || left === 0 || !draw.chance(0.6)) return word;
    left -= 1;
    return draw.pick(others) ?? word;
  });
  return said === text ? undefined : said;
}

/** Each word of a group with the others of it. */
export function tableOf(groups: string): Map<string, string[]> {
  const table = new Map<string, string[]>();
  for (const group of groups.trim().split(/\s*[|\n]\s*/)) {
    const words = group.split(/\s*\/\s*/).map((word) => word.trim());
    for (const word of words) table.set(word, [...(table.get(word) ?? []), ...words.filter((other) => other !== word)]);
  }
  return table;
}
