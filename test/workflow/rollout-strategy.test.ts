import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { WorkflowHandle } from '@temporalio/client';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { StageProgress } from '../../schemas/common';
import { MESSAGES, QUEUES } from '../../schemas/names';
import type { RolloutStrategyOutput } from '../../schemas/rollout-strategy';
import { makeBundle } from '../../workers/bundle';
import { ScriptedRollout } from '../support/scripted-rollout';
import { type SkippingServer, startSkippingServer } from '../support/skipping-server';
import { startTestWorker } from '../support/test-worker';

const HOUR = 3_600_000;
/** Two steps, and a look every six hours. */
const input = {
  name: 'ranking',
  strategy: { model: 'second' },
  metrics: [{ name: 'clicks' }],
  steps: [
    { share: 0.01, margin: 0.1 },
    { share: 0.1, margin: 0.05 },
  ],
};

describe('a rollout', () => {
  let server: SkippingServer;
  let llm: Awaited<ReturnType<typeof startTestWorker>>;
  let cpu: Awaited<ReturnType<typeof startTestWorker>>;
  let script: ScriptedRollout;
  beforeAll(async () => {
    server = await startSkippingServer();
    llm = await startTestWorker(
      server.address,
      await makeBundle(join(__dirname, '..', '..', 'workflows', 'rollout-strategy.ts')),
    );
    // Each test has a script of its own.
    const asked = (name: string) => (argument: unknown) =>
      (script.activities as unknown as Record<string, (argument: unknown) => unknown>)[name]?.(argument);
    const names = Object.keys(new ScriptedRollout().activities);
    const activities = Object.fromEntries(names.map((name) => [name, asked(name)]));
    cpu = await startTestWorker(server.address, undefined, activities, QUEUES.cpu);
  });
  afterAll(async () => {
    await llm.stop();
    await cpu.stop();
    await server.stop();
  });
  beforeEach(() => (script = new ScriptedRollout()));

  const start = (more: object = {}, carry?: object): Promise<WorkflowHandle> =>
    llm.client.workflow.start('rolloutStrategy', {
      taskQueue: llm.taskQueue,
      workflowId: randomUUID(),
      args: [{ ...input, ...more }, ...(carry ? [carry] : [])],
    });
  const resultOf = async (handle: WorkflowHandle) => (await handle.result()) as RolloutStrategyOutput;
  const statusOf = async (handle: WorkflowHandle) => (await handle.query<StageProgress>(MESSAGES.progress)).status;
  const kill = (handle: WorkflowHandle) => handle.signal(MESSAGES.kill, { by: 'Ada', note: 'pager' });
  const until = async (holds: () => unknown): Promise<void> => {
    await vi.waitFor(holds, { timeout: 20_000 });
  };
  const moved = (count: number) => until(() => expect(script.calls.moved).toHaveLength(count));
  const untilHeld = (handle: WorkflowHandle) => until(async () => expect(await statusOf(handle)).toBe('holding'));
  const untilAlone = (handle: WorkflowHandle) =>
    until(async () => expect((await handle.describe()).raw.pendingActivities).toHaveLength(1));
  let skipped: Promise<void> | undefined;
  /** It waits for its next look: the clock may go on. */
  const untilWaiting = (handle: WorkflowHandle) =>
    until(async () => {
      const events = (await handle.fetchHistory()).events ?? [];
      const timer = events.findLastIndex((event) => event.timerStartedEventAttributes);
      expect(timer).toBeGreaterThan(events.findLastIndex((event) => event.activityTaskCompletedEventAttributes));
    });
  /** Six hours on, and the look that is then due. */
  const look = async (handle: WorkflowHandle) => {
    const before = script.calls.looked.length;
    await skipped;
    await untilWaiting(handle);
    // The clock stands still while an activity is under way, so where the look hangs the skip does, too.
    skipped = server.skip(6 * HOUR);
    await until(() => expect(script.calls.looked).toHaveLength(before + 1));
  };
  const KILLED = { outcome: 'killed', reasons: ['killed by Ada: pager'] };

  it('gives the candidate to one share after the other, and makes it live with its verdict', async () => {
    const handle = await start();
    await moved(1);
    await look(handle);
    await moved(2);
    await look(handle);
    expect(await resultOf(handle)).toMatchObject({ outcome: 'published', counts: { steps: 2, looks: 2 } });
    expect(script.calls.moved.map(({ share, reason }) => ({ share, reason }))).toEqual([
      { share: 0.01, reason: 'step 1 of 2' },
      { share: 0.1, reason: 'step 2 of 2: look 1' },
    ]);
    const [{ decision } = {}] = script.calls.recorded;
    expect(decision).toMatchObject({ verdict: 'promote', reference: 1, reasons: ['look 2'], inputs: ['4'.repeat(64)] });
    expect(decision).not.toHaveProperty('approval');
    expect(script.calls.back).toEqual([]);
  });

  it('that does harm is taken back with its verdict, and refused for a while by the clock of the workflow', async () => {
    script.answers = ['next', 'rollback'];
    const handle = await start({ coolDownHours: 5 });
    await moved(1);
    await look(handle);
    await moved(2);
    await look(handle);
    expect(await resultOf(handle)).toMatchObject({ outcome: 'rolled-back', reasons: ['look 2'] });
    const [back] = script.calls.back;
    expect(back).toMatchObject({ coolDownHours: 5, verdict: { decision: { verdict: 'reject', reasons: ['look 2'] } } });
    const { closeTime, startTime } = await handle.describe();
    const at = Date.parse(back?.at ?? '');
    expect(at).toBeGreaterThanOrEqual(startTime.getTime() + 12 * HOUR);
    expect(at).toBeLessThanOrEqual(closeTime?.getTime() ?? 0);
    expect(script.calls.recorded).toEqual([]);
  });

  describe('that is killed is taken back at once', () => {
    it.each(['replayStrategy', 'moveStrategy', 'lookAtRollout', 'recordRollout'] as const)(
      'while %s is under way',
      async (at) => {
        script.hangsAt = at;
        const handle = await start({ replay: { source: 'log' }, steps: input.steps.slice(0, 1) });
        if (at === 'lookAtRollout' || at === 'recordRollout') {
          await moved(1);
          await look(handle);
        }
        await until(() => expect(script.hanging).toBe(1));
        script.beforeBack = () => untilAlone(handle);
        await kill(handle);
        expect(await resultOf(handle)).toMatchObject(KILLED);
        expect(script.calls.back).toHaveLength(1);
      },
    );

    it('between two looks, and the verdict says by whom', async () => {
      const handle = await start();
      await moved(1);
      await kill(handle);
      expect(await resultOf(handle)).toMatchObject(KILLED);
      expect(script.calls.looked).toEqual([]);
      expect(script.calls.back).toMatchObject([
        {
          coolDownHours: 0,
          verdict: { decision: { verdict: 'reject', approval: { approved: false, by: 'Ada', note: 'pager' } } },
        },
      ]);
    });

    it('while it is paused, before the first user and after', async () => {
      for (const moves of [0, 1]) {
        const handle = await start();
        if (moves > 0) await moved(moves);
        await handle.executeUpdate(MESSAGES.pause);
        await kill(handle);
        expect(await resultOf(handle)).toMatchObject(KILLED);
        script = new ScriptedRollout();
      }
    });

    it('while it holds for a person, and no longer says that it holds', async () => {
      script.answers = ['hold'];
      const handle = await start();
      await moved(1);
      await look(handle);
      await untilHeld(handle);
      await kill(handle);
      expect(await resultOf(handle)).toMatchObject(KILLED);
      expect(await statusOf(handle)).toBe('done');
    });

    it('after it has continued as new, also where the switch was thrown while it did', async () => {
      script.answers = ['wait'];
      const handle = await start();
      await moved(1);
      const firstRun = (await handle.describe()).runId;
      for (let looks = 0; looks < 5; looks += 1) await look(handle);
      expect((await handle.describe()).runId).not.toBe(firstRun);
      await kill(handle);
      expect(await resultOf(handle)).toMatchObject(KILLED);

      // What the run before it has handed on, killed in the same moment.
      const state = {
        ...{ step: 0, began: Date.now(), sequence: 1, looks: 1, decisions: [], held: null, approval: null },
        killed: { by: 'Ada', note: 'pager' },
      };
      const carry = {
        results: { claim: {} },
        partial: { phase: 'rollout', next: 0, totals: state },
        controls: { paused: false, concurrency: 1 },
      };
      expect(await resultOf(await start({}, carry))).toMatchObject(KILLED);
    });

    it('but what is live already stays so, and it says that it came too late', async () => {
      script.hangsAt = 'recordRollout';
      script.liveAtEnd = 2;
      const handle = await start({ steps: input.steps.slice(0, 1) });
      await moved(1);
      await look(handle);
      await until(() => expect(script.hanging).toBe(1));
      script.beforeBack = () => untilAlone(handle);
      await kill(handle);
      expect(await resultOf(handle)).toMatchObject({
        outcome: 'published',
        reasons: ['killed by Ada: pager', 'too late: it was live already'],
      });
    });

    it('and the first of its name does not go live', async () => {
      script.live = null;
      const handle = await start({ metrics: [] });
      await handle.executeUpdate(MESSAGES.pause);
      await kill(handle);
      expect(await resultOf(handle)).toMatchObject(KILLED);
      expect(script.calls.recorded).toEqual([]);
    });
  });

  it('looks for harm while it is paused, and goes to no further step until it is resumed', async () => {
    const handle = await start();
    await moved(1);
    await handle.executeUpdate(MESSAGES.pause);
    await look(handle);
    await look(handle);
    await untilWaiting(handle);
    expect(script.calls.moved).toHaveLength(1);
    await handle.executeUpdate(MESSAGES.resume);
    await look(handle);
    await moved(2);
    await handle.executeUpdate(MESSAGES.pause);
    script.answers = ['rollback'];
    await look(handle);
    expect(await resultOf(handle)).toMatchObject({ outcome: 'rolled-back' });
  });

  it('holds for a person, and keeps on record who has approved, also after it has continued as new', async () => {
    script.answers = ['hold', ...Array.from({ length: 6 }, () => 'wait' as const), 'next'];
    const handle = await start();
    await moved(1);
    await look(handle);
    await untilHeld(handle);
    await handle.executeUpdate(MESSAGES.approve, { args: [{ by: 'Grace', note: 'a known outage' }] });
    await moved(2);
    expect(script.calls.moved[1]?.reason).toBe('step 2 of 2: approved by Grace');
    for (let looks = 0; looks < 7; looks += 1) await look(handle);
    expect(await resultOf(handle)).toMatchObject({ outcome: 'published', counts: { looks: 8 } });
    const { raw } = await handle.describe();
    expect(raw.workflowExecutionInfo?.firstRunId).not.toBe(raw.workflowExecutionInfo?.execution?.runId);
    expect(script.calls.recorded[0]?.decision).toMatchObject({
      verdict: 'hold',
      approval: { approved: true, by: 'Grace', note: 'a known outage' },
    });
  });

  it('looks on while it holds: it goes on by itself where the reason is gone, and rolls back where harm shows', async () => {
    script.answers = ['hold', 'next', 'hold', 'rollback'];
    const handle = await start();
    await moved(1);
    await look(handle);
    await untilHeld(handle);
    await look(handle);
    await moved(2);
    await look(handle);
    await untilHeld(handle);
    await look(handle);
    expect(await resultOf(handle)).toMatchObject({ outcome: 'rolled-back', reasons: ['look 4'] });
  });

  it('that a person rejects is taken back, and may be tried again at once', async () => {
    script.answers = ['hold'];
    const handle = await start();
    await moved(1);
    await look(handle);
    await untilHeld(handle);
    await handle.executeUpdate(MESSAGES.reject, { args: [{ by: 'Grace', note: 'no' }] });
    expect(await resultOf(handle)).toMatchObject({ outcome: 'rejected', reasons: ['rejected by Grace: no', 'look 1'] });
    expect(script.calls.back).toMatchObject([{ coolDownHours: 0, verdict: { decision: { verdict: 'reject' } } }]);
  });
});
