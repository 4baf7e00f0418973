import { jsonrepair } from 'jsonrepair';
import { DEEPEST, scan, type Scanned } from './scan';

/** A JSON value found in an output. */
export interface Found {
  value: unknown;
  from: number;
  end: number;
  /** How it ended, where it was not closed. */
  cut: Pick<Scanned, 'open' | 'ending' | 'left'> | null;
  doubt: string | null;
}

/** Characters of one output that are read in search of values, some of them again and again. */
const MOST_READ = 1_000_000;

/** Whether a value has no more levels than that. */
export const isShallow = (value: unknown, left = DEEPEST): boolean =>
  typeof value !== 'object' ||
  value === null ||
  (left > 0 && Object.values(value).every((inner) => isShallow(inner, left - 1)));

/** The end of a value of strict JSON that begins at `start`, or null where its brackets do not close. */
function strictEnd(text: string, start: number): number | null {
  let depth = 0;
  let quoted = false;
  for (let at = start; at < text.length; at += 1) {
    const char = text[at]!;
    if (quoted) {
      if (char === '\\') at += 1;
      else if (char === '"') quoted = false;
    } else if (char === '"') quoted = true;
    else if (char === '{' || char === '[') depth += 1;
    else if ((char === '}' || char === ']') && (depth -= 1) === 0) return at + 1;
  }
  return null;
}

/** Jsonrepair over a scanned value; undefined where it cannot help. */
function repaired({ json }: Scanned): unknown {
  for (const text of [() => json, () => jsonrepair(json)]) {
    try {
      return JSON.parse(text());
    } catch {
      // the next way
    }
  }
  return undefined;
}

/** The value that begins at a bracket: as JSON where it is, mended where not; null where there is none. */
export function valueAt(text: string, from: number): Found | null {
  const end = strictEnd(text, from);
  if (end !== null) {
    try {
      const value: unknown = JSON.parse(text.slice(from, end));
      return isShallow(value) ? { value, from, end, cut: null, doubt: null } : null;
    } catch {
      // not strict JSON: mended below
    }
  }
  // "{{" is how templates write "{".
  const start = text.startsWith('{{', from) ? from + 1 : from;
  const scanned = scan(text, start);
  if (scanned.open.length > DEEPEST) return null;
  const value = repaired(scanned);
  if (typeof value !== 'object' || value === null || !isShallow(value)) return null;
  const { closed, open, ending, left } = scanned;
  const after = text.slice(scanned.end);
  const ended = closed && /^\s*[,，]\s*["'“]?[\w-]+["'”]?\s*[:：]/u.test(after);
  const doubt = scanned.doubt ?? (ended ? 'it goes on behind its closing bracket' : null);
  return { value, from, end: scanned.end, cut: closed ? null : { open, ending, left }, doubt };
}

/** Every outermost value of a text, in order; a bracket in prose that begins none is passed over. */
export function valuesIn(text: string): Found[] {
  const found: Found[] = [];
  let at = 0;
  for (let left = MOST_READ; left > 0;) {
    const next = text.slice(at).search(/[{[｛]/u);
    if (next === -1) break;
    const value = valueAt(text, at + next);
    if (value) found.push(value);
    // What begins no value was read to its end in vain.
    left -= value ? value.end - at : text.length - at;
    at = value ? Math.max(value.end, at + next + 1) : at + next + 1;
  }
  return found;
}

/** The value that a text is, mended where it must be and can only be read in one way; undefined for any other text. */
export function parseText(text: string): unknown {
  const trimmed = text.trim();
  const found = /^[{[]/u.test(trimmed) ? valueAt(trimmed, 0) : null;
  return found && found.cut === null && found.doubt === null && trimmed.slice(found.end).trim() === ''
    ? found.value
    : undefined;
}
