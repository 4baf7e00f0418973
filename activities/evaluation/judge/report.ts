import { bootstrapMean, type Estimate } from '../statistics/bootstrap';
import { resampleMean, type ResampleOptions } from '../statistics/resample';
import type { Compared } from '../statistics/verdict';
import { wilson } from '../statistics/wilson';
import type { Judged, Preference } from './pairwise';

/** How far a judge goes by the place of an answer instead of by what it says. */
export interface PositionBias {
  /**
   * How much more often the first place is preferred than the second, over all questions in both orders: 0 for a judge who does not
   * look at places, 1 where the first always wins, -1 where the second does.
   */
  shift: Estimate;
  /** Share of pairs in which both orders gave the same answer. */
  consistent: Estimate;
  /** Of the pairs where a place won in both orders, the share that went to the first. */
  firstOfTorn: Estimate;
}

export interface JudgeReport {
  wins: number;
  ties: number;
  losses: number;
  /** Wins, and half of the ties, as a share of all: 0.5 is equally good. */
  winRate: Estimate;
  bias: PositionBias;
  /** The bias in words, where the interval of the shift leaves 0 out. */
  warning: string | null;
}

/** What a judge found of many pairs. The same judgements give the same intervals. @throws `RangeError` without any. */
export function reportJudge(judged: readonly Judged[]): JudgeReport {
  const count = (wanted: Judged['outcome']) => judged.filter(({ outcome }) => outcome === wanted).length;
  const same = judged.filter(({ candidateFirst, candidateSecond }) => candidateSecond === mirrored(candidateFirst));
  const torn = judged.filter(
    ({ candidateFirst, candidateSecond }) => candidateFirst === candidateSecond && candidateFirst !== 'tie',
  );
  const first = torn.filter(({ candidateFirst }) => candidateFirst === 'first').length;
  const shift = bootstrapMean(judged.map((pair) => (towards(pair.candidateFirst) + towards(pair.candidateSecond)) / 2));
  return {
    wins: count('win'),
    ties: count('tie'),
    losses: count('loss'),
    winRate: bootstrapMean(scores(judged).map((score) => (score + 1) / 2)),
    bias: {
      shift,
      consistent: wilson(same.length, judged.length),
      firstOfTorn: wilson(first, torn.length),
    },
    warning:
      shift.low > 0
        ? prefers('first', shift.low, shift.high)
        : shift.high < 0
          ? prefers('second', -shift.high, -shift.low)
          : null,
  };
}

const prefers = (place: string, low: number, high: number): string =>
  `the judge prefers the ${place} place, by ${low.toFixed(3)} to ${high.toFixed(3)} of its answers; pairs that it decides so count as ties`;

/** The judgements as a comparison that `decide` takes: the gain is the share of wins less that of losses. */
export function comparedBy(name: string, judged: readonly Judged[], options?: ResampleOptions): Compared {
  return { name, cases: judged.length, gain: resampleMean(scores(judged), options) };
}

const scores = (judged: readonly Judged[]): number[] =>
  judged.map(({ outcome }) => (outcome === 'win' ? 1 : outcome === 'loss' ? -1 : 0));

const towards = (preference: Preference): number => (preference === 'first' ? 1 : preference === 'second' ? -1 : 0);

const mirrored = (preference: Preference): Preference =>
  preference === 'tie' ? 'tie' : preference === 'first' ? 'second' : 'first';
