import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { ApplicationFailure } from '@temporalio/common';
import { Context } from '@temporalio/activity';
import { WorkflowFailedError, type WorkflowHandle } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { stageProgress, type StageProgress } from '../../schemas/common';
import { hostQueue, MESSAGES } from '../../schemas/names';
import { makeBundle } from '../../workers/bundle';
import { sharedServers } from '../support/shared-servers';
import { startTestWorker } from '../support/test-worker';

/** Units wait at this gate until a test opens it, so that a test looks at a run in the middle without sleeping. */
let gate = { open: true, waiting: [] as (() => void)[] };
const ran: number[] = [];
const cleaned: string[] = [];
let inFlight = 0;
let mostInFlight = 0;

const activities = {
  async addUnit({ unit, fail }: { unit: number; fail: boolean }) {
    if (fail) throw ApplicationFailure.nonRetryable('unit is broken\nRemedy: mend it', 'InvariantBroken');
    mostInFlight = Math.max(mostInFlight, ++inFlight);
    try {
      if (!gate.open) {
        const beat = setInterval(() => Context.current().heartbeat(), 200);
        const opened = new Promise<void>((resolve) => gate.waiting.push(resolve));
        await Promise.race([opened, Context.current().cancelled]).finally(() => clearInterval(beat));
      }
      ran.push(unit);
      return { value: unit };
    } finally {
      inFlight -= 1;
    }
  },
  cleanUp({ how }: { how: string }): Promise<void> {
    cleaned.push(how);
    return Promise.resolve();
  },
};

const closeGate = () => (gate = { open: false, waiting: [] });
const openGate = () => {
  gate.open = true;
  for (const go of gate.waiting) go();
};

