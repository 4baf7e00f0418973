import type { Report } from '../../kit/heartbeat';
import { FirstSpans, type Place } from './first-spans';
import { GroupedPairs } from './grouped-pairs';
import { bucketsOf, forEachSpan, type UnitSpans } from './span-file';

/** Every occurrence of a span after its first, as pairs of document and first part, a group for each unit. */
export const REPEATS = 'repeats';
/** Likewise the first occurrence of each span that has others. */
export const FIRSTS = 'firsts';

export interface RepeatsTask {
  /** All units, in their order, which is that of the source. */
  units: UnitSpans[];
  /** Which share of the spans to take. */
  part: number;
  parts: number;
  /** Empty folder for the result. */
  dir: string;
}

/**
 * Finds the spans that stand in more than one place. Units come in the order of the source, and so do equal spans of
 * a unit: neither how the source is cut nor which part is done first has a say in which occurrence is the first. Takes
 * some 60 bytes of memory for each different span of the share.
 */
export function findRepeats({ units, part, parts, dir }: RepeatsTask, report: Report): { repeats: number } {
  const firsts = new FirstSpans();
  const told: Place[][] = units.map(() => []);
  const repeats = new GroupedPairs(dir, REPEATS);
  try {
    units.forEach((spans, unit) => {
      forEachSpan(spans, bucketsOf(part, parts), (high, low, ordinal, first) => {
        const isRepeat = firsts.has(high, low, { unit, ordinal, first }, (place) => told[place.unit]?.push(place));
        if (isRepeat) repeats.add(ordinal, first);
      });
      repeats.endGroup();
      report(unit + 1, units.length);
    });
  } finally {
    repeats.close();
  }
  const written = new GroupedPairs(dir, FIRSTS);
  try {
    for (const places of told) {
      for (const { ordinal, first } of places) written.add(ordinal, first);
      written.endGroup();
    }
  } finally {
    written.close();
  }
  return { repeats: repeats.count };
}
