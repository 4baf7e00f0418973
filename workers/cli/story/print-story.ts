import { type Output, table } from '../output';
import type { GoingOn, Phase, Step, Story } from './story';
import { bytes, money, plural, span } from './words';

/** Parts of the critical path that are shown; the others are in the page and the JSON. */
const SHOWN = 12;

/** A story as short text: what was done, what it waited for, what was tried again. */
export function printStory(out: Output, story: Story, indent = ''): void {
  const { bold, dim } = out.style;
  const print = (text = '') => out.print(text.replace(/^(?=.)/gm, indent));
  const heading = (text: string) => print(`\n${bold(text)}`);
  const { workflow, workflowId, outcome, startedAt, lastAt, failure, critical, payloads } = story;
  print(
    `${bold(workflowId)}  ${workflow} ${outcome} after ${span(lastAt - startedAt)}, ${plural(story.events, 'event')}`,
  );
  print(dim(`began ${new Date(startedAt).toISOString()}`));
  if (failure) print(`failed by ${failure.code}: ${failure.message}`);

  if (story.goingOn.length > 0) heading('Going on');
  for (const one of story.goingOn) print(goingOnLine(one, Date.now()));

  heading('Phases');
  print(table(story.phases.map((phase) => phaseCells(phase, startedAt))));

  heading('Critical path, the longest first');
  const whole = Math.max(1, lastAt - startedAt);
  const parts = partsOf(critical).slice(0, SHOWN);
  print(
    table(
      parts.map(({ kind, name, times, ms }) => [
        span(ms),
        percent(ms / whole),
        kind,
        name,
        times > 1 ? `${times}×` : '',
      ]),
    ),
  );

  const waits = Object.entries(WAITS).flatMap(([key, name]) => {
    const ms = story.waits[key as keyof Story['waits']];
    return ms > 0 ? [[span(ms), name]] : [];
  });
  if (waits.length > 0) heading('Waits, over all steps');
  if (waits.length > 0) print(table(waits));

  const retried = retriedSteps(story);
  if (retried.length > 0) heading('Tried again, or failed');
  for (const step of retried) print(retryLine(step));

  heading(`Payloads: ${bytes(payloads.reduce((sum, one) => sum + one.bytes, 0))}`);
  print(table(payloads.map((one) => [bytes(one.bytes), plural(one.payloads, 'payload'), one.event.toLowerCase()])));

  const paid = paidSteps(story);
  if (paid.length === 0 && !story.saidCost) return;
  heading(`Cost: ${money(story.saidCost ?? story.cost)}${story.saidCost ? ', as its result says' : ''}`);
  print(table(paid.map(([name, cost]) => [money(cost), name])));
}

export const WAITS: Record<keyof Story['waits'], string> = {
  queue: 'activities in their queue',
  backoff: 'back-off before other attempts (by the retry policy)',
  timers: 'timers',
  hold: 'held for a person',
  pause: 'paused',
  workflowTasks: 'workflow tasks in their queue',
};

function phaseCells({ name, kind, steps, attempts, failed, from, to }: Phase, start: number): string[] {
  const many =
    kind === 'activity' && (steps > 1 || attempts > steps)
      ? `${steps}×, ${plural(attempts, 'attempt')}`
      : steps > 1
        ? `${steps}×`
        : '';
  return [
    `+${span(from - start)}`,
    span(to - from),
    kind,
    name,
    [many, failed > 0 ? `${failed} failed` : ''].filter(Boolean).join(', '),
  ];
}

export const retriedSteps = ({ steps }: Story): Step[] =>
  steps.filter(({ kind, attempts, problem }) => kind !== 'timer' && (attempts > 1 || problem !== null));

export function retryLine({ name, eventId, attempts, outcome, problem, backoff }: Step): string {
  const why = problem ? ` (${problem.code}: ${problem.message})` : '';
  const waited = backoff > 0 ? `, about ${span(backoff)} of back-off` : '';
  return `${name} (event ${eventId}): ${plural(attempts, 'attempt')}, ${outcome}${waited}${why}`;
}

/** An activity that is not over, in one line; `now` is in milliseconds since 1970. */
export function goingOnLine(one: GoingOn, now: number): string {
  const { name, eventId, attempts, state, startedAt, nextAt, beatAt, worker, problem } = one;
  const ago = (at: number) => `${span(Math.max(0, now - at))} ago`;
  const told = [
    state === 'runs' && startedAt !== null ? `runs on ${worker}, begun ${ago(startedAt)}` : state,
    ...(nextAt !== null && nextAt > now ? [`in ${span(nextAt - now)}`] : []),
    ...(beatAt === null ? [] : [`last beat ${ago(beatAt)}`]),
  ];
  const why = problem ? ` (before: ${problem.code}: ${problem.message})` : '';
  return `${name} (event ${eventId}): attempt ${attempts} ${told.join(', ')}${why}`;
}

const percent = (share: number): string => `${(100 * share).toFixed(0)}%`;

/** The critical path with parts of the same kind and name together, the longest first. */
export function partsOf(critical: Story['critical']): { kind: string; name: string; times: number; ms: number }[] {
  const sums = new Map<string, { kind: string; name: string; times: number; ms: number }>();
  for (const { kind, name, from, to } of critical) {
    const sum = sums.get(`${kind} ${name}`) ?? { kind, name, times: 0, ms: 0 };
    sums.set(`${kind} ${name}`, { ...sum, times: sum.times + 1, ms: sum.ms + to - from });
  }
  return [...sums.values()].sort((a, b) => b.ms - a.ms);
}

/** What each kind of step cost, the dearest first. */
export function paidSteps({ steps }: Story): [string, { usd: number; tokens: number }][] {
  const sums = new Map<string, { usd: number; tokens: number }>();
  for (const { name, cost } of steps) {
    if (!cost) continue;
    const sum = sums.get(name) ?? { usd: 0, tokens: 0 };
    sums.set(name, { usd: sum.usd + cost.usd, tokens: sum.tokens + cost.tokens });
  }
  return [...sums].sort(([, a], [, b]) => b.usd - a.usd || b.tokens - a.tokens);
}
