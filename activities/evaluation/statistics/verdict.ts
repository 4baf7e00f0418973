import type { Estimate } from './bootstrap';
import { holm } from './holm';
import { chanceAtLeast, chanceAtMost, intervalOf, normalChanceAtMost, type Resampled } from './resample';

/** A candidate against its reference on the cases of a slice (a language, a length, a topic), or on all of them. */
export interface Compared {
  name: string;
  cases: number;
  /** Draws of what the candidate gains over the reference on the same cases; higher is better. */
  gain: Resampled;
}

/** What a candidate has to show. */
export interface Rule {
  /** What it may lose at most, in units of the metric, 0 or above. */
  margin: number;
  /** On all cases: to be no worse by more than the margin, or to be better than the reference. */
  require: 'noWorse' | 'better';
  /** How often each claim may be made where it is false; one-sided, so 0.025 goes with the 95% interval. */
  alpha?: number;
  /** With fewer cases nothing is claimed: intervals of fewer than 50 are too narrow (bench/README.md). */
  minimumCases?: number;
  /** What slices with fewer mean for the whole. */
  fewCases?: 'hold' | 'pass';
}

/**
 * `better`: above 0. `noWorse`: above -margin. `worse`: below -margin. `unclear`: the interval holds -margin; more cases would
 * tell. `few`: too few cases to look.
 */
export type Outcome = 'better' | 'noWorse' | 'worse' | 'unclear' | 'few';

export interface Finding {
  name: string;
  cases: number;
  gain: Estimate;
  outcome: Outcome;
  /** In words, with the figures it rests on. */
  says: string;
}

export interface Verdict {
  verdict: 'promote' | 'reject' | 'hold';
  /** What decided, for a person. */
  reasons: string[];
  overall: Finding;
  slices: Finding[];
}

/**
 * Whether a candidate may take the place of its reference.
 *
 * - **promote**: it has shown what is required on all cases, and to be no worse in every slice. That each slice must show it is strict
 *   enough without a correction: to promote wrongly, every test has to err at once (intersection-union, Berger, Technometrics 1982).
 * - **reject**: it is worse by more than the margin on all cases, or in a slice; or it was to be better and is not. Of many slices some look bad by
 *   chance, so those claims, and that a slice is better, are corrected by Holm's method.
 * - **hold**: neither is sure, or there are too few cases: a person decides, or more cases do.
 */
export function decide(overall: Compared, slices: readonly Compared[], rule: Rule): Verdict {
  const { margin, require, fewCases = 'hold' } = rule;
  const whole = judge([overall], rule)[0] as Finding;
  const parts = judge(slices, rule);

  const rejects: string[] = [];
  const holds: string[] = [];
  if (whole.outcome === 'worse') rejects.push(whole.says);
  else if (whole.outcome === 'few') holds.push(whole.says);
  else if (require === 'better' && whole.outcome !== 'better') {
    const not = `${whole.says}; it was to be better`;
    (whole.gain.high <= 0 ? rejects : holds).push(not);
  } else if (whole.outcome === 'unclear') holds.push(whole.says);
  for (const part of parts) {
    if (part.outcome === 'worse') rejects.push(part.says);
    else if (part.outcome === 'unclear' || (part.outcome === 'few' && fewCases === 'hold')) holds.push(part.says);
  }

  const shown = { overall: whole, slices: parts };
  if (rejects.length > 0) return { verdict: 'reject', reasons: rejects, ...shown };
  if (holds.length > 0) return { verdict: 'hold', reasons: holds, ...shown };
  const rest = parts.filter(({ outcome }) => outcome !== 'few');
  const everywhere = rest.length === 0 ? [] : [`no worse by more than ${margin} in each of ${rest.length} slices`];
  return { verdict: 'promote', reasons: [whole.says, ...everywhere], ...shown };
}

/** Judges comparisons that belong together: what is claimed of some of them is corrected for how many there are. */
function judge(family: readonly Compared[], { margin, alpha = 0.025, minimumCases = 50 }: Rule): Finding[] {
  const asked = family.filter(({ cases }) => cases >= minimumCases);
  // One claim is judged as its interval looks; each of many by the more careful of two ways.
  const careful = (byDraws: number, byNormal: number) => (asked.length > 1 ? Math.max(byDraws, byNormal) : byDraws);
  const worse = holm(
    asked.map(({ gain }) => careful(chanceAtLeast(gain, -margin), 1 - normalChanceAtMost(gain, -margin))),
  );
  const better = holm(asked.map(({ gain }) => careful(chanceAtMost(gain, 0), normalChanceAtMost(gain, 0))));
  const correction = asked.length > 1 ? `, corrected for ${asked.length} slices` : '';

  return family.map((compared) => {
    const { name, cases, gain } = compared;
    const estimate = { mean: gain.observed, ...intervalOf(gain, 1 - 2 * alpha) };
    const at = asked.indexOf(compared);
    const finding = (outcome: Outcome, words: string): Finding => {
      return { name, cases, gain: estimate, outcome, says: `${name}: ${words}` };
    };
    if (at < 0) return finding('few', `${cases} cases, of ${minimumCases} that it takes to say anything`);
    const [isWorse = 1, isBetter = 1] = [worse[at], better[at]];
    const measured = `${signed(estimate)} on ${cases} cases`;
    const sure = (chance: number) => `p ${chance < 0.001 ? 'below 0.001' : chance.toFixed(3)}${correction}`;
    if (isWorse <= alpha) return finding('worse', `worse by more than ${margin}: ${measured}, ${sure(isWorse)}`);
    if (isBetter <= alpha) return finding('better', `better: ${measured}, ${sure(isBetter)}`);
    if (chanceAtMost(gain, -margin) <= alpha) return finding('noWorse', `no worse by more than ${margin}: ${measured}`);
    return finding('unclear', `not sure to be no worse by more than ${margin}: ${measured}`);
  });
}

/** A difference with its interval, such as `-0.012 (-0.030 to +0.005)`. */
function signed({ mean, low, high }: Estimate): string {
  const [middle, from, to] = [mean, low, high].map((value) => `${value < 0 ? '' : '+'}${value.toFixed(3)}`);
  return `${middle} (${from} to ${to})`;
}
