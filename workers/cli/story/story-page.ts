import { escape, number, section } from '../../../activities/cleaning/output/page/html';
import { page, table, tiles } from '../../../activities/cleaning/output/page/page';
import { gantt, GANTT_STYLE } from './gantt';
import { goingOnLine, paidSteps, retriedSteps, retryLine, WAITS } from './print-story';
import type { Story } from './story';
import { bytes, money, plural, span } from './words';

/** Stories as one page that needs nothing from elsewhere: the run first, then its children. */
export function storyPage([run, ...children]: readonly [Story, ...Story[]]): string {
  const { workflow, workflowId, outcome, startedAt, failure } = run;
  const lead = `${escape(workflow)}, ${outcome}, began ${new Date(startedAt).toISOString()}`;
  const notice = failure ? `<div class="notice"><b>${escape(failure.code)}</b> ${escape(failure.message)}</div>` : '';
  const others = children.map((child) =>
    section(
      `Child ${escape(child.workflowId)}`,
      figures(child) + gantt(child) + phases(child),
      `${escape(child.workflow)}, ${child.outcome}`,
    ),
  );
  return page(`Run ${workflowId}`, lead, GANTT_STYLE + notice + figures(run) + parts(run) + others.join(''));
}

function figures({ startedAt, lastAt, steps, events, waits, payloads, cost, saidCost }: Story): string {
  const attempts = steps.filter(({ kind }) => kind === 'activity').reduce((sum, step) => sum + step.attempts, 0);
  const paid = saidCost ?? cost;
  return tiles([
    ['in all', span(lastAt - startedAt)],
    ['steps', number(steps.length)],
    ['attempts of activities', number(attempts)],
    ['held for a person', span(waits.hold)],
    ['events', number(events)],
    ['payloads', bytes(payloads.reduce((sum, one) => sum + one.bytes, 0))],
    ...(paid.usd > 0 || paid.tokens > 0 ? ([['cost', money(paid)]] as const) : []),
  ]);
}

function parts(story: Story): string {
  const { startedAt, lastAt, critical, waits, payloads } = story;
  const whole = Math.max(1, lastAt - startedAt);
  const waited = Object.entries(WAITS).map(([key, name]) => [name, span(waits[key as keyof Story['waits']])]);
  const goingOn = story.goingOn.map((one) => `<li>${escape(goingOnLine(one, Date.now()))}</li>`);
  const retried = retriedSteps(story).map((step) => `<li>${escape(retryLine(step))}</li>`);
  return (
    section('Going on', goingOn.length > 0 ? `<ul>${goingOn.join('')}</ul>` : '') +
    section('Timeline', gantt(story)) +
    section('Phases', phases(story)) +
    section(
      'Critical path',
      scrolled(
        table(
          ['part', 'kind', 'from', 'time', 'share'],
          critical.map(({ kind, name, from, to }) => [
            escape(name),
            kind,
            `+${span(from - startedAt)}`,
            span(to - from),
            `${((100 * (to - from)) / whole).toFixed(1)}%`,
          ]),
        ),
      ),
      `${plural(critical.length, 'part')} from the start to the end without a gap: the run would have been shorter by any of these.`,
    ) +
    section(
      'Waits',
      table(['what', 'time'], waited),
      'Sums over all steps; what waits side by side counts each for itself.',
    ) +
    section('Tried again, or failed', retried.length > 0 ? `<ul>${retried.join('')}</ul>` : '') +
    section(
      'Payloads',
      table(
        ['event', 'payloads', 'bytes'],
        payloads.map((one) => [one.event.toLowerCase(), number(one.payloads), bytes(one.bytes)]),
      ),
    ) +
    section('Cost', paid(story))
  );
}

const paid = (story: Story): string => {
  const rows = paidSteps(story).map(([name, cost]) => [escape(name), `${cost.usd.toFixed(4)}`, number(cost.tokens)]);
  return rows.length > 0 ? table(['step', 'USD', 'tokens'], rows) : '';
};

const phases = ({ phases: all, startedAt }: Story): string =>
  scrolled(
    table(
      ['phase', 'kind', 'from', 'time', 'steps', 'attempts', 'failed'],
      all.map(({ name, kind, from, to, steps, attempts, failed }) => [
        escape(name),
        kind,
        `+${span(from - startedAt)}`,
        span(to - from),
        number(steps),
        number(attempts),
        number(failed),
      ]),
    ),
  );

const scrolled = (html: string): string => `<div class="scroll">${html}</div>`;
