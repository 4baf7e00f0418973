import type { AttemptUsage, TrainingUsage } from '../../schemas/training-run';
import type { WatchCursor } from '../../activities/training/watch';
import { duration } from '../kit/progress-text';

const BLOCKS = '▁▂▃▄▅▆▇█';
const WIDTH = 48;

/** A line of block characters, lowest to highest; each column is the mean of the values that fall into it. */
export function sparkline(values: readonly number[], width = WIDTH): string {
  if (values.length === 0) return '';
  const columns = Math.min(width, values.length);
  const means = Array.from({ length: columns }, (_, column) => {
    const from = Math.floor((column * values.length) / columns);
    const part = values.slice(from, Math.max(from + 1, Math.floor(((column + 1) * values.length) / columns)));
    return part.reduce((sum, value) => sum + value, 0) / part.length;
  });
  const [low, high] = [Math.min(...means), Math.max(...means)];
  const level = (value: number) =>
    high === low ? 0 : Math.round(((value - low) / (high - low)) * (BLOCKS.length - 1));
  return means.map((value) => BLOCKS[level(value)]).join('');
}

/** Seconds until the last step at the pace since the first step of this attempt; null before there is one. */
export function secondsLeft({ latest, firstStepAt }: WatchCursor, fromStep: number): number | null {
  if (!latest || firstStepAt === null) return null;
  const done = latest.step - fromStep - 1;
  const pace = done > 0 ? (latest.at - firstStepAt) / done : null;
  return pace === null ? null : pace * (latest.steps - latest.step);
}

/** How a training stands, for the details of its run. */
export interface SheetInput {
  /** What the job does, or its run with it. */
  state: string;
  cursor: WatchCursor | null;
  fromStep: number;
  usage: TrainingUsage;
  attempts: readonly AttemptUsage[];
  currency: boolean;
}

/** The training in Markdown: its numbers, its loss as a line, what it has cost, and its attempts. */
export function trainingSheet({ state, cursor, fromStep, usage, attempts, currency }: SheetInput): string {
  const lines = [`Job: **${state}**${numbers(cursor, fromStep)}`];
  const points = cursor?.curve.points ?? [];
  if (points.length > 1) {
    const [first, last] = [points[0], points.at(-1)];
    lines.push(
      '',
      `loss \`${sparkline(points.map(({ loss }) => loss))}\` ${short(first?.loss)} → **${short(last?.loss)}**`,
    );
  }
  const cost = currency ? ` · cost **${usage.cost.toFixed(2)}**` : '';
  const wasted = usage.wastedHours > 0 ? `, of them ${hours(usage.wastedHours)} lost` : '';
  lines.push(
    '',
    `${usage.devices} ${usage.device.toUpperCase()} · ${hours(usage.hours)} ${usage.device} hours${wasted}${cost}`,
  );
  if (attempts.length > 0) {
    lines.push('', '| attempt | steps | ended | device seconds | lost |', '|---|---|---|---:|---:|');
    for (const { attempt, fromStep: from, toStep, ended, seconds, wastedSeconds } of attempts.slice(-10)) {
      lines.push(
        `| ${attempt} | ${from} – ${toStep} | ${ended} | ${seconds.toFixed(0)} | ${wastedSeconds.toFixed(0)} |`,
      );
    }
  }
  return lines.join('\n');
}

function numbers(cursor: WatchCursor | null, fromStep: number): string {
  const latest = cursor?.latest;
  if (!cursor || !latest) return '';
  const left = secondsLeft(cursor, fromStep);
  const parts = [
    `step **${latest.step}** of ${latest.steps}`,
    left === null ? '' : `ends in about ${duration(left)}`,
    typeof latest.learningRate === 'number' ? `rate ${short(latest.learningRate)}` : '',
    typeof latest.gradientNorm === 'number' ? `gradient ${short(latest.gradientNorm)}` : '',
    typeof latest.tokensPerSecond === 'number'
      ? `${Math.round(latest.tokensPerSecond).toLocaleString('en')} tokens/s`
      : '',
    typeof latest.memoryBytes === 'number' ? `${(latest.memoryBytes / 2 ** 30).toFixed(1)} GiB a rank` : '',
    ...Object.entries(latest.extra ?? {}).map(([name, value]) => (value === null ? '' : `${name} ${short(value)}`)),
  ];
  return ` · ${parts.filter((part) => part !== '').join(' · ')}`;
}

const short = (value: number | undefined): string => (value === undefined ? '' : String(Number(value.toPrecision(4))));
const hours = (value: number): string => (value < 0.1 ? value.toFixed(4) : value.toFixed(1));
