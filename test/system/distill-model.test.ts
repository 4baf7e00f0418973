import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { WorkflowHandle } from '@temporalio/client';
import type { ApplicationFailure } from '@temporalio/common';
import { WorkflowFailedError } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { artifactKey } from '../../activities/stores/artifact-store';
import { distillModelStage, type DistillModelOutput } from '../../schemas/distill-model';
import { MESSAGES } from '../../schemas/names';
import { historyFacts } from '../support/history-facts';
import { startPack } from '../support/pack';
import { sharedServers } from '../support/shared-servers';
import { stepOf, stubTraining, untilProgress } from '../support/training';

const SUBJECTS = [
  'pumps',
  'seals',
  'rivers',
  'bread',
  'volcanoes',
  'tea',
  'trains',
  'glass',
  'bees',
  'maps',
  'wool',
  'salt',
];
const SAYINGS = [
  'are older than most people think',
  'need care in winter',
  'were traded along the coast',
  'are made by hand',
];
/** Documents that are told apart by their words alone, each the answer to one question. */
const DOCUMENTS = SUBJECTS.flatMap((subject, at) =>
  SAYINGS.map((saying, way) => ({
    id: `${subject}-${way}`,
    text: `${subject} ${saying}, as chapter ${at + 1} tells.`,
  })),
);
const QUERIES = DOCUMENTS.map(({ id, text }) => ({ query: text.replace(/, as.*/, '?'), relevant: { [id]: 1 } }));

