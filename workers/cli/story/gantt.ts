import { escape } from '../../../activities/cleaning/output/page/html';
import type { Step, Story } from './story';
import { plural, span } from './words';

/** Sizes in the picture's own units; the page scales it. */
const [WIDTH, LABEL, ROW, HEAD, BAR] = [960, 210, 17, 22, 11];
/** Lines of a picture: more than that nobody reads, and the longest steps stay. */
const MOST_ROWS = 240;

/** A line a step: its wait in the queue, its attempts and its run, over the time of the whole run. */
export function gantt(story: Story): string {
  const { steps, startedAt, lastAt, workflowId } = story;
  if (steps.length === 0) return '<p class="soft">It waited for nothing.</p>';
  const shown = longestInOrder(story);
  const whole = Math.max(1, lastAt - startedAt);
  const x = (at: number) => LABEL + ((at - startedAt) / whole) * (WIDTH - LABEL - 4);
  const height = HEAD + shown.length * ROW + 4;
  const ticks = [0, 0.25, 0.5, 0.75, 1].map((share) => {
    const at = x(startedAt + share * whole).toFixed(1);
    const side = share === 1 ? ' class="last"' : '';
    return `<line x1="${at}" x2="${at}" y1="${HEAD - 4}" y2="${height}"/><text x="${at}" y="12"${side}>${span(share * whole)}</text>`;
  });
  const rows = shown.map((step, row) => line(step, row, x, lastAt, isCritical(step, story)));
  const left = steps.length - shown.length;
  const note = left > 0 ? `<p class="soft">${plural(left, 'shorter step')} not drawn.</p>` : '';
  return `<figure><figcaption>${LEGEND}</figcaption>
<div class="scroll"><svg class="gantt" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="Timeline of ${escape(workflowId)}: ${plural(shown.length, 'step')} over ${span(whole)}; the table below says the same.">
${ticks.join('')}${rows.join('\n')}</svg></div>${note}</figure>`;
}

const LEGEND = `<span class="legend">${[
  ['run', 'ran'],
  ['wait', 'in the queue'],
  ['again', 'earlier attempts and back-off'],
  ['person', 'held or paused'],
  ['bad', 'failed'],
]
  .map(([kind, name]) => `<span><i class="g-${kind}"></i>${name}</span>`)
  .join('')}<span><i class="g-path"></i>on the critical path</span></span>`;

function longestInOrder({ steps, lastAt }: Story): Step[] {
  if (steps.length <= MOST_ROWS) return steps;
  const length = ({ scheduledAt, endedAt }: Step) => (endedAt ?? lastAt) - scheduledAt;
  const longest = new Set([...steps].sort((a, b) => length(b) - length(a)).slice(0, MOST_ROWS));
  return steps.filter((step) => longest.has(step));
}

/** A step is on the path where a part of the path that lies within it has its name. */
const isCritical = ({ name, scheduledAt, endedAt }: Step, { critical, lastAt }: Story): boolean =>
  critical.some(
    (part) =>
      part.name === name && part.from < (endedAt ?? lastAt) && part.to > scheduledAt && part.to <= (endedAt ?? lastAt),
  );

function line(step: Step, row: number, x: (at: number) => number, lastAt: number, critical: boolean): string {
  const { kind, name, scheduledAt, startedAt, endedAt, attempts, outcome, problem, eventId } = step;
  const top = HEAD + row * ROW;
  const end = endedAt ?? lastAt;
  // An attempt that goes on may have begun after the last event, where the picture ends.
  const begin = Math.min(startedAt ?? end, end);
  const bar = (from: number, to: number, kindOf: string) =>
    `<rect class="g-${kindOf}" x="${x(from).toFixed(1)}" y="${top + 2}" width="${Math.max(1, x(to) - x(from)).toFixed(1)}" height="${BAR}" rx="1.5"/>`;
  const told = `${name}, event ${eventId}: ${span(end - scheduledAt)}, ${plural(attempts, 'attempt')}, ${outcome}${problem ? `, ${problem.code}` : ''}`;
  const main =
    kind === 'hold' || kind === 'pause'
      ? 'person'
      : kind === 'timer'
        ? 'wait'
        : outcome === 'failed' || outcome === 'timed out'
          ? 'bad'
          : 'run';
  const bars =
    kind === 'activity' && begin > scheduledAt
      ? bar(scheduledAt, begin, attempts > 1 ? 'again' : 'wait') + (startedAt === null ? '' : bar(begin, end, main))
      : bar(kind === 'activity' ? begin : scheduledAt, end, main);
  const mark = critical ? `<rect class="g-path" x="${LABEL - 8}" y="${top + 2}" width="3" height="${BAR}"/>` : '';
  return `<g><title>${escape(told)}</title><text class="label" x="0" y="${top + BAR}">${escape(clipped(name))}</text>${mark}${bars}</g>`;
}

/** About what fits before the bars. */
const clipped = (name: string): string => (name.length > 34 ? `${name.slice(0, 33)}…` : name);

export const GANTT_STYLE = `<style>
.gantt { min-width: 44rem; } .gantt text { text-anchor: start; } .gantt text.last { text-anchor: end; } .gantt .label { fill: var(--ink); font-size: 11px; }
.g-run { fill: var(--main); background: var(--main) !important; } .g-wait { fill: var(--soft); fill-opacity: .4; background: color-mix(in srgb, var(--soft) 40%, transparent) !important; }
.g-again { fill: var(--warn); background: var(--warn) !important; } .g-bad { fill: var(--lost); background: var(--lost) !important; }
.g-person { fill: var(--soft); background: var(--soft) !important; } .g-path { fill: var(--ink); background: var(--ink) !important; }
.legend i.g-path { width: 3px; } body { max-width: 72rem; } td { overflow-wrap: anywhere; }
</style>`;
