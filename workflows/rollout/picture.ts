import { percent, signedPercent } from '../../schemas/percent';
import type { RolloutStrategyInput } from '../../schemas/rollout-strategy';
import type { RolloutState } from './steps';

const HOUR_MS = 3_600_000;

/** A table of the steps for the board: share, how it stands, what each metric says, and when it is looked at next. */
export function picture({ steps, lookHours }: RolloutStrategyInput, state: RolloutState, now: number): string {
  const rows = steps.map(({ share, margin }, at) => {
    const decision = state.decisions[at];
    const mark = at < state.step ? '█ done' : at === state.step ? '▓ now' : '░';
    const found = decision?.metrics.map(({ name, change }) => `${name} ${interval(change)}`).join('<br>') ?? '';
    return `| ${percent(share)} | ${mark} | ${percent(margin)} | ${found} | ${decision?.reasons.join('<br>') ?? ''} |`;
  });
  const next = state.step < steps.length ? `Next look: ${new Date(now + lookHours * HOUR_MS).toISOString()}.` : '';
  return ['| share | | loss to rule out | metrics | |', '|---:|---|---:|---|---|', ...rows, '', next].join('\n');
}

const interval = ({ mean, low, high }: { mean: number; low: number; high: number }): string =>
  [mean, low, high].every((value) => Number.isFinite(value))
    ? `${signedPercent(mean)} (${signedPercent(low)} to ${signedPercent(high)})`
    : 'no user yet';
