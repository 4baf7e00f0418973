import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { type ApplicationFailure, WorkflowFailedError } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { distillModelStage } from '../../schemas/distill-model';
import { defaultCacheDir } from '../../workers/stack/cache';
import { ensureTrainersPython, trainersDir } from '../../workers/stack/trainers';
import { startPack } from '../support/pack';
import { seededRandom } from '../support/random';
import { sharedServers } from '../support/shared-servers';

/** Made up, and the same each time: how well a tiny teacher tells them apart hangs on every word. */
const DOCUMENTS = 60;
const VOCABULARY = 400;
const WORDS = 24;
const QUERY_WORDS = 8;
/** Of a teacher whose weights are random one layer of two keeps .54, and vectors a quarter as long .18. */
const KEEP = 0.3;

/** A teacher of two layers and 32 dimensions, whose vectors are as good as its words tell texts apart, and students that PyTorch trains. */
describe('a student that is trained', () => {
  let pack: Awaited<ReturnType<typeof startPack>>;
  beforeAll(async () => {
    pack = await startPack(sharedServers());
    const random = seededRandom(20_261_126);
    const documents = Array.from({ length: DOCUMENTS }, (_, at) => ({
      id: `d${at}`,
      text: Array.from({ length: WORDS }, () => `word${random.below(VOCABULARY)}`).join(' '),
    }));
    const queries = documents.map(({ id, text }) => ({
      query: text.split(' ').slice(0, QUERY_WORDS).join(' '),
      relevant: { [id]: 1 },
    }));
    const save = (name: string, rows: readonly object[]) =>
      writeFile(path.join(pack.projectDir, name), rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
    await save('documents.jsonl', documents);
    await save('golden.jsonl', queries);
    const python = await ensureTrainersPython({ cacheDir: defaultCacheDir(), log: () => undefined });
    const folder = path.join(pack.projectDir, 'tiny');
    const args = ['tests/make_bert.py', folder, path.join(pack.projectDir, 'documents.jsonl')];
    await promisify(execFile)(python, args, { cwd: trainersDir() });
    await mkdir(path.join(folder, '1_Pooling'));
    await writeFile(path.join(folder, '1_Pooling', 'config.json'), '{"pooling_mode_mean_tokens": true}');
    const teacher = { source: 'tiny', name: 'tiny-teacher', licence: 'apache-2.0' };
    await (await pack.start('importModel', teacher, 'distil-tiny-teacher')).result();
  });
  afterAll(() => pack.stop());

  const start = (name: string, student: Record<string, unknown>) =>
    pack.start(
      'distillModel',
      {
        ...{
          name,
          teacher: 'tiny-teacher',
          data: { source: 'documents.jsonl' },
          precisions: ['fp32'],
          onWorse: 'fail',
        },
        student: { layers: 1, parameters: { batchSize: 16, microBatchSize: 16, maxLength: 64, steps: 20 }, ...student },
        gate: {
          ...{ golden: 'golden.jsonl', documents: { source: 'documents.jsonl' }, keep: KEEP, minimumCases: 20 },
          speed: { buckets: [16], texts: 8, rounds: 3, minimum: 0.01 },
        },
      },
      `distil-${name}`,
    );

  it('passes when it has kept what its teacher is good for, and its graph computes what PyTorch did', async () => {
    const handle = await start('apt', {});
    const { verdict, model, tried, counts } = distillModelStage.output.parse(await handle.result());
    expect(verdict).toBe('promote');
    expect(model).toMatchObject({ name: 'apt', version: 1, base: 'tiny-teacher@1' });
    expect(counts.studentParameters).toBeLessThan(counts.teacherParameters);
    expect(tried?.[0]?.difference?.mean).toBeLessThan(1e-5);
    expect(tried?.[0]?.quality?.teacher).toBeGreaterThan(0.3);
  });
  it('is refused when its vectors are too short to tell documents apart, and no version is made of it', async () => {
    const handle = await start('short', { dimensions: 8 });
    const error: unknown = await handle.result().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(WorkflowFailedError);
    const { type, message } = (error as WorkflowFailedError).cause as ApplicationFailure;
    expect(type).toBe('GateRefused');
    expect(message).toContain('nDCG@10');
    expect(await pack.dependencies.registry.model('short')).toBeUndefined();
  });
});
