import type { Chunking, Cut } from '../../schemas/chunking';

/**
 * How documents of a source are cut: by the first rule that matches it, else as all others are. The same object for all
 * that are cut alike.
 */
export const cutFor = (chunking: Chunking, source: string): Cut =>
  chunking.sources?.find(({ match }) => matches(match, source))?.chunking ?? chunking;

/** Whether a source begins with a prefix, or as a whole is what a pattern with `*`, `**` or `?` says. */
export function matches(pattern: string, source: string): boolean {
  if (!/[*?]/.test(pattern)) return source.startsWith(pattern);
  const expression = pattern.replace(/\*\*\/?|\*|\?|[^*?]+/g, (part) => WILDCARDS[part] ?? escapeRegExp(part));
  return new RegExp(`^${expression}$`, 'su').test(source);
}

/** Folders between may be none at all: `docs/` + `**` + `/a.md` also means `docs/a.md`. */
const WILDCARDS: Record<string, string> = { '**/': '(?:.*/)?', '**': '.*', '*': '[^/]*', '?': '[^/]' };

const escapeRegExp = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
