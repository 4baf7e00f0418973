import type { SourceCount, SourceCounts } from '../../schemas/rebuild-index';

/** Sources that are counted one by one; documents of any others are counted together. About 200 bytes a source. */
const MOST_SOURCES = 10_000;
/** Sources named in a result: those that differ first, then the largest. */
const NAMED = 10;
/** Of a name that is shown: an address may have thousands. */
const NAME_CHARS = 200;

/** Counts the documents of each source: how many were expected, and how many the index has. */
export class SourceTally {
  private readonly counts = new Map<string, { expected: number; found: number }>();
  private readonly rest = { expected: 0, found: 0 };

  expect(source: string): void {
    this.of(source).expected += 1;
  }

  find(source: string): void {
    this.of(source).found += 1;
  }

  /** The sums, and of the sources those that one wants to see. */
  result(): SourceCounts {
    const all = [...this.counts].map(([source, count]): SourceCount => ({ source, ...count }));
    const off = ({ expected, found }: SourceCount) => Math.abs(expected - found);
    all.sort((a, b) => off(b) - off(a) || b.expected - a.expected || (a.source < b.source ? -1 : 1));
    const sum = (of: 'expected' | 'found') => all.reduce((total, count) => total + count[of], this.rest[of]);
    return {
      sources: all.length,
      differing: all.filter((count) => off(count) > 0).length + (this.rest.expected === this.rest.found ? 0 : 1),
      documents: { expected: sum('expected'), found: sum('found') },
      named: all.slice(0, NAMED).map(({ source, ...count }) => ({ source: source.slice(0, NAME_CHARS), ...count })),
    };
  }

  private of(source: string): { expected: number; found: number } {
    const known = this.counts.get(source);
    if (known) return known;
    // Once there is no more room no source gets any, so that what is expected and what is found fall in the same place.
    if (this.counts.size >= MOST_SOURCES) return this.rest;
    const fresh = { expected: 0, found: 0 };
    this.counts.set(source, fresh);
    return fresh;
  }
}

/** The counts in words, as Markdown: 12 documents of 2 sources, as expected: `a.md` 8, `b.md` 4. */
export function describeSources({ sources, differing, documents, named }: SourceCounts): string {
  const each = named.map(({ source, expected, found }) => {
    const name = `\`${source.replace(/[`\s]+/g, ' ')}\``;
    return expected === found ? `${name} ${found}` : `${name} ${found} of ${expected}`;
  });
  const list = `${each.join(', ')}${sources > named.length ? ', …' : ''}`;
  if (differing > 0)
    return `${documents.found} of ${documents.expected} documents, ${differing} of ${sources} sources differ: ${list}`;
  return `${documents.found} documents of ${sources} ${sources === 1 ? 'source' : 'sources'}, as expected: ${list}`;
}
