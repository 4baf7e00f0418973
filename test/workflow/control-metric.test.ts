import { join } from 'node:path';
import type { WorkflowHandle, WorkflowHandleWithFirstExecutionRunId as Started } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createControlActivities } from '../../activities/control';
import { Registry } from '../../activities/stores/registry';
import { controlConfig } from '../../schemas/control-config';
import { controlMetricStage, type ControlMetricOutput } from '../../schemas/control-metric';
import { stageProgress } from '../../schemas/common';
import { MESSAGES, QUEUES } from '../../schemas/names';
import { makeBundle } from '../../workers/bundle';
import { sharedServers } from '../support/shared-servers';
import { type SkippingServer, startSkippingServer } from '../support/skipping-server';
import { startTestWorker } from '../support/test-worker';

const HOUR = 3_600_000;

describe('a loop, by the clock', () => {
  const strategy = `clocked-${process.pid}-${Date.now()}`;
  let server: SkippingServer;
  let registry: Registry;
  let llm: Awaited<ReturnType<typeof startTestWorker>>;
  let cpu: Awaited<ReturnType<typeof startTestWorker>>;
  beforeAll(async () => {
    server = await startSkippingServer();
    registry = new Registry(sharedServers().databaseUrl);
    await registry.migrate();
    const activities = createControlActivities({ registry, control: { config: controlConfig.parse({}), env: {} } });
    const workflows = join(__dirname, '..', '..', 'workflows', 'control-metric.ts');
    llm = await startTestWorker(server.address, await makeBundle(workflows));
    cpu = await startTestWorker(server.address, undefined, activities, QUEUES.cpu);
  });
  afterAll(async () => {
    await llm?.stop();
    await cpu?.stop();
    await registry?.close();
    await server?.stop();
  });

  const start = (knob: string, more: object = {}): Promise<Started> =>
    llm.client.workflow.start('controlMetric', {
      taskQueue: llm.taskQueue,
      workflowId: `${strategy}-${knob}`,
      args: [
        {
          loop: { ...controlMetricStage.example.loop, strategy, knob },
          ...{ periodSeconds: HOUR / 1_000, settlePeriods: 4, newStrategy: true, ...more },
        },
      ],
    });
  /** Waits until so many looks are taken, and with that for the next one. */
  const looked = (handle: WorkflowHandle, looks: number) =>
    vi.waitFor(
      async () => {
        const { counts } = stageProgress.parse(await handle.query(MESSAGES.progress));
        expect(counts['periods']).toBe(looks);
      },
      { timeout: 20_000 },
    );
  /** An hour on, and the look that is then due: the one of that number. */
  const look = async (handle: WorkflowHandle, number: number) => {
    await looked(handle, number - 1);
    await server.skip(HOUR);
    await looked(handle, number);
  };
  const holderOf = ({ workflowId, firstExecutionRunId }: Started) => `${workflowId}/${firstExecutionRunId}`;
  const knobOf = (knob: string) => registry.control.valueOf(strategy, knob);

  it('looks once a period, turns the knob by its rate at most, and ends after its periods', async () => {
    const handle = await start('rate', { periods: 5 });
    const knobs = [0.2];
    for (let period = 1; period <= 5; period += 1) {
      await look(handle, period);
      knobs.push((await knobOf('rate')) ?? NaN);
    }
    expect((await handle.result()) as ControlMetricOutput).toMatchObject({ outcome: 'ended', counts: { periods: 5 } });
    for (const [at, knob] of knobs.slice(1).entries()) {
      expect(knob).toBeGreaterThan(knobs[at] ?? NaN);
      expect(knob - (knobs[at] ?? NaN)).toBeLessThanOrEqual(0.1 + 1e-12);
      expect(knob).toBeLessThanOrEqual(0.3);
    }
    expect(knobs.at(-1)).toBeCloseTo(0.3, 2);
  });

  it('looks once after a pause of many periods, at the newest window, and keeps to its hours', async () => {
    const handle = await start('paused', { lagPeriods: 3 });
    await look(handle, 1);
    const holder = holderOf(handle);
    const first = await registry.control.find({ holder, step: 0 });
    await handle.executeUpdate(MESSAGES.pause);
    await server.skip(10 * HOUR);
    await looked(handle, 1);
    await handle.executeUpdate(MESSAGES.resume);
    await looked(handle, 2);
    const second = await registry.control.find({ holder, step: 1 });
    const hours = (Date.parse(second?.at ?? '') - Date.parse(first?.at ?? '')) / HOUR;
    expect(hours).toBe(10);
    // Ten hours on, every move of the past has shown: the knob as it was is all that is left of it.
    expect(second?.state).toMatchObject({ past: [first?.value, first?.value, first?.value] });
    await handle.signal(MESSAGES.kill, { by: 'eva' });
    await handle.result();
  });

  it('goes on as a new run once a day, where the one before stood, and is killed in any of them', async () => {
    const handle = await start('daily');
    const holder = holderOf(handle);
    const { runId } = await handle.describe();
    await handle.executeUpdate(MESSAGES.setTarget, { args: [9] });
    for (let hour = 1; hour <= 26; hour += 1) await look(handle, hour);
    expect((await handle.describe()).runId).not.toBe(runId);
    expect(await knobOf('daily')).toBeCloseTo(0.4, 3);
    const { counts, findings } = stageProgress.parse(await handle.query(MESSAGES.progress));
    expect(counts).toMatchObject({ periods: 26, held: 0 });
    expect(findings.join()).toContain('last 26 periods');
    expect(await registry.control.find({ holder, step: 25 })).toBeDefined();
    await handle.executeUpdate(MESSAGES.kill, { args: [{ by: 'eva' }] });
    expect((await handle.result()) as ControlMetricOutput).toMatchObject({ outcome: 'killed', value: 0.2 });
    expect(await knobOf('daily')).toBe(0.2);
  });
});
