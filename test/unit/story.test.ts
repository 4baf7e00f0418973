import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseHistory, readHistories, type KeptHistory } from '../../workers/cli/histories';
import { Output } from '../../workers/cli/output';
import { buildStory } from '../../workers/cli/story/build-story';
import { goingOnLine, printStory } from '../../workers/cli/story/print-story';
import type { Story } from '../../workers/cli/story/story';
import { storyPage } from '../../workers/cli/story/story-page';

const FOLDER = join(__dirname, '..', 'histories');
const names = readdirSync(FOLDER);

async function kept(name: string): Promise<KeptHistory> {
  const [history] = await readHistories(FOLDER, `${name}.json`);
  if (!history) throw new Error(`${name} is not kept.`);
  return history;
}
const storyOf = async (name: string): Promise<Story> => buildStory(await kept(name));

function printed(story: Story): string {
  let text = '';
  const stream = { write: (more: string) => ((text += more), true) };
  printStory(new Output(false, stream, stream, {}), story);
  return text;
}

/** A history of one activity that succeeded in its third attempt; times are seconds after the start. */
const RETRIED = parseHistory(
  'retried.json',
  JSON.stringify({
    workflowId: 'retried',
    history: {
      events: [
        ['WORKFLOW_EXECUTION_STARTED', 0, 'workflowExecutionStarted', { workflowType: { name: 'example' } }],
        ['WORKFLOW_TASK_SCHEDULED', 0, 'workflowTaskScheduled', {}],
        ['WORKFLOW_TASK_STARTED', 1, 'workflowTaskStarted', { scheduledEventId: 2 }],
        ['WORKFLOW_TASK_COMPLETED', 2, 'workflowTaskCompleted', { scheduledEventId: 2, startedEventId: 3 }],
        [
          'ACTIVITY_TASK_SCHEDULED',
          2,
          'activityTaskScheduled',
          {
            activityId: '1',
            activityType: { name: 'fetchRow' },
            workflowTaskCompletedEventId: 4,
            retryPolicy: { initialInterval: '2s', backoffCoefficient: 3, maximumInterval: '5s' },
          },
        ],
        [
          'ACTIVITY_TASK_STARTED',
          22,
          'activityTaskStarted',
          {
            scheduledEventId: 5,
            attempt: 3,
            lastFailure: { message: 'busy\nRemedy: wait', applicationFailureInfo: { type: 'Unavailable' } },
          },
        ],
        ['ACTIVITY_TASK_COMPLETED', 25, 'activityTaskCompleted', { scheduledEventId: 5, startedEventId: 6 }],
        ['WORKFLOW_TASK_SCHEDULED', 25, 'workflowTaskScheduled', {}],
        ['WORKFLOW_TASK_STARTED', 26, 'workflowTaskStarted', { scheduledEventId: 8 }],
        ['WORKFLOW_TASK_COMPLETED', 27, 'workflowTaskCompleted', { scheduledEventId: 8, startedEventId: 9 }],
        ['WORKFLOW_EXECUTION_COMPLETED', 27, 'workflowExecutionCompleted', { workflowTaskCompletedEventId: 10 }],
      ].map(([type, second, attributes, body], index) => ({
        eventId: String(index + 1),
        eventType: `EVENT_TYPE_${type as string}`,
        eventTime: new Date(1_000 * (second as number)).toISOString(),
        [`${attributes as string}EventAttributes`]: body,
      })),
    },
  }),
);

describe('of every kept history', () => {
  it.each(names)('%s the critical path has no gap, and every payload is counted once', async (name) => {
    const story = await storyOf(name.replace('.json', ''));
    expect(story.events).toBeGreaterThan(2);
    expect(story.critical[0]?.from).toBeCloseTo(story.startedAt, 3);
    expect(story.critical.at(-1)?.to).toBeCloseTo(story.lastAt, 3);
    for (const [at, part] of story.critical.entries()) {
      expect(part.to).toBeGreaterThan(part.from);
      if (at > 0) expect(part.from).toBeCloseTo(story.critical[at - 1]?.to ?? NaN, 3);
    }
    expect(story.phases.reduce((sum, { steps }) => sum + steps, 0)).toBe(story.steps.length);
    expect(story.outcome).not.toBe('open');
  });
});

