/** A name without case and separators: `maxResults`, `max_results` and `Max-Results` are one. */
const bare = (name: string): string =>
  name
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[\s_\-.]+/gu, '');

export const sameStyle = (a: string, b: string): boolean => bare(a) === bare(b);

/** What one slip of the keyboard made of a name: a letter left out, doubled or strewn in, two swapped, one struck for another. */
export type Slip = 'length' | 'swap' | 'letter';

/**
 * The slip between two names of four letters or more, or null where they are further apart. The first letter must stand:
 * `lock` and `unlock` are no slip apart.
 */
export function slipOf(right: string, written: string): Slip | null {
  const [a, b] = [bare(right), bare(written)];
  if (a === b || Math.min(a.length, b.length) < 4 || a[0] !== b[0] || Math.abs(a.length - b.length) > 1) return null;
  let head = 0;
  while (head < a.length && a[head] === b[head]) head += 1;
  let tail = 0;
  while (tail < Math.min(a.length, b.length) - head && a[a.length - 1 - tail] === b[b.length - 1 - tail]) tail += 1;
  const left = a.slice(head, a.length - tail);
  const other = b.slice(head, b.length - tail);
  if (left.length + other.length === 1) return /\d/u.test(left + other) ? null : 'length';
  if (left.length === 2 && other.length === 2 && left[0] === other[1] && left[1] === other[0]) return 'swap';
  return left.length === 1 && other.length === 1 && !/\d/u.test(left + other) ? 'letter' : null;
}

export const typo = (right: string, written: string): boolean => slipOf(right, written) !== null;

/** Whether a name could be a mangled form of another: two letters off, or one within the other. */
export function resembles(right: string, written: string): boolean {
  const [a, b] = [bare(right), bare(written).slice(0, 64)];
  if (Math.min(a.length, b.length) >= 3 && (a.includes(b) || b.includes(a))) return true;
  // Levenshtein's distance, a row at a time.
  let row = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)));
    }
    row = next;
  }
  return row[b.length]! <= 2 && Math.min(a.length, b.length) > 3;
}
