import path from 'node:path';
import { readdir } from 'node:fs/promises';
import { ApplicationFailure } from '@temporalio/common';
import { WorkflowFailedError, type WorkflowHandle } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MESSAGES } from '../../schemas/names';
import { trainModelStage, type TrainModelOutput } from '../../schemas/train-model';
import { startPack } from '../support/pack';
import { sharedServers } from '../support/shared-servers';
import { processesNaming, stepOf, stubTraining, untilProgress, writeRows } from '../support/training';

/** A trainer that learns nothing, as real processes under the real launcher: what is tested is what becomes of them. */
describe('a training that is started, watched and carried through', () => {
  let pack: Awaited<ReturnType<typeof startPack>>;
  beforeAll(async () => {
    pack = await startPack(sharedServers(), stubTraining);
  });
  afterAll(() => pack.stop());

  const parameters = { steps: 20, checkpointEverySteps: 5, batchSize: 8, microBatchSize: 4 };
  const start = async (name: string, stub: Parameters<typeof writeRows>[2], more: object = {}): Promise<WorkflowHandle> => {
    await writeRows(pack.projectDir, `${name}.jsonl`, stub);
    const input = { name, data: { source: `${name}.jsonl` }, parameters, processesPerNode: 2, ...more };
    return pack.start('trainModel', input, `train-${name}`);
  };
  const resultOf = async (handle: WorkflowHandle): Promise<TrainModelOutput> =>
    trainModelStage.output.parse(await handle.result());
  const failureOf = async (handle: WorkflowHandle): Promise<ApplicationFailure> => {
    const error: unknown = await handle.result().then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    expect(error).toBeInstanceOf(WorkflowFailedError);
    return (error as WorkflowFailedError).cause as ApplicationFailure;
  };
  const jobs = () => readdir(path.join(pack.projectDir, '.llm-pack', 'training')).then((names) => names.filter((n) => n !== 'launches'));

  it('ends with a registered model, its cost, and nothing left behind', async () => {
    const output = await resultOf(await start('plain', {}));
    expect(output).toMatchObject({
      outcome: 'published',
      model: { name: 'plain', version: 1 },
      counts: { rows: 10, steps: 20 },
      metrics: { metric: { name: 'loss', better: 'lower' } },
      usage: { device: 'cpu', devices: 2, wastedHours: 0, attempts: 1 },
    });
    expect(output.usage?.cost).toBeCloseTo((output.usage?.hours ?? 0) * 36, 3);
    expect(await jobs()).toEqual([]);
  });

  it('shows its loss, its pace and its cost while it runs, and pauses with a checkpoint', async () => {
    const handle = await start('paused', { stepSeconds: 0.15 }, { parameters: { ...parameters, steps: 60 } });
    const shown = await untilProgress(handle, (progress) => stepOf(progress) > 0);
    expect(shown.findings.join()).toMatch(/step \*\*\d+\*\* of 60/);
    await handle.executeUpdate(MESSAGES.pause);
    const paused = await untilProgress(handle, ({ findings }) => findings.join().includes('Job: **paused**'));
    expect(processesNaming('paused-')).toEqual([]);
    expect(paused.findings.join()).toMatch(/\| 1 \| 0 – \d+ \| paused \|/);
    await handle.executeUpdate(MESSAGES.resume);
    const output = await resultOf(handle);
    expect(output.attempts?.map(({ ended }) => ended)).toEqual(['paused', 'done']);
    // What was learnt before the pause is gone on from.
    expect(output.attempts?.[1]?.fromStep).toBe(output.attempts?.[0]?.toStep);
    expect(output.usage?.wastedHours).toBeLessThan(0.0005);
  });
});