describe('a story', () => {
  it('tells attempts, the back-off of their policy, and why the last but one failed', () => {
    const story = buildStory(RETRIED);
    // 2 s, then min(6, 5) s.
    expect(story.steps).toMatchObject([
      {
        name: 'fetchRow',
        attempts: 3,
        backoff: 7_000,
        queued: 20_000,
        problem: { code: 'Unavailable', message: 'busy' },
      },
    ]);
    expect(story.waits).toMatchObject({ queue: 0, backoff: 7_000, workflowTasks: 2_000 });
    expect(story.critical.map(({ kind, from, to }) => [kind, from / 1_000, to / 1_000])).toEqual([
      ['start delay', 0, 1],
      ['workflow', 1, 2],
      ['attempts', 2, 22],
      ['run', 22, 25],
      ['workflow', 25, 26],
      ['workflow', 26, 27],
    ]);
    expect(printed(story)).toContain(
      'fetchRow (event 5): 3 attempts, completed, about 7.0 s of back-off (Unavailable: busy)',
    );
  });

  it('tells of a hold, who was waited for, and that it is on the critical path', async () => {
    const story = await storyOf('run-agent-held-refused-2026-11-25');
    const hold = story.steps.find(({ kind }) => kind === 'hold');
    expect(hold).toMatchObject({ eventId: 13, outcome: 'completed', where: 'reject' });
    expect(story.waits.hold).toBeGreaterThan(900);
    const longest = [...story.critical].sort((a, b) => b.to - b.from - (a.to - a.from))[0];
    expect(longest).toMatchObject({ kind: 'hold', name: 'held for a person' });
  });

  it('tells of children, and of what they cost', async () => {
    const story = await storyOf('converse-continued-2026-11-25');
    expect(story).toMatchObject({
      outcome: 'continued as new',
      phases: [{ kind: 'child', name: 'runAgent', steps: 46 }],
    });
    expect(story.cost.usd).toBeCloseTo(0.046, 6);
    expect(story.cost.tokens).toBe(5_520);
  });

  it('tells why a run failed, by its code', async () => {
    const story = await storyOf('clean-dataset-source-not-found-2026-11-23');
    expect(story).toMatchObject({ outcome: 'failed', failure: { code: 'SourceNotFound' } });
    expect(printed(story)).toContain('failed by SourceNotFound');
  });
});

describe('an open run', () => {
  /** The run above before its activity was over; its server says that it was tried twice, and why in vain. */
  const { history } = RETRIED;
  const events = (history.events ?? []).slice(0, 5);
  const timeOf = (index: number) => history.events?.[index]?.eventTime ?? null;
  const open = (state: 'runs' | 'waits to be tried again'): KeptHistory => ({
    ...RETRIED,
    history: { events },
    pending: [
      {
        started: {
          ...history.events?.[5],
          eventId: events[4]?.eventId ?? null,
          eventTime: state === 'runs' ? timeOf(5) : null,
        },
        state,
        nextAt: state === 'runs' ? null : timeOf(9),
        beatAt: timeOf(6),
        worker: '7@host',
      },
    ],
  });

  it('tells which activities go on, at which attempt, and why the one before failed', () => {
    const story = buildStory(open('runs'));
    expect(story).toMatchObject({ outcome: 'open', steps: [{ name: 'fetchRow', attempts: 3, outcome: 'open' }] });
    const [going] = story.goingOn;
    expect(going && goingOnLine(going, 32_000)).toBe(
      'fetchRow (event 5): attempt 3 runs on 7@host, begun 10.0 s ago, last beat 7.0 s ago (before: Unavailable: busy)',
    );
    expect(printed(story)).toContain('Going on\nfetchRow (event 5): attempt 3');
    const html = storyPage([story]);
    expect(html).toContain('<li>fetchRow (event 5): attempt 3');
    // The attempt began after the last event: its bar is at the end of the picture, not outside.
    const width = Number(/class="gantt" viewBox="0 0 (\d+)/.exec(html)?.[1]);
    const bars = [...html.matchAll(/<rect class="g-[a-z]+" x="([\d.]+)"/g)].map(([, x]) => Number(x));
    expect(bars).not.toEqual([]);
    for (const x of bars) expect(x).toBeLessThanOrEqual(width);
  });

  it('tells when an attempt follows', () => {
    const [going] = buildStory(open('waits to be tried again')).goingOn;
    expect(going && goingOnLine(going, 26_000)).toContain('attempt 3 waits to be tried again, in 1.0 s');
  });
});

describe('its page', () => {
  it('needs nothing from elsewhere, says in words what it draws, and escapes what a history holds', async () => {
    const story = await storyOf('distill-model-held-approved-2026-11-26');
    const page = storyPage([
      { ...story, workflowId: '<script>alert(1)</script>' },
      await storyOf('train-model-published-2026-11-26'),
    ]);
    expect(page).not.toContain('<script');
    expect(page).not.toMatch(/(?:src|href|url)\s*[=(]/);
    expect(page.match(/role="img" aria-label="Timeline of /g)).toHaveLength(2);
    expect(page).toContain('prefers-color-scheme: dark');
    // A line of the picture for each step of both.
    expect(page.match(/<g><title>/g)?.length).toBe(
      story.steps.length + (await storyOf('train-model-published-2026-11-26')).steps.length,
    );
  });
});
