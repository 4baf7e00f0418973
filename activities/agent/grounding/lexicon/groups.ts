/** Where a word stands in a lexicon of groups: which group, and which side of it. */
export interface Place {
  group: number;
  side: number;
}

/**
 * Reads groups of words, one a line: words between blanks, sides of a group between bars. The words of a side mean about
 * the same; those of two sides exclude each other.
 */
export function readGroups(text: string): Map<string, Place[]> {
  const places = new Map<string, Place[]>();
  for (const [group, line] of text.trim().split('\n').entries()) {
    for (const [side, words] of line.split('|').entries()) {
      for (const word of words.trim().split(/\s+/)) places.set(word, [...(places.get(word) ?? []), { group, side }]);
    }
  }
  return places;
}

/** Whether two words exclude each other. */
export const areOpposed = (places: ReadonlyMap<string, Place[]>, one: string, other: string): boolean =>
  inOneGroup(places, one, other, (a, b) => a !== b) && !areAlike(places, one, other);

/** Whether two words mean about the same. */
export const areAlike = (places: ReadonlyMap<string, Place[]>, one: string, other: string): boolean =>
  inOneGroup(places, one, other, (a, b) => a === b);

function inOneGroup(
  places: ReadonlyMap<string, Place[]>,
  one: string,
  other: string,
  sides: (a: number, b: number) => boolean,
): boolean {
  const others = places.get(other);
  if (!others) return false;
  return (places.get(one) ?? []).some((a) => others.some((b) => a.group === b.group && sides(a.side, b.side)));
}
