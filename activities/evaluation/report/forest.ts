import type { Finding } from '../statistics/verdict';
import { escape, number } from '../../cleaning/output/page/html';

/** Gains that are judged by the same margin, the whole first. */
export interface Forest {
  /** What is gained: the name of a metric. */
  metric: string;
  margin: number;
  rows: readonly Finding[];
}

const WORDS: Record<Finding['outcome'], string> = {
  better: 'better',
  noWorse: 'no worse',
  worse: 'worse',
  unclear: 'not sure',
  few: 'too few cases',
};

/** Units of the plot from side to side; it is as wide as the page leaves it. */
const WIDTH = 1_000;
const HEIGHT = 24;

/**
 * A row for each gain with its interval, beside the line of no difference and, broken, the margin: what lies wholly right
 * of the margin is no worse, wholly left of it worse. The plots of all rows are drawn to one scale.
 */
export function forest({ metric, margin, rows }: Forest): string {
  if (rows.length === 0) return '';
  const ends = [0, -margin, ...rows.flatMap(({ gain: { low, high } }) => [low, high])];
  const [least, most] = [Math.min(...ends), Math.max(...ends)];
  const pad = (most - least || 1) * 0.06;
  const x = (value: number) => ((value - least + pad) / (most - least + 2 * pad)) * WIDTH;
  const line = (kind: string, at: number) =>
    `<line class="${kind}" x1="${x(at).toFixed(1)}" x2="${x(at).toFixed(1)}" y1="0" y2="${HEIGHT}"/>`;
  const lines = (margin > 0 ? line('margin', -margin) : '') + line('zero', 0);

  const cells = rows.map(({ name, cases, gain, outcome }, at) => {
    const { mean, low, high } = gain;
    const kind = outcome === 'worse' ? 'worse' : outcome === 'few' || outcome === 'unclear' ? 'unsure' : 'sure';
    const middle = HEIGHT / 2;
    const interval = `<line class="${kind}" x1="${x(low).toFixed(1)}" x2="${x(high).toFixed(1)}" y1="${middle}" y2="${middle}"/>`;
    const point = `<rect class="${kind}" x="${(x(mean) - 4).toFixed(1)}" y="${middle - 5}" width="8" height="10"/>`;
    const measured = `${signed(mean)} (${signed(low)} to ${signed(high)})`;
    const told = escape(`${name}: ${measured}`);
    return `<tr${at === 0 ? ' class="whole"' : ''}><th scope="row" title="${escape(name)}">${escape(name)}</th><td class="n soft">${number(cases)}</td>
<td class="plot"><svg viewBox="0 0 ${WIDTH} ${HEIGHT}" preserveAspectRatio="none" role="img" aria-label="${told}"><title>${told}</title>${lines}${interval}${point}</svg></td>
<td class="n">${measured}</td><td class="${kind}">${WORDS[outcome]}</td></tr>`;
  });
  const mark = (at: number, what: string) => `<span style="left:${((100 * x(at)) / WIDTH).toFixed(2)}%">${what}</span>`;
  // Too near to one another both could not be read.
  const apart = x(0) - x(-margin) > WIDTH / 12;
  const axis = (margin > 0 && apart ? mark(-margin, `−${margin}`) : '') + mark(0, '0');
  return `<div class="scroll"><table class="forest"><thead><tr><th></th><th class="n">cases</th><th></th><th class="n">gain in ${escape(metric)}</th><th></th></tr></thead>
<tbody>${cells.join('\n')}<tr class="axis"><th></th><td></td><td><div>${axis}</div></td><td></td><td></td></tr></tbody></table></div>`;
}

const signed = (value: number): string => `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(3)}`;
