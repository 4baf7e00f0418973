import { hash32 } from '../../features/hash32';
import type { GuardSurface } from '../../../schemas/guard';
import { type ConceptHit, conceptsOf, stem } from '../concepts';
import { type Concept, CONCEPTS } from '../concepts/concept';
import { matchRules } from '../rules';
import { piecesAt, type Piece, windowsOf } from './windows';

/** Weights of a classifier: 2^18 take 1 MB, and few of the n-grams of a training set share one. */
export const BUCKETS = 2 ** 18;

/** What a window counts with: buckets of its n-grams, of the rules that match in it, and of what its words are about, each once. */
export interface WindowFeatures {
  grams: Int32Array;
  rules: Int32Array;
  concepts: Int32Array;
}

/** What a rule and a concept count, where all n-grams of a window together have the length 1. */
export const RULE_VALUE = 0.25;
export const CONCEPT_VALUE = 0.15;

/** Pieces between two concepts that are taken for one thought. */
const NEAR = 12;
/**
 * What sets a scene, and what may come of it many words later: these are paired through the whole window. All others so would say
 * little, as a window has most concepts.
 */
const FRAMES: readonly Concept[] = ['fiction', 'unreal', 'persona', 'game', 'plea', 'context', 'assistant'];
const CORES: readonly Concept[] = ['harm', 'secret', 'reveal', 'secrecy', 'send', 'free'];
const NOISE = CONCEPTS.indexOf('noise');
/** Signs in a row that no prose has. */
const NOISY =
  /[^\s\p{L}\p{N}.,;:!?'"’“”()-]{2}|[\][{}\\<>|=*+^~$%#@&_]\s*[^\s\p{L}\p{N}]|[^\s\p{L}\p{N}][\][{}\\<>|=*+^~$%#@&_]/u;

/** Longest run of pieces, and of characters in a word. */
const WORD_GRAMS = 3;
const CHAR_GRAMS = [3, 4, 5] as const;
/** Longer words are names of files and noise; their beginning is read. */
const WORD_CHARS = 24;
/** Words whose n-grams of characters are remembered. */
const MOST_WORDS = 20_000;

const bucket = (hash: number): number => hash & (BUCKETS - 1);

/** Combines the hashes of two pieces in order. */
const chained = (hash: number, next: number): number => (Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d) + next) >>> 0;

/** What is remembered of a word. */
interface Word {
  hash: number;
  chars: Int32Array;
  stem: string;
}

/** Makes features of texts. Remembers words, so one instance serves many texts. */
export class FeatureMaker {
  private readonly words = new Map<string, Word>();
  /** The last window in which a bucket was met. */
  private readonly met = new Uint32Array(BUCKETS);
  /** What was found in a window, each bucket once. */
  private readonly found = new Int32Array(BUCKETS);
  private readonly metPairs = new Uint32Array(CONCEPTS.length ** 2);
  private window = 0;

  /** Features of every window of a text, in which the given rules match. */
  windows(text: string, surface: GuardSurface, matching = matchRules(text, surface)): WindowFeatures[] {
    const pieces = piecesAt(text);
    const words = pieces.map(({ text: word }) => this.word(word));
    const hits = conceptsOf(words.map((word) => word.stem));
    for (const at of noisyPieces(text, pieces)) hits.push({ concept: NOISE, at });
    hits.sort((a, b) => a.at - b.at);
    const rules = matching.map(({ id, pattern }) => ({
      bucket: bucket(hash32(id, 3)),
      at: pattern.exec(text)?.index ?? 0,
    }));
    let first = 0;
    return windowsOf(pieces.length).map(({ from, to }) => {
      const [start, end] = [
        from === 0 ? 0 : placeOf(pieces, from),
        to === pieces.length ? Infinity : placeOf(pieces, to),
      ];
      const inside = rules.filter(({ at }) => at >= start && at < end).map((rule) => rule.bucket);
      // Windows begin one behind the other, as hits do.
      while ((hits[first]?.at ?? Infinity) < from) first += 1;
      const concepts = this.concepts(hits, first, to);
      return { grams: this.grams(words, from, to), rules: Int32Array.from(inside), concepts };
    });
  }

