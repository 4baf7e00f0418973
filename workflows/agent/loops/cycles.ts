import type { TurnDigest } from '../../../schemas/agent-loops';
import { askedOf, callLikeness, nearResult, samePage, sameResult, substantial } from './likeness';

/** A run of turns that come back, up to the last turn of a window. */
export interface Cycle {
  /** How often the last turn came, this time included. */
  repeats: number;
  /** Kinds of turns that come back, without what was strewn in. */
  period: number;
  /** Places in the window of the turns that are like the last one, oldest first. */
  places: number[];
}

export type Alike = (a: TurnDigest, b: TurnDigest) => boolean;

/** The same call with the same result. */
export const identical: Alike = (a, b) => a.call === b.call && a.tool === b.tool && sameResult(a, b);

/** The same call, or one in other words or with more of them, with the same result. */
export const reworded: Alike = (a, b) => {
  if (identical(a, b)) return true;
  const call = callLikeness(a, b);
  if (call === 'loose') return a.outcome === 'error' && sameResult(a, b);
  if (call === 'other') return false;
  return sameResult(a, b) || (a.outcome === 'error' && nearResult(a, b));
};

/** Calls that share some words and give the same, or that are near and give nearly the same. */
export const related: Alike = (a, b) => {
  if (reworded(a, b)) return true;
  const call = callLikeness(a, b);
  // The same call with other numbers in its answer has something new to tell: a job that moves on.
  if (call === 'near') return nearResult(a, b);
  // "Yes" to one question is not "yes" to the next.
  const tells = a.outcome === 'nothing' || a.outcome === 'error' || substantial(a);
  return call === 'loose' && tells && sameResult(a, b);
};

/** The same, or the same call that gives a page with a few other words: an advertisement, a greeting. */
export const relatedOrPage: Alike = (a, b) => related(a, b) || (a.call === b.call && samePage(a, b));

/** For each turn the kind that it is of: a turn is of a kind with the next one like it. Counted from the newest. */
function kindsOf(window: readonly TurnDigest[], alike: Alike): number[] {
  const kinds: number[] = [];
  const seen: { newest: TurnDigest; oldest: TurnDigest }[] = [];
  for (let at = window.length - 1; at >= 0; at -= 1) {
    const turn = window[at]!;
    let kind = seen.findIndex(({ newest, oldest }) => alike(oldest, turn) || alike(newest, turn));
    if (kind === -1) kind = seen.push({ newest: turn, oldest: turn }) - 1;
    else seen[kind]!.oldest = turn;
    kinds[at] = kind;
  }
  return kinds;
}

/**
 * The longest run up to the last turn in which the last turn comes back and at least `share` of all turns are of kinds
 * that come back with it. What is strewn in does not end a run, it only thins it: no healthy call resets a count.
 */
export function cycleOf(window: readonly TurnDigest[], alike: Alike, share: number): Cycle {
  const kinds = kindsOf(window, alike);
  const last = kinds.length - 1;
  const mine = kinds.flatMap((kind, at) => (kind === kinds[last] ? [at] : []));
  let best: Cycle = { repeats: 1, period: 1, places: [last] };
  const counts = new Map<number, number>();
  let from = last + 1;
  for (let repeats = 1; repeats <= mine.length; repeats += 1) {
    const start = mine[mine.length - repeats]!;
    while (from > start) counts.set(kinds[--from]!, (counts.get(kinds[from]!) ?? 0) + 1);
    const often = [...counts.values()].filter((count) => count >= Math.max(2, 0.6 * repeats));
    const covered = often.reduce((sum, count) => sum + count, 0);
    if (repeats > 1 && covered >= share * (last - start + 1)) {
      best = { repeats, period: often.length, places: mine.slice(-repeats) };
    }
  }
  return best;
}

/**
 * Whether turns go through a list in the same words: each asks with words of its own that none of the others has. The
 * same short answer to each says nothing then ("not found" for every name); a long one would, and so would an error.
 */
export function goesThroughList(turns: readonly TurnDigest[]): boolean {
  if (turns.length < 3 || turns.some((turn) => substantial(turn) || turn.tool === null || turn.outcome === 'error')) {
    return false;
  }
  const asked = turns.map(askedOf);
  const times = new Map<string, number>();
  for (const codes of asked) for (const code of codes) times.set(code, (times.get(code) ?? 0) + 1);
  return asked.every((codes) => {
    const own = [...codes].filter((code) => times.get(code) !== turns.length);
    return own.length > 0 && own.every((code) => times.get(code) === 1);
  });
}
