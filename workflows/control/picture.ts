import type { ControlLoop, ControlPoint } from '../../schemas/control-metric';

const BLOCKS = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'] as const;

/** Values as a line of blocks between `low` and `high`; what is missing is a dot. */
export function sparkline(values: readonly (number | null)[], low: number, high: number): string {
  const blockOf = (value: number): string => {
    const share = high > low ? (Math.min(high, Math.max(low, value)) - low) / (high - low) : 0.5;
    return BLOCKS[Math.min(BLOCKS.length - 1, Math.floor(share * BLOCKS.length))] ?? '';
  };
  return values.map((value) => (value === null ? '·' : blockOf(value))).join('');
}

/** A table of the metric and the knob for the board: where they are, and the last periods as lines. */
export function picture(loop: ControlLoop, points: readonly ControlPoint[], next: number | null): string {
  const { strategy, knob, metric, target, low, high } = loop;
  const metrics = points.map((point) => point.metric);
  const known = metrics.filter((value) => value !== null);
  // The target is always within, so that one sees on which side of it the metric is.
  const [least, most] = [Math.min(target, ...known), Math.max(target, ...known)];
  const last = points.at(-1);
  const cells = [
    [`metric \`${metric}\``, shown(known.at(-1)), `target ${shown(target)}`, sparkline(metrics, least, most)],
    [
      `knob \`${knob}\` of ${strategy}`,
      shown(last?.knob),
      `${shown(low)} to ${shown(high)}${end(loop, last?.knob)}`,
      sparkline(
        points.map((point) => point.knob),
        low,
        high,
      ),
    ],
  ];
  const rows = cells.map(
    ([name, now, wanted, line]) => `| ${name} | ${now} | ${wanted} | ${line ? `\`${line}\`` : ''} |`,
  );
  const when = next === null ? [] : ['', `Next look: ${new Date(next).toISOString()}.`];
  return [`| | now | | last ${points.length} periods |`, '|---|---:|---|---|', ...rows, ...when].join('\n');
}

/** A knob at its end can not do more: the target is out of its reach, or soon will be. */
const end = ({ low, high }: { low: number; high: number }, knob: number | undefined): string =>
  knob === undefined || (knob > low && knob < high) ? '' : ', **at its end**';
const shown = (value: number | undefined): string => (value === undefined ? '' : `${Number(value.toPrecision(4))}`);