  private grams(words: readonly Word[], from: number, to: number): Int32Array {
    this.window += 1;
    let found = 0;
    const add = (place: number) => {
      if (this.met[place] === this.window) return;
      this.met[place] = this.window;
      this.found[found++] = place;
    };
    for (let at = from; at < to; at++) {
      let hash = 0;
      for (let length = 1; length <= WORD_GRAMS && at + length <= to; length++) {
        hash = chained(hash, words[at + length - 1]?.hash ?? 0);
        add(bucket(hash));
      }
      const { chars } = words[at] as Word;
      for (let place = 0; place < chars.length; place++) add(chars[place] ?? 0);
    }
    return this.found.slice(0, found);
  }

  /** Each concept, and each two that stand near each other, in either order: languages differ in it. */
  private concepts(hits: readonly ConceptHit[], from: number, to: number): Int32Array {
    this.window += 1;
    let found = 0;
    for (let one = from; one < hits.length; one++) {
      const { concept, at } = hits[one] as ConceptHit;
      if (at >= to) break;
      for (let other = one; other < hits.length; other++) {
        const near = hits[other] as ConceptHit;
        if (near.at >= to || near.at - at > NEAR) break;
        if (near.concept === concept && other !== one) continue;
        const pair = Math.min(concept, near.concept) * CONCEPTS.length + Math.max(concept, near.concept);
        if (this.metPairs[pair] === this.window) continue;
        this.metPairs[pair] = this.window;
        this.found[found++] = PAIRS[pair] ?? 0;
      }
    }
    const has = (concept: Concept) => {
      const itself = CONCEPTS.indexOf(concept);
      return this.metPairs[itself * CONCEPTS.length + itself] === this.window;
    };
    for (const frame of FRAMES.filter(has)) {
      for (const core of CORES.filter(has)) {
        this.found[found++] = FAR_PAIRS[CONCEPTS.indexOf(frame) * CONCEPTS.length + CONCEPTS.indexOf(core)] ?? 0;
      }
    }
    return this.found.slice(0, found);
  }

  private word(text: string): Word {
    const known = this.words.get(text);
    if (known) return known;
    if (this.words.size >= MOST_WORDS) this.words.clear();
    const framed = `<${text.slice(0, WORD_CHARS)}>`;
    const chars: number[] = [];
    // A Han character, or a letter, has no part.
    for (const length of text.length > 1 ? CHAR_GRAMS : []) {
      for (let at = 0; at + length <= framed.length; at++) chars.push(bucket(hash32(framed.slice(at, at + length), 2)));
    }
    const made = { hash: hash32(text, 1), chars: Int32Array.from(chars), stem: stem(text) };
    this.words.set(text, made);
    return made;
  }
}

const placeOf = (pieces: readonly Piece[], number: number): number => pieces[number]?.at ?? Infinity;

/** Pieces before which stand signs that no prose has. */
function noisyPieces(text: string, pieces: readonly Piece[]): number[] {
  const noisy: number[] = [];
  let end = 0;
  for (const [at, { at: start, text: piece }] of pieces.entries()) {
    if (start - end > 1 && NOISY.test(text.slice(end, Math.min(start, end + 40)))) noisy.push(at);
    end = start + piece.length;
  }
  return noisy;
}

/** Buckets for each two concepts, by name: a concept that is added leaves those of all others where they are. */
const bucketsOfPairs = (kind: string): Int32Array =>
  Int32Array.from({ length: CONCEPTS.length ** 2 }, (_, pair) => {
    const [one, other] = [CONCEPTS[Math.floor(pair / CONCEPTS.length)], CONCEPTS[pair % CONCEPTS.length]];
    return bucket(hash32(`${kind} ${one ?? ''} ${other ?? ''}`, 4));
  });

/** Buckets of two concepts near each other, and of one, as a pair with itself. */
const PAIRS = bucketsOfPairs('near');

/** Buckets of a frame and what comes of it, however far apart. */
const FAR_PAIRS = bucketsOfPairs('far');
