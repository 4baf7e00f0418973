import type { PlantedKind } from '../../../schemas/cleaning-names';
import { mix } from '../text/rolling-hash';

/**
 * Known duplicates that a run makes of its own documents, to measure on itself what finding duplicates finds. They
 * exist as signatures only: their text is never written, they join no cluster, and no document is compared with them,
 * so that a run with them gives the same bytes as one without.
 */
/** Files of a unit's planted documents: their signatures, and what each was made of. */
export const PLANTED = { signatures: 'planted.bin', sketches: 'planted-sketches.bin', list: 'planted.json' } as const;

export interface PlantedDocument {
  kind: PlantedKind;
  /** Place of its source among the documents that the unit has kept. */
  ordinal: number;
}

/** Fewer shingles make variants that are no duplicates any more: a menu around a short text is longer than it. */
const LEAST_SHINGLES = 100;
/** Sources in a unit at most, and one of how many documents is one: about one document in a hundred is planted. */
const MOST_SOURCES = 8;
const ONE_OF = 512;

/** Chooses the documents to make variants of: the first of a unit that will do, and some of the others. */
export class PlantedSources {
  private chosen = 0;

  /** @param digest of the document's text, at least 12 bytes: the choice hangs on nothing else. */
  choose(digest: Buffer, shingles: number): boolean {
    if (shingles < LEAST_SHINGLES || this.chosen >= MOST_SOURCES) return false;
    if (this.chosen > 0 && digest.readUInt32LE(8) % ONE_OF !== 0) return false;
    this.chosen++;
    return true;
  }
}

/** Words that stand in for others, and what a site puts around its texts. */
const OTHER_WORDS = ['which', 'new', 'item', 'value', 'often', 'under', 'place', 'water'];
const MENU = 'Home | Products | Pricing | Docs | Blog | Sign in\nThis site uses cookies. Read our policy.\n\n';
const FOOT = '\n\nRelated articles: ten tips for better results. Subscribe to our newsletter. All rights reserved.\n';

/** A variant of a text, the same for the same seed. @param seed any 32-bit number. */
export function plant(kind: PlantedKind, text: string, seed: number): string {
  const random = seededBelow(seed);
  if (kind === 'near') return changeWords(text, random);
  if (kind === 'wrapped') return MENU + text + FOOT;
  if (kind === 'truncated') return text.slice(0, Math.floor((text.length * (50 + random(46))) / 100));
  if (kind === 'different') return shuffle(text.split(/\s+/), random).join(' ');
  return text;
}

/** Numbers from 0 up to a bound, each as likely as the others, near enough. */
function seededBelow(seed: number): (bound: number) => number {
  let state = seed;
  return (bound) => (mix((state = (state + 0x9e3779b9) | 0)) >>> 0) % bound;
}

/** One to five words in a hundred are left out or replaced. */
function changeWords(text: string, random: (bound: number) => number): string {
  const parts = text.split(/(\s+)/);
  const words = (parts.length + 1) >> 1;
  const changes = Math.max(1, Math.floor((words * (1 + random(5))) / 100));
  for (let change = 0; change < changes; change++) {
    parts[2 * random(words)] = random(3) === 0 ? '' : (OTHER_WORDS[random(OTHER_WORDS.length)] ?? '');
  }
  return parts.join('');
}

function shuffle(words: string[], random: (bound: number) => number): string[] {
  for (let last = words.length - 1; last > 0; last--) {
    const other = random(last + 1);
    [words[last], words[other]] = [words[other] ?? '', words[last] ?? ''];
  }
  return words;
}
