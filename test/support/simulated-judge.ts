/** A judge whose faults are known, and pairs of answers of which it is known which is better. */
import type { Judge, Pair } from '../../activities/evaluation/judge/pairwise';

export interface JudgeFaults {
  /** How often the first answer is taken without a look; below 0 the second. */
  bias: number;
  /** How often it is mistaken when it does look. */
  noise: number;
}

/** Answers are their quality, as a number. Of two equal ones it calls half a tie. */
export function simulatedJudge({ bias, noise }: JudgeFaults, random: () => number): Judge {
  return ({ first, second }) => {
    if (random() < Math.abs(bias)) return Promise.resolve(bias > 0 ? 'first' : 'second');
    if (first === second) return Promise.resolve(random() < 0.5 ? 'tie' : random() < 0.5 ? 'first' : 'second');
    const right = Number(first) > Number(second) === random() >= noise;
    return Promise.resolve(right ? 'first' : 'second');
  };
}

/** Pairs of which the candidate is better in a share that is `ahead` above the share where it is worse; a quarter are equal. */
export function simulatedPairs(count: number, ahead: number, random: () => number): Pair[] {
  return Array.from({ length: count }, (_, at) => {
    const place = random();
    const candidate = place < 0.25 ? 1 : place < 0.25 + (0.75 + ahead) / 2 ? 2 : 0;
    return { id: `${at}`, prompt: '', candidate: `${candidate}`, reference: '1' };
  });
}
