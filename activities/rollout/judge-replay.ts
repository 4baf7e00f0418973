import * as z from 'zod';
import type { RolloutStrategyInput } from '../../schemas/rollout-strategy';
import { failure } from '../errors';
import { replay, type Replay } from './replay';
import { rowNumber, rowUser } from './row-values';

const decisionRow = z.object({
  user: rowUser,
  reward: rowNumber,
  propensity: rowNumber.pipe(z.number().gt(0).max(1)),
  target: rowNumber.pipe(z.number().min(0).max(1)),
});

/** What replay has found, and whether the first user may get the candidate. */
export interface ReplayVerdict {
  passed: boolean;
  /** In words. */
  says: string;
  found: Pick<Replay, 'value' | 'gain' | 'effective' | 'meanWeight'>;
}

/**
 * Refuses a candidate whose loss is sure and above what is allowed, and logs that can not be believed: where the weighted decisions are worth too few,
 * or the interval of the mean weight does not hold 1.
 * @throws `MetricUnusable` for a row that is not one, `ReplayRefused` without rows, or where the candidate takes none of the actions.
 */
export function judgeReplay(
  rows: readonly unknown[],
  { source, method, ceiling, minimumEffective, maximumLoss }: NonNullable<RolloutStrategyInput['replay']>,
): ReplayVerdict {
  const logged = rows.map((row, at) => {
    const parsed = decisionRow.safeParse(row);
    if (parsed.success) return parsed.data;
    const [issue] = parsed.error.issues;
    throw failure(
      'MetricUnusable',
      `Row ${at + 1} of logs.${source}: \`${issue?.path.join('.') ?? ''}\` ${issue?.message ?? 'is wrong'}.`,
    );
  });
  if (!logged.some(({ target }) => target > 0)) {
    throw failure('ReplayRefused', `logs.${source} has no decision that the candidate would have taken.`);
  }
  const found = replay(logged, { method, ...(ceiling === undefined ? {} : { ceiling }) });
  const { gain, effective, meanWeight } = found;
  const figures = `gain ${range(gain)}, worth ${Math.round(effective)} decisions, mean weight ${range(meanWeight)}`;
  const verdict = (passed: boolean, why: string): ReplayVerdict => ({ passed, says: `${why}: ${figures}`, found });
  if (effective < minimumEffective) return verdict(false, `too few decisions of ${minimumEffective} needed`);
  if (meanWeight.low > 1 || meanWeight.high < 1) return verdict(false, 'the logged chances are not what they say');
  if (gain.high < -maximumLoss) return verdict(false, 'it would surely have earned less');
  return verdict(true, 'nothing speaks against it');
}

const range = ({ mean, low, high }: { mean: number; low: number; high: number }): string =>
  `${short(mean)} (${short(low)} to ${short(high)})`;
const short = (value: number): string => String(Number(value.toPrecision(3)));
