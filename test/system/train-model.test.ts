import path from 'node:path';
import { readdir } from 'node:fs/promises';
import type { ApplicationFailure } from '@temporalio/common';
import { WorkflowFailedError, type WorkflowHandle } from '@temporalio/client';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { StageProgress } from '../../schemas/common';
import { MESSAGES } from '../../schemas/names';
import { trainModelStage, type TrainModelOutput } from '../../schemas/train-model';
import { startPack } from '../support/pack';
import { sharedServers } from '../support/shared-servers';
import { availableParallelism } from 'node:os';
import { processesNaming, stepOf, stubTraining, untilProgress, writeRows } from '../support/training';

/** All cores of this host: two such jobs never run at once. */
const CPUS = availableParallelism();

const isAt = (state: string) => (progress: StageProgress) => progress.findings.join().includes(`Job: **${state}**`);

/** A trainer that learns nothing, as real processes under the real launcher: what is tested is what becomes of them. */
describe('a training that is started, watched and carried through', () => {
  let pack: Awaited<ReturnType<typeof startPack>>;
  beforeAll(async () => {
    pack = await startPack(sharedServers(), stubTraining);
  });
  afterAll(() => pack.stop());

  const parameters = { steps: 20, checkpointEverySteps: 5, batchSize: 8, microBatchSize: 4, architecture: {} };
  const start = async (
    name: string,
    stub: Parameters<typeof writeRows>[2],
    more: object = {},
  ): Promise<WorkflowHandle> => {
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
  /** Processes of the trainings of that name, of this project alone: others run beside. */
  const processesOf = (name: string) => processesNaming(path.join(pack.dependencies.training.dir, `${name}-`));
  const jobs = async () => (await readdir(pack.dependencies.training.dir)).filter((name) => name !== 'launches');

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
    expect(await readdir(path.join(pack.dependencies.training.dir, 'launches'))).toEqual([]);
  });

  it('shows its loss, its pace and its cost while it runs, and pauses with a checkpoint', async () => {
    const handle = await start('paused', { stepSeconds: 0.1 }, { parameters: { ...parameters, steps: 40 } });
    const shown = await untilProgress(handle, (progress) => stepOf(progress) > 0);
    expect(shown.findings.join()).toMatch(/step \*\*\d+\*\* of 40/);
    expect(processesOf('paused')).not.toEqual([]);
    const asked = Date.now();
    await handle.executeUpdate(MESSAGES.pause);
    const paused = await untilProgress(handle, isAt('paused'));
    expect(Date.now() - asked).toBeLessThan(15_000);
    expect(processesOf('paused')).toEqual([]);
    expect(paused.findings.join()).toMatch(/\| 1 \| 0 – \d+ \| paused \|/);
    await handle.executeUpdate(MESSAGES.resume);
    const { attempts = [], usage } = await resultOf(handle);
    expect(attempts.map(({ ended }) => ended)).toEqual(['paused', 'done']);
    // What was learnt before the pause is gone on from.
    expect(attempts[1]?.fromStep).toBe(attempts[0]?.toStep);
    expect(usage?.wastedHours).toBeLessThan(0.0005);
  });

  it('goes on from the last whole checkpoint when a rank is killed, and counts what was lost', async () => {
    const handle = await start('killed', { faults: [{ attempt: 1, step: 13, do: 'kill-damaged' }] });
    const { attempts } = await resultOf(handle);
    expect(attempts).toMatchObject([
      { attempt: 1, ended: 'infrastructure', fromStep: 0, toStep: 12 },
      { attempt: 2, ended: 'done', fromStep: 5, toStep: 20 },
    ]);
    expect(attempts?.[0]?.wastedSeconds).toBeGreaterThan(0);
    const { warnings } = await untilProgress(handle, ({ status }) => status === 'done');
    expect(warnings.join()).toMatch(/The checkpoint of step 10 was left out: state\.json has 2 bytes, not \d+/);
  });

  it('halves the rows that a rank takes at once where memory is short, and fails where that does not help', async () => {
    const output = await resultOf(await start('tight', { faults: [{ do: 'memory', above: 2 }] }));
    expect(output.attempts?.map(({ ended }) => ended)).toEqual(['memory', 'done']);
    const failed = await failureOf(
      await start(
        'too-tight',
        { faults: [{ do: 'memory', above: 0 }] },
        { parameters: { ...parameters, microBatchSize: 1 } },
      ),
    );
    expect(failed).toMatchObject({ type: 'TrainingFailed' });
    expect(failed.message).toContain('(memory): rank 0 at step 0: OutOfMemoryError: no room for the batch');
  });

  it('goes back before a loss that is no number, with a lower rate', async () => {
    const handle = await start('diverged', { stepSeconds: 0.05, faults: [{ attempt: 1, step: 12, do: 'nan' }] });
    const output = await resultOf(handle);
    expect(output.attempts).toMatchObject([{ ended: 'rule' }, { ended: 'done', fromStep: 10 }]);
    const { findings, warnings } = await untilProgress(handle, ({ status }) => status === 'done');
    expect(warnings.join()).toContain('was ended at step 12: the loss is not a number');
    expect(findings.join()).toContain(`rate ${3e-4 / 2}`);
  });

  it('fails at once on a defect of the code, with the end of the log, and keeps what was learnt for the next run', async () => {
    const handle = await start('broken', { faults: [{ attempt: 1, step: 8, do: 'user' }] });
    const failed = await failureOf(handle);
    expect(failed).toMatchObject({ type: 'TrainingFailed', nonRetryable: true });
    expect(failed.message).toMatch(
      /at step 7 \(user\): .*AttributeError: a defect of the recipe\.\nThe last lines of its log:\n(.*\n)*AttributeError/,
    );
    expect(failed.details?.[0]).toMatchObject({ class: 'user', attempts: [{ attempt: 1, ended: 'user' }] });
    // The fault is one of the first attempt alone: the same work goes on as the second.
    const output = await resultOf(await start('broken', { faults: [{ attempt: 1, step: 8, do: 'user' }] }));
    expect(output.attempts).toMatchObject([{ attempt: 2, fromStep: 5, ended: 'done' }]);
  });

  it('ends a job that hangs, and tries it again', async () => {
    const rules = { stall: { minutes: 0.05 } };
    const output = await resultOf(await start('hung', { faults: [{ attempt: 1, step: 7, do: 'hang' }] }, { rules }));
    expect(output.attempts).toMatchObject([
      { ended: 'rule', toStep: 6 },
      { ended: 'done', fromStep: 5 },
    ]);
  });

  it('ends a training that stands still with the model of its last checkpoint', async () => {
    const rules = { plateau: { lines: 10, minChange: 0.9, action: 'stop' } };
    const output = await resultOf(
      await start('flat', { stepSeconds: 0.1 }, { rules, parameters: { ...parameters, steps: 80 } }),
    );
    expect(output.attempts).toMatchObject([{ ended: 'rule' }, { ended: 'done' }]);
    expect(output.counts.steps).toBe(output.attempts?.[0]?.toStep);
    expect(output.counts.steps).toBeLessThan(80);
  });

  it('holds where its budget is used up, gives its devices to others meanwhile, and goes on where a person approves', async () => {
    const held = await start(
      'dear',
      { stepSeconds: 0.1 },
      {
        budget: { hours: 6 / 3_600 },
        perNode: { cpus: CPUS },
        processesPerNode: 1,
        parameters: { ...parameters, steps: 45 },
      },
    );
    await untilProgress(held, ({ status }) => status === 'holding');
    await resultOf(await start('other', {}, { perNode: { cpus: CPUS }, processesPerNode: 1 }));
    await held.executeUpdate(MESSAGES.approve, { args: [{ by: 'Ada' }] });
    const { attempts, usage } = await resultOf(held);
    expect(attempts?.map(({ ended }) => ended)).toEqual(['budget', 'done']);
    expect(usage?.wastedHours).toBeLessThan(0.001);
  });

  it('waits for all of its devices at once, the most urgent first', async () => {
    const whole = { perNode: { cpus: CPUS }, processesPerNode: 1 };
    const first = await start('first', { stepSeconds: 0.15 }, whole);
    await untilProgress(first, (progress) => stepOf(progress) > 0);
    const later = await start('later', {}, { ...whole, priority: 4 });
    await untilProgress(later, isAt('waits for devices'));
    const urgent = await start('urgent', {}, { ...whole, priority: 1 });
    const ends: string[] = [];
    await Promise.all(
      Object.entries({ first, later, urgent }).map(([name, handle]) => handle.result().then(() => ends.push(name))),
    );
    expect(ends).toEqual(['first', 'urgent', 'later']);
  });

  it('does the same work once, also where two ask for it at the same time', async () => {
    await writeRows(pack.projectDir, 'twins.jsonl', { stepSeconds: 0.05 });
    const input = { name: 'twins', data: { source: 'twins.jsonl' }, parameters };
    const twins = await Promise.all(['a', 'b'].map((id) => pack.start('trainModel', input, `train-twin-${id}`)));
    const outputs = await Promise.all(twins.map(resultOf));
    expect(outputs.map(({ outcome }) => outcome).sort()).toEqual(['published', 'reused']);
    expect(outputs.map(({ model }) => model?.version)).toEqual([1, 1]);
  });

  it('keeps its work for as long as it waits for a person, and loses it when it is ended without a word', async () => {
    const held = await start('parked', { before: 0.1 });
    await untilProgress(held, ({ status }) => status === 'holding');
    const input = { name: 'parked', data: { source: 'parked.jsonl' }, parameters, processesPerNode: 2 };
    const other = await pack.start('trainModel', input, 'train-parked-again');
    await untilProgress(other, isAt('waits for devices'));
    const asked = async () => (await other.describe()).raw.pendingActivities?.[0]?.attempt ?? 0;
    const sql = new Client({ connectionString: sharedServers().databaseUrl });
    await sql.connect();
    // As where two minutes have passed.
    const silence = () =>
      sql.query(
        `update llm_pack.training_claims set seen_at = seen_at - interval '2 minutes' where job like 'parked-%'`,
      );
    try {
      await silence();
      const before = await asked();
      await vi.waitFor(async () => expect(await asked()).toBeGreaterThan(before + 1), {
        timeout: 20_000,
        interval: 500,
      });
      const { rows } = await sql.query(`select workflow_id from llm_pack.training_claims where job like 'parked-%'`);
      expect(rows).toEqual([{ workflow_id: 'train-parked' }]);
      await held.terminate();
      await silence();
    } finally {
      await sql.end();
    }
    await untilProgress(other, ({ status }) => status === 'holding');
    await other.executeUpdate(MESSAGES.approve, { args: [{ by: 'Ada' }] });
    // It takes up what was made already.
    expect(await resultOf(other)).toMatchObject({
      outcome: 'published',
      model: { version: 1 },
      usage: { attempts: 0 },
    });
  });

  it('holds where its metric has not moved as it should, and publishes where a person approves', async () => {
    const handle = await start('worse', { before: 0.1 });
    const { hold } = await untilProgress(handle, ({ status }) => status === 'holding');
    expect(hold).toMatch(/^loss went from 0\.1 to 1\.6\d+: better by -\d+\.\d%, and 0\.0% was asked for$/);
    await handle.executeUpdate(MESSAGES.approve, { args: [{ by: 'Ada', note: 'a trial' }] });
    expect((await resultOf(handle)).approval).toEqual({ by: 'Ada', note: 'a trial' });
  });

  it('ends with a checkpoint when it is cancelled, and no process is left', async () => {
    const handle = await start('cancelled', { stepSeconds: 0.1 }, { parameters: { ...parameters, steps: 60 } });
    await untilProgress(handle, (progress) => stepOf(progress) > 0);
    expect(processesOf('cancelled')).not.toEqual([]);
    await handle.cancel();
    await expect(handle.result()).rejects.toThrow();
    expect(processesOf('cancelled')).toEqual([]);
    const [folder = ''] = (await jobs()).filter((name) => name.startsWith('cancelled-'));
    const checkpoints = await readdir(path.join(pack.dependencies.training.dir, folder, 'checkpoints'));
    expect(checkpoints.length).toBeGreaterThan(0);
  });

  it.each([
    ['a column that is not there', { columns: { text: 'body' } }, 'ColumnNotFound', '"body"'],
    ['a launcher that is not there', { launcher: 'cluster' }, 'LauncherNotConfigured', 'cluster'],
    ['a source that is not there', { data: { source: 'nowhere.jsonl' } }, 'SourceNotFound', 'nowhere.jsonl'],
    ['a source outside the roots', { data: { source: '/etc/passwd' } }, 'SourceNotAllowed', '/etc/passwd'],
    [
      'a base that is not there',
      { recipe: 'sft', base: 'nobody@3', parameters: {} },
      'ModelVersionNotFound',
      'nobody@3',
    ],
    ['too little memory', { perNode: { memoryGiB: 0.1 } }, 'MemoryTooSmall', 'perNode.memoryGiB is 0.1'],
    ['more devices than there are', { perNode: { cpus: 4_000 } }, 'DevicesMissing', '4000 of'],
  ])('refuses %s before anything is submitted', async (name, more, type, said) => {
    const failed = await failureOf(await start(`wrong-${name.replaceAll(' ', '-')}`, {}, more));
    expect(failed).toMatchObject({ type, nonRetryable: true });
    expect(failed.message).toContain(said);
  });
});