describe('the stage kit', () => {
  let kit: Awaited<ReturnType<typeof startTestWorker>>;
  beforeAll(async () => {
    const bundle = await makeBundle(join(__dirname, '..', 'support', 'kit-workflows.ts'));
    kit = await startTestWorker(sharedServers().temporalAddress, bundle, activities);
  });
  afterAll(() => kit.stop());

  const start = (input: unknown): Promise<WorkflowHandle> => {
    ran.length = cleaned.length = 0;
    mostInFlight = 0;
    return kit.client.workflow.start('kitProbe', { taskQueue: kit.taskQueue, workflowId: randomUUID(), args: [input] });
  };
  const progressOf = (handle: WorkflowHandle) => handle.query<StageProgress>(MESSAGES.progress);
  const timeouts = async (handle: WorkflowHandle): Promise<number> =>
    ((await handle.fetchHistory()).events ?? []).filter((event) => event.activityTaskTimedOutEventAttributes).length;
  const failureOf = async (handle: WorkflowHandle): Promise<ApplicationFailure> => {
    const error: unknown = await handle.result().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(WorkflowFailedError);
    return (error as WorkflowFailedError).cause as ApplicationFailure;
  };

  it('does every unit once and adds up their results, whatever order they finish in', async () => {
    const handle = await start({ units: 10 });
    expect(await handle.result()).toEqual({ sum: 45, approvedBy: null });
    expect([...ran].sort((a, b) => a - b)).toEqual([0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    const progress = stageProgress.parse(await progressOf(handle));
    expect(progress).toMatchObject({ status: 'done', counts: { sum: 45 }, etaSeconds: 0 });
    expect(progress.phases.slice(0, 2)).toEqual([
      { name: 'plan', done: 1, total: 1 },
      { name: 'add', done: 10, total: 10 },
    ]);
  });

  it('keeps no more units in flight than the concurrency, which can be changed while it runs', async () => {
    closeGate();
    const handle = await start({ units: 12, concurrency: 2 });
    // The plan step passes the same gate; let it through, then the window of two waits.
    await vi.waitFor(() => expect(gate.waiting).toHaveLength(1));
    gate.waiting[0]?.();
    await vi.waitFor(() => expect(inFlight).toBe(2));
    await handle.executeUpdate(MESSAGES.setConcurrency, { args: [5] });
    await vi.waitFor(() => expect(inFlight).toBe(5));
    openGate();
    await handle.result();
    expect(mostInFlight).toBe(5);
  });

  it('continues as new at a clean point, forgets nothing, and keeps each history short', async () => {
    const handle = await start({ units: 40, concurrency: 3 });
    expect(await handle.result()).toEqual({ sum: (39 * 40) / 2, approvedBy: null });
    expect(ran).toHaveLength(41);
    const { raw } = await handle.describe();
    expect(raw.workflowExecutionInfo?.firstRunId).not.toBe(raw.workflowExecutionInfo?.execution?.runId);
    // 60 events is where it stops to start units; a window of three adds at most six each.
    expect((await handle.fetchHistory()).events?.length).toBeLessThan(60 + 3 * 6 + 10);
  });

  it('does one piece after another without an end in sight, pauses between two, and continues as new', async () => {
    ran.length = 0;
    closeGate();
    const start = { taskQueue: kit.taskQueue, workflowId: randomUUID(), args: [{ units: 40 }] };
    const handle = await kit.client.workflow.start('kitEndless', start);
    await vi.waitFor(() => expect(gate.waiting).toHaveLength(1));
    const { phases, etaSeconds } = stageProgress.parse(await progressOf(handle));
    expect({ phases, etaSeconds }).toEqual({ phases: [{ name: 'add', done: 0, total: 0 }], etaSeconds: null });
    await handle.executeUpdate(MESSAGES.pause);
    openGate();
    await vi.waitFor(async () =>
      expect((await progressOf(handle)).phases).toEqual([{ name: 'add', done: 1, total: 0 }]),
    );
    expect(ran).toEqual([0]);
    await handle.executeUpdate(MESSAGES.resume);
    expect(await handle.result()).toEqual({ sum: (39 * 40) / 2, approvedBy: null });
    expect(ran).toEqual(Array.from({ length: 40 }, (_, at) => at));
    const { raw } = await handle.describe();
    expect(raw.workflowExecutionInfo?.firstRunId).not.toBe(raw.workflowExecutionInfo?.execution?.runId);
  });

  it('starts no unit while it is paused, and says so', async () => {
    closeGate();
    const handle = await start({ units: 6, concurrency: 1 });
    await handle.executeUpdate(MESSAGES.pause);
    await expect(handle.executeUpdate(MESSAGES.pause)).rejects.toThrow();
    openGate();
    expect((await progressOf(handle)).status).toBe('paused');
    const { searchAttributes } = await handle.describe();
    expect(searchAttributes).toMatchObject({ LlmStage: ['kitProbe'], LlmSubject: ['6-units'], LlmStatus: ['paused'] });
    expect(ran.length).toBeLessThanOrEqual(1);
    await handle.executeUpdate(MESSAGES.resume);
    expect(await handle.result()).toMatchObject({ sum: 15 });
  });

  it('holds until a person approves, and records who', async () => {
    const handle = await start({ units: 2, hold: true });
    await vi.waitFor(async () => expect((await progressOf(handle)).hold).toBe('the sum is 1'), { timeout: 10_000 });
    await handle.executeUpdate(MESSAGES.approve, { args: [{ by: 'Ada' }] });
    expect(await handle.result()).toEqual({ sum: 1, approvedBy: 'Ada' });
  });

  it('ends as Rejected when a person says no, with the reason', async () => {
    const handle = await start({ units: 2, hold: true });
    await vi.waitFor(async () => expect((await progressOf(handle)).status).toBe('holding'), { timeout: 10_000 });
    await handle.executeUpdate(MESSAGES.reject, { args: [{ by: 'Bob', note: 'too small' }] });
    const failure = await failureOf(handle);
    expect(failure.type).toBe('Rejected');
    expect(failure.message).toContain('Rejected by Bob: too small. It was held because the sum is 1.');
    expect(cleaned).toEqual(['failed']);
  });

  it('refuses a decision nobody waits for, and a concurrency out of range', async () => {
    closeGate();
    const handle = await start({ units: 1 });
    await expect(handle.executeUpdate(MESSAGES.approve, { args: [{}] })).rejects.toThrow();
    for (const wrong of [0, 65, 1.5, 'many', null]) {
      await expect(handle.executeUpdate(MESSAGES.setConcurrency, { args: [wrong] })).rejects.toThrow();
    }
    openGate();
    await handle.result();
  });

  it('stops at the first unit that fails for good, with its code on top, after the others have ended', async () => {
    const handle = await start({ units: 20, failAt: 3 });
    const failure = await failureOf(handle);
    expect(failure.type).toBe('InvariantBroken');
    expect(failure.message).toBe('unit is broken\nRemedy: mend it');
    expect(cleaned).toEqual(['failed']);
    expect(inFlight).toBe(0);
  });

  it('cleans up when it is cancelled, after its units have ended', async () => {
    closeGate();
    const handle = await start({ units: 8, concurrency: 2 });
    await vi.waitFor(() => expect(gate.waiting).toHaveLength(1));
    gate.waiting[0]?.();
    await vi.waitFor(() => expect(inFlight).toBe(2));
    await handle.cancel();
    await expect(handle.result()).rejects.toThrow(WorkflowFailedError);
    expect((await handle.describe()).status.name).toBe('CANCELLED');
    expect(cleaned).toEqual(['cancelled']);
    expect(inFlight).toBe(0);
    openGate();
  });

  it('names the host that nobody works on, waits for it, and goes on when it is back', async () => {
    ran.length = 0;
    const host = `host-${randomUUID()}`;
    const queue = hostQueue(host);
    const args = [{ units: 5, concurrency: 2, queue }];
    const handle = await kit.client.workflow.start('hostProbe', {
      taskQueue: kit.taskQueue,
      workflowId: randomUUID(),
      args,
    });
    await vi.waitFor(async () => expect((await progressOf(handle)).warnings[0]).toContain(`"${host}"`), {
      timeout: 15_000,
      interval: 250,
    });
    const onHost = await startTestWorker(sharedServers().temporalAddress, undefined, activities, queue);
    expect(await handle.result()).toEqual({ sum: 10 });
    await onHost.stop();
    expect(ran).toHaveLength(5);
    expect((await progressOf(handle)).warnings).toEqual([]);
  });

  it('does not call a host away whose slots are all taken', async () => {
    closeGate();
    const queue = hostQueue(`host-${randomUUID()}`);
    const onHost = await startTestWorker(sharedServers().temporalAddress, undefined, activities, queue, 1);
    const handle = await kit.client.workflow.start('hostProbe', {
      taskQueue: kit.taskQueue,
      workflowId: randomUUID(),
      args: [{ units: 3, concurrency: 3, queue }],
    });
    await vi.waitFor(async () => expect(await timeouts(handle)).toBe(2), { timeout: 15_000, interval: 250 });
    expect((await progressOf(handle)).warnings).toEqual([]);
    openGate();
    expect(await handle.result()).toEqual({ sum: 3 });
    await onHost.stop();
  });

  it('describes its messages for the pickers of the UI', async () => {
    const handle = await start({ units: 1 });
    await handle.result();
    const metadata = await handle.query<{ definition: { updateDefinitions: { name: string; description: string }[] } }>(
      '__temporal_workflow_metadata',
    );
    const described = metadata.definition.updateDefinitions
      .filter(({ description }) => description)
      .map(({ name }) => name);
    expect(described.sort()).toEqual(['approve', 'pause', 'reject', 'resume', 'setConcurrency']);
  });
});