/** MiniLM teaches a student that is cut from it, by a trainer that learns nothing: real weights, graphs, vectors and times. */
describe('a student of an encoder', () => {
  let pack: Awaited<ReturnType<typeof startPack>>;
  beforeAll(async () => {
    pack = await startPack(sharedServers(), { ...stubTraining, pools: { gpu: { hostHour: 0.5 } } });
    await mkdir(pack.projectDir, { recursive: true });
    const lines = (rows: readonly object[]) => rows.map((row) => `${JSON.stringify(row)}\n`).join('');
    await writeFile(path.join(pack.projectDir, 'documents.jsonl'), lines([...DOCUMENTS, ...DOCUMENTS.slice(0, 5)]));
    await writeFile(path.join(pack.projectDir, 'golden.jsonl'), lines(QUERIES));
    const teacher = { source: 'encoder:default', name: 'teacher', licence: 'apache-2.0' };
    await (await pack.start('importModel', teacher, 'distil-teacher')).result();
  });
  afterAll(() => pack.stop());

  const input = (name: string, more: Record<string, unknown> = {}) => ({
    ...{ name, teacher: 'teacher', data: { source: 'documents.jsonl' }, unitTexts: 16 },
    student: { layers: 6, parameters: { steps: 6, batchSize: 4, microBatchSize: 2 } },
    ...more,
    gate: {
      ...{ golden: 'golden.jsonl', documents: { source: 'documents.jsonl' }, minimumCases: 10 },
      speed: { buckets: [16], texts: 8, rounds: 3, minimum: 0.01 },
      ...(more['gate'] as object | undefined),
    },
  });
  const start = (name: string, more: Record<string, unknown> = {}): Promise<WorkflowHandle> =>
    pack.start('distillModel', input(name, more), `distil-${name}`);
  const resultOf = async (handle: WorkflowHandle): Promise<DistillModelOutput> =>
    distillModelStage.output.parse(await handle.result());
  const failureOf = async (handle: WorkflowHandle): Promise<ApplicationFailure> => {
    const error: unknown = await handle.result().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(WorkflowFailedError);
    return (error as WorkflowFailedError).cause as ApplicationFailure;
  };

  it('is registered in the first precision that passes, with its graph, a report and where it comes from', async () => {
    const handle = await start('whole');
    const output = await resultOf(handle);
    expect(output).toMatchObject({
      ...{ outcome: 'published', task: 'embedding', precision: 'int8', verdict: 'promote' },
      counts: { texts: DOCUMENTS.length },
      teaching: { kind: 'teaching', rows: DOCUMENTS.length },
      model: { name: 'whole', version: 1, base: 'teacher@1', licence: 'apache-2.0' },
    });
    const [tried, ...others] = output.tried ?? [];
    expect(others).toEqual([]);
    expect(tried).toMatchObject({
      precision: 'int8',
      objections: [],
      quality: { metric: 'nDCG@10', cases: QUERIES.length },
    });
    expect(tried?.speed).toMatchObject([{ tokens: 16 }]);
    const { store, registry } = pack.dependencies;
    const version = await registry.model('whole');
    const key = artifactKey(version?.artifact ?? { uri: '' });
    expect(JSON.parse(await readFile(await store.localFile(key, 'export.json'), 'utf8'))).toMatchObject({
      precision: 'int8',
    });
    expect(await readFile(await store.localFile(key, 'README.md'), 'utf8')).toContain('base_model: teacher@1');
    expect(await registry.evaluation({ kind: 'model', name: 'whole', version: 1 })).toMatchObject({ passed: true });
    const page = await readFile(
      await store.localFile(artifactKey(output.report ?? { uri: '' }), 'report.html'),
      'utf8',
    );
    expect(page).toContain('It passed in <b>int8</b>');
    expect(page).toContain('a million texts');
    const [decision] = await registry.decisions({ kind: 'model', name: 'whole', limit: 1 });
    expect(decision).toMatchObject({
      version: 1,
      verdict: 'promote',
      approval: null,
      intervals: [{ precision: 'int8' }],
    });
    expect(decision?.inputs).toHaveLength(3);
    expect(await registry.promotions({ kind: 'model', name: 'whole', limit: 1 })).toEqual([]);
    expect((await historyFacts(handle)).events).toBeLessThan(300);
  });

  it('shares what the teacher has said with another student of the same texts, which goes live once it is approved', async () => {
    const handle = await start('second', {
      promote: 'approve',
      student: { layers: 5, parameters: { steps: 6, batchSize: 4, microBatchSize: 2 } },
    });
    const { hold } = await untilProgress(handle, ({ status }) => status === 'holding');
    expect(hold).toBe('second has passed in int8, and goes live when it is approved');
    await handle.executeUpdate(MESSAGES.approve, { args: [{ by: 'Ada', note: '' }] });
    const output = await resultOf(handle);
    const [promotion] = await pack.dependencies.registry.promotions({ kind: 'model', name: 'second', limit: 1 });
    expect(promotion).toMatchObject({ version: 1, previous: null, approvedBy: 'Ada', gate: { passed: true } });
    const { counts } = await untilProgress(handle, ({ status }) => status === 'done');
    expect(counts['answers known already']).toBe(DOCUMENTS.length);
    const { events } = await handle.fetchHistory();
    const names = (events ?? []).map((event) => event.activityTaskScheduledEventAttributes?.activityType?.name);
    expect(names).not.toContain('teachUnit');
    expect(output.teaching?.uri).toMatch(/^artifact:teaching\//);
  });

  it('says for each precision why it was not taken, holds, and is registered as a person lets it', async () => {
    const gate = { speed: { buckets: [16], texts: 4, rounds: 1, minimum: 900 } };
    const handle = await start('slow', { precisions: ['int8', 'fp16', 'fp32'], gate });
    const { hold } = await untilProgress(handle, ({ status }) => status === 'holding');
    expect(hold).toMatch(
      /^no precision has passed\. int8: .*times as fast as the teacher at 16 tokens, of 900 asked for/,
    );
    expect(hold).toContain('fp32: ');
    await handle.executeUpdate(MESSAGES.approve, { args: [{ by: 'Ada', note: 'a trial' }] });
    const output = await resultOf(handle);
    expect(output).toMatchObject({ verdict: 'hold', approval: { by: 'Ada' }, model: { version: 1 } });
    expect(output.tried?.map(({ precision }) => precision)).toEqual(['int8', 'fp16', 'fp32']);
    expect(await pack.dependencies.registry.evaluation({ kind: 'model', name: 'slow', version: 1 })).toMatchObject({
      passed: false,
    });
  });

  it('is refused where it does not show what it has to, and no version is made of it', async () => {
    const gate = { speed: { buckets: [16], texts: 4, rounds: 1, minimum: 900 } };
    const failed = await failureOf(await start('refused', { onWorse: 'fail', precisions: ['fp32'], gate }));
    expect(failed).toMatchObject({ type: 'GateRefused', nonRetryable: true });
    expect(failed.message).toContain('no precision has passed. fp32: ');
    expect(await pack.dependencies.registry.model('refused')).toBeUndefined();
  });

  it('pauses its training with itself, and ends it with itself', async () => {
    await writeFile(
      path.join(pack.projectDir, 'few.jsonl'),
      DOCUMENTS.slice(0, 4)
        .map((row) => `${JSON.stringify(row)}\n`)
        .join(''),
    );
    const student = { layers: 2, parameters: { steps: 2_000, batchSize: 4, microBatchSize: 2 } };
    const handle = await start('steered', { data: { source: 'few.jsonl' }, student });
    const child = pack.client.workflow.getHandle('distil-steered-train');
    await untilProgress(handle, ({ phases }) => (phases.find(({ name }) => name === 'train')?.total ?? 0) > 0);
    await untilProgress(child, (progress) => stepOf(progress) > 0);
    await handle.executeUpdate(MESSAGES.pause);
    await untilProgress(child, ({ status }) => status === 'paused');
    const { warnings } = await untilProgress(handle, (progress) => progress.warnings.length > 0);
    expect(warnings.join()).toContain('distil-steered-train is paused');
    await handle.executeUpdate(MESSAGES.resume);
    await untilProgress(child, ({ status }) => status === 'running');
    await handle.cancel();
    await expect(handle.result()).rejects.toThrow();
    expect((await child.describe()).status.name).toBe('CANCELLED');
    expect((await handle.describe()).status.name).toBe('CANCELLED');
  });

  it('does the same work once, and only says what it would do on a dry run', async () => {
    const before = await resultOf(pack.client.workflow.getHandle('distil-whole'));
    const again = await pack.start('distillModel', input('whole'), 'distil-whole-again');
    expect(await resultOf(again)).toEqual({ ...before, outcome: 'reused' });
    const dry = await pack.start('distillModel', { ...input('whole'), dryRun: true }, 'distil-whole-dry');
    expect(await resultOf(dry)).toMatchObject({ outcome: 'dry-run', workKey: before.workKey });
  });
});
