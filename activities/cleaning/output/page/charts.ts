import type { Bin } from '../report';
import { escape, number, percent, short } from './html';

export interface Bar {
  label: string;
  value: number;
}

/** Rows of label, bar and number, each number with its share of `total`. */
export function bars(rows: readonly Bar[], total: number): string {
  const most = Math.max(1, ...rows.map(({ value }) => value));
  const lines = rows.map(({ label, value }) => {
    const share = total > 0 ? percent(value / total) : '';
    return `<tr><th scope="row">${escape(label)}</th><td class="bar"><i style="width:${width(value / most)}"></i></td>
<td class="n">${number(value)}</td><td class="n soft">${share}</td></tr>`;
  });
  return rows.length === 0 ? '' : `<table class="bars">${lines.join('\n')}</table>`;
}

/** One step of a funnel: what came in, and what was dropped there. */
export interface FunnelStep {
  label: string;
  dropped: number;
}

/** How many documents are left after each step: a bar that gets shorter, with what the step took at its end. */
export function funnel(read: number, steps: readonly FunnelStep[], last: string): string {
  let left = read;
  const whole = Math.max(1, read);
  const row = (
    label: string,
    stays: number,
    dropped: number,
    kind = '',
  ) => `<tr${kind}><th scope="row">${escape(label)}</th>
<td class="bar"><i style="width:${width(stays / whole)}"></i><i class="lost" style="width:${width(dropped / whole)}"></i></td>
<td class="n">${dropped > 0 ? `−${number(dropped)}` : ''}</td><td class="n soft">${dropped > 0 ? percent(dropped / whole) : ''}</td>
<td class="n">${number(stays)}</td></tr>`;
  const lines = [row('read', read, 0)];
  for (const { label, dropped } of steps) {
    left -= dropped;
    lines.push(row(label, left, dropped));
  }
  lines.push(row(last, left, 0, ' class="sum"'));
  return `<table class="bars funnel"><thead><tr><th></th><th></th><th class="n">dropped</th><th></th><th class="n">left</th></tr></thead>
<tbody>${lines.join('\n')}</tbody></table>`;
}

const width = (share: number): string => `${(100 * share).toFixed(2)}%`;

/** Size of a histogram in its own units; the page scales it. */
const [WIDTH, HEIGHT, FOOT, HEAD] = [640, 200, 28, 16];

/**
 * Columns for the bins of one or two series, drawn side by side; both have the same bins. An SVG that carries its own
 * words for those who can not see it.
 */
export function histogram(
  title: string,
  series: readonly { name: string; kind: string; bins: readonly Bin[] }[],
): string {
  const [first] = series;
  if (!first || first.bins.length === 0) return '';
  const most = Math.max(1, ...series.flatMap(({ bins }) => bins.map(({ count }) => count)));
  const slot = WIDTH / first.bins.length;
  const column = Math.min(28, (slot * 0.84) / series.length);
  const columns = series.flatMap(({ name, kind, bins }, which) =>
    bins.map(({ upTo, count }, index) => {
      const height = count === 0 ? 0 : Math.max(1.5, (count / most) * (HEIGHT - FOOT - HEAD));
      const x = index * slot + (slot - column * series.length) / 2 + which * column;
      const told = `${name}, ${upTo === null ? 'more' : `up to ${number(upTo)}`}: ${number(count)}`;
      return `<rect class="${kind}" x="${x.toFixed(1)}" y="${(HEIGHT - FOOT - height).toFixed(1)}" width="${(column - 1).toFixed(1)}" height="${height.toFixed(1)}" rx="1.5"><title>${told}</title></rect>`;
    }),
  );
  // Labels need some forty units each; more would run into one another.
  const every = Math.ceil(44 / slot);
  const labels = first.bins.map(({ upTo }, index) =>
    index % every === 0
      ? `<text x="${((index + 0.5) * slot).toFixed(1)}" y="${HEIGHT - 9}">${upTo === null ? 'more' : `≤ ${short(upTo)}`}</text>`
      : '',
  );
  const legend = series.map(({ name, kind }) => `<span><i class="${kind}"></i>${escape(name)}</span>`).join('');
  return `<figure><figcaption>${escape(title)} <span class="legend">${legend}</span></figcaption>
<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${escape(title)}">
<line x1="0" x2="${WIDTH}" y1="${HEIGHT - FOOT}" y2="${HEIGHT - FOOT}"/><text class="most" x="0" y="10">${number(most)}</text>
${columns.join('')}${labels.join('')}</svg></figure>`;
}
