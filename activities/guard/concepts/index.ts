import { CHINESE } from './chinese';
import { type Concept, CONCEPTS, type Lexicon } from './concept';
import { ENGLISH } from './english';
import { OTHER_LANGUAGES } from './other-languages';
import { piecesAt } from '../classifier/windows';

/** What a piece can go on to: words that follow, and what has been said by then. */
interface Node {
  next: Map<string, Node>;
  concepts: number[];
}

const node = (): Node => ({ next: new Map(), concepts: [] });

/**
 * A word without its inflection, roughly: the same of "ignore", "ignores", "ignored" and "ignoring". Others fall together too; what
 * counts is that a list's word and a text's give the same.
 */
export function stem(word: string): string {
  if (!/^[a-z]{4,}$/.test(word)) return word;
  const cut = word.length > 4 ? word.replace(/(?:ing|ed|es|s|e)$/, '') : word.replace(/[es]$/, '');
  return cut.replace(/([^aeiou])\1$/, '$1').replace(/y$/, 'i');
}

function build(lexicons: readonly Lexicon[]): Node {
  const root = node();
  for (const lexicon of lexicons) {
    for (const [concept, words] of Object.entries(lexicon) as [Concept, string][]) {
      for (const phrase of words.split(',')) add(root, phrase, CONCEPTS.indexOf(concept));
    }
  }
  return root;
}

function add(root: Node, phrase: string, concept: number): void {
  let at = root;
  for (const { text } of piecesAt(phrase)) {
    const key = stem(text);
    const next = at.next.get(key) ?? node();
    at.next.set(key, next);
    at = next;
  }
  if (!at.concepts.includes(concept)) at.concepts.push(concept);
}

const ROOT = build([ENGLISH, CHINESE, OTHER_LANGUAGES]);

/** A concept, and the first piece of the word or phrase that stands for it. */
export interface ConceptHit {
  concept: number;
  at: number;
}

/** The concepts of the longest phrases, from left to right, in stems. */
export function conceptsOf(stems: readonly string[]): ConceptHit[] {
  const hits: ConceptHit[] = [];
  for (let at = 0; at < stems.length;) {
    let [reached, place] = [ROOT, at];
    let [found, length]: [readonly number[], number] = [[], 1];
    for (;;) {
      const next = reached.next.get(stems[place] ?? '');
      if (!next) break;
      [reached, place] = [next, place + 1];
      if (next.concepts.length > 0) [found, length] = [next.concepts, place - at];
    }
    for (const concept of found) hits.push({ concept, at });
    at += length;
  }
  return hits;
}
