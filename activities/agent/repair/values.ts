import { jsonrepair } from 'jsonrepair';
import { scan, type Scanned, strictEnd } from './scan';

/** A JSON value found in an output. */
export interface Found {
  value: unknown;
  from: number;
  end: number;
  /** Whether its text had to be mended. */
  mended: boolean;
  /** How it ended, where it was not closed. */
  cut: Pick<Scanned, 'open' | 'ending' | 'left'> | null;
  doubt: string | null;
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
      return { value: JSON.parse(text.slice(from, end)), from, end, mended: false, cut: null, doubt: null };
    } catch {
      // not strict JSON: mended below
    }
  }
  // "{{" is how templates write "{".
  const start = text.startsWith('{{', from) ? from + 1 : from;
  const scanned = scan(text, start);
  const value = repaired(scanned);
  if (typeof value !== 'object' || value === null) return null;
  const { closed, open, ending, left } = scanned;
  const after = text.slice(scanned.end);
  const ended = closed && /^\s*[,，]\s*["'“]?[\w-]+["'”]?\s*[:：]/u.test(after);
  const doubt = scanned.doubt ?? (ended ? 'it goes on behind its closing bracket' : null);
  return { value, from, end: scanned.end, mended: true, cut: closed ? null : { open, ending, left }, doubt };
}

/** Every outermost value of a text, in order; a bracket in prose that begins none is passed over. */
export function valuesIn(text: string): Found[] {
  const found: Found[] = [];
  let at = 0;
  while (found.length < 50) {
    const next = text.slice(at).search(/[{[｛]/u);
    if (next === -1) break;
    const value = valueAt(text, at + next);
    if (value) found.push(value);
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
