import type { NightStepResult } from '../../schemas/nightly-refresh';
import { againOf } from './pending';

/** A step as the page shows it. */
export interface TimedStep extends NightStepResult {
  seconds: number;
}

/** One page of Markdown on a night: what changed, what it cost, and what the next night does again. */
export function nightPage(night: string, steps: readonly TimedStep[], waiting: string | null = null): string {
  const cost = steps.reduce((sum, step) => sum + (step.cost ?? 0), 0);
  const again = againOf(steps);
  const next = again.length > 0 ? ` The next night does again: **${again.join(', ')}**.` : '';
  const isWhole = !steps.some(({ state }) => state === 'failed');
  return [
    `Night of **${night}**`,
    '',
    '| step | | what came of it | made | took | cost |',
    '|---|---|---|---|---:|---:|',
    ...steps.map(
      ({ step, state, says, made, seconds, cost: its }) =>
        `| ${step} | ${state} | ${cell(says)} | ${made ?? ''} | ${duration(seconds)} | ${its === undefined ? '' : its.toFixed(2)} |`,
    ),
    '',
    ...(cost > 0 ? [`Cost: **${cost.toFixed(2)}**.`] : []),
    ...(waiting === null ? [] : [`Under way: **${waiting}**.`]),
    ...(isWhole ? [] : [`What is live stays as it was.${next}`]),
  ].join('\n');
}

/** A cell is one line, and ends at a bar. */
const cell = (text: string): string => text.replaceAll(/\s+/g, ' ').replaceAll('|', '\\|');

function duration(seconds: number): string {
  if (seconds < 90) return `${seconds} s`;
  return seconds < 5_400 ? `${Math.round(seconds / 60)} min` : `${(seconds / 3_600).toFixed(1)} h`;
}
