import { loadSimplified, undoHomophones } from './chinese';
import { unmaskLookalikes } from './confusables';
import { decodeParts, undoEscapes } from './encodings';
import { countInvisible, hiddenText } from './invisible';
import { plainText } from './plain';
import { closeUp, decipher, partWords, turnAround, undoLeet } from './respelled';

/** One way to read a text. */
export interface View {
  /** `plain`, or the tricks that were undone on the way to it, joined by `+`. */
  kind: string;
  text: string;
}

/** A text in all the ways that it can be read, the plain one first. */
export interface Reading {
  views: View[];
  /** How often each trick was met that hides something, whatever it hides. */
  signs: { bidi: number; broken: number; lookalikes: number; hidden: number; encoded: number };
  /** False where the text, or what is decoded of it, was longer than is read. */
  whole: boolean;
}

export interface ReadingLimits {
  /** Characters of the text that are read. */
  chars: number;
  /** Views made at most. */
  views: number;
  /** Characters of all views together, as a multiple of those of the text, and as a floor for short ones. */
  growth: number;
  floor: number;
  /** A view of a view of a view, and no further. */
  depth: number;
}

export const READING_LIMITS: ReadingLimits = { chars: 1_000_000, views: 16, growth: 4, floor: 20_000, depth: 3 };

/** Makes readings; loads the tables for Chinese once. */
export async function openReader(limits: ReadingLimits = READING_LIMITS): Promise<(text: string) => Reading> {
  const simplified = await loadSimplified();
  return (text) => readText(text, simplified, limits);
}

/**
 * Reads a text plainly and in every way in which something can be hidden in it. Decoded views stand beside the plain text,
 * which is always there, and what was decoded is read in the same way again. Work is bounded by the limits.
 */
export function readText(text: string, simplified: (text: string) => string, limits: ReadingLimits): Reading {
  const head = text.slice(0, limits.chars);
  const { bidi, broken } = countInvisible(head);
  const hidden = hiddenText(head);
  const plain = plainText(head);
  const views: View[] = [{ kind: 'plain', text: plain }];
  const seen = new Set([plain]);
  let room = Math.max(limits.floor, head.length * limits.growth);
  let whole = head.length === text.length;
  let encoded = 0;

  const add = (kind: string, found: string | null): boolean => {
    if (found === null || found.trim() === '' || seen.has(found)) return false;
    if (views.length >= limits.views || found.length > room) {
      whole = false;
      return false;
    }
    room -= found.length;
    seen.add(found);
    views.push({ kind, text: found });
    return true;
  };
  const expand = ({ kind, text: read }: View, depth: number): void => {
    const from = views.length;
    const named = (trick: string) => (kind === 'plain' ? trick : `${kind}+${trick}`);
    for (const [trick, undo] of TRICKS) add(named(trick), undo(read));
    add(named('simplified'), simplified(read));
    for (const part of decodeParts(read)) if (add(named(part.kind), plainText(part.text))) encoded += 1;
    if (depth < limits.depth) for (const view of views.slice(from)) expand(view, depth + 1);
  };
  if (add('invisible', plainText(hidden))) encoded += 1;
  for (const view of [...views]) expand(view, 1);
  return {
    views,
    signs: {
      bidi,
      broken,
      lookalikes: unmaskLookalikes(head).words,
      hidden: hidden === '' ? 0 : 1,
      encoded,
    },
    whole,
  };
}

const unescaped = (text: string): string | null => {
  const found = undoEscapes(text);
  return found === null ? null : plainText(found);
};

/** Tricks that rewrite the whole text, by name. */
const TRICKS: readonly (readonly [string, (text: string) => string | null])[] = [
  ['escapes', unescaped],
  ['spaced', closeUp],
  ['leet', undoLeet],
  ['joined', partWords],
  ['backwards', turnAround],
  ['cipher', decipher],
  ['homophones', undoHomophones],
];
