import type { Passage } from '../../../../schemas/agent';
import type { QueryEncoder } from '../../../search/hybrid-search';
import { scriptOf } from '../../../search/script';
import type { Quote } from '../model';
import { SentenceCutter } from './sentences';
import { wordOverlap } from './word-overlap';

/** Of all passages of a run; the best ones come first. */
const MOST_SENTENCES = 400;
/** Shorter ones are headings and rests, longer ones tables. */
const SHORTEST = 8;
const LONGEST = 1_000;

/**
 * The sentences that fit a question best, best first, each text once: by their words, and by their meaning in scripts that
 * the encoder has learned; half and half.
 */
export async function bestSentences(
  question: string,
  passages: readonly Passage[],
  encoder: () => Promise<Pick<QueryEncoder, 'encode'>>,
  { sentences: most, minScore, signal }: { sentences: number; minScore: number; signal: AbortSignal },
): Promise<Quote[]> {
  const cutter = new SentenceCutter();
  const candidates = passages
    .flatMap(({ document, title, text }) => cutter.cut(text).map((sentence) => ({ document, title, ...sentence })))
    .filter(({ text }) => text.length >= SHORTEST && text.length <= LONGEST)
    .slice(0, MOST_SENTENCES);
  if (candidates.length === 0) return [];
  const texts = candidates.map(({ text }) => text);
  const words = wordOverlap(question, texts);
  const meaning = scriptOf(question) === 'cjk' ? undefined : await cosines(question, texts, await encoder(), signal);
  const scored = candidates.map((candidate, at) => {
    const byWords = words[at] ?? 0;
    return { ...candidate, score: meaning ? (byWords + Math.max(0, meaning[at] ?? 0)) / 2 : byWords };
  });
  const quotes: Quote[] = [];
  for (const quote of scored.filter(({ score }) => score >= minScore).sort((a, b) => b.score - a.score)) {
    if (quotes.length === most) break;
    if (!quotes.some(({ text }) => text === quote.text)) quotes.push(quote);
  }
  return quotes;
}

/** Of the question with each text; the vectors have length 1. */
async function cosines(
  question: string,
  texts: readonly string[],
  encoder: Pick<QueryEncoder, 'encode'>,
  signal: AbortSignal,
): Promise<number[]> {
  const vectors = await encoder.encode([question, ...texts], { signal });
  const dimensions = vectors.length / (texts.length + 1);
  return texts.map((_, at) => {
    let sum = 0;
    for (let i = 0; i < dimensions; i++) sum += (vectors[i] ?? 0) * (vectors[(at + 1) * dimensions + i] ?? 0);
    return sum;
  });
}
