/** Lines over time as a picture that needs no program but a browser. */

/** A line, or points where `dots` says so. */
export interface Series {
  name: string;
  colour: string;
  points: readonly (readonly [seconds: number, value: number])[];
  dots?: boolean;
}

export interface Panel {
  title: string;
  unit: string;
  series: readonly Series[];
}

const WIDTH = 860;
const PANEL = { height: 190, left: 70, right: 150, top: 34, bottom: 30 };
const TICKS = 4;
const INNER = { width: WIDTH - PANEL.left - PANEL.right, height: PANEL.height - PANEL.top - PANEL.bottom };

/** Panels below one another over the same time. @param seconds the end of it */
export function linesSvg(panels: readonly Panel[], seconds: number): string {
  const height = PANEL.height * panels.length;
  const drawn = panels.map(
    (panel, at) => `<g transform="translate(0 ${at * PANEL.height})">${draw(panel, seconds)}</g>`,
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" font-family="sans-serif" font-size="12">
<rect width="${WIDTH}" height="${height}" fill="#fff"/>
${drawn.join('\n')}
</svg>
`;
}

function draw({ title, unit, series }: Panel, seconds: number): string {
  const top = niceTop(Math.max(0, ...series.flatMap(({ points }) => points.map(([, value]) => value))));
  const x = (at: number) => round(PANEL.left + (at / seconds) * INNER.width);
  const y = (value: number) => round(PANEL.top + INNER.height * (1 - value / top));
  const ticks = Array.from({ length: TICKS + 1 }, (_, at) => at / TICKS);
  const grid = ticks.flatMap((share) => [
    `<path d="M${PANEL.left} ${y(share * top)}H${WIDTH - PANEL.right}" stroke="#e5e5e5"/>`,
    `<text x="${PANEL.left - 8}" y="${y(share * top) + 4}" text-anchor="end" fill="#555">${shortly(share * top)}</text>`,
    `<text x="${x(share * seconds)}" y="${PANEL.height - 12}" text-anchor="middle" fill="#555">${shortly(share * seconds)} s</text>`,
  ]);
  const lines = series.map(({ points, colour, dots }) =>
    dots
      ? `<g fill="${colour}" fill-opacity=".45">${points.map(([at, value]) => `<circle cx="${x(at)}" cy="${y(value)}" r="1.6"/>`).join('')}</g>`
      : `<polyline fill="none" stroke="${colour}" stroke-width="1.6" points="${points.map(([at, value]) => `${x(at)},${y(value)}`).join(' ')}"/>`,
  );
  const names = series.map(
    ({ name, colour }, at) =>
      `<text x="${WIDTH - PANEL.right + 12}" y="${PANEL.top + 10 + at * 17}" fill="${colour}">${name}</text>`,
  );
  const head = `<text x="${PANEL.left}" y="20" font-weight="bold" fill="#222">${title} (${unit})</text>`;
  return [head, ...grid, ...lines, ...names].join('\n');
}

/** The next of 1, 2, 4, 5, 10 and so on, times a power of ten. */
function niceTop(value: number): number {
  if (value <= 0) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return ([1, 2, 4, 5, 10].find((step) => value <= step * power) ?? 10) * power;
}

const round = (value: number): number => Math.round(value * 10) / 10;
const shortly = (value: number): string => String(Number(value.toPrecision(3)));
