import { createHash } from 'node:crypto';
import { appendFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, it } from 'vitest';
import {
  askToStop,
  checkpointDefect,
  listCheckpoints,
  prepareJobFolder,
  raiseFence,
  readFailure,
  readFence,
  readMetrics,
  readResult,
  readStopped,
} from '../../../activities/training/job-folder';
import type { TrainingJob } from '../../../schemas/training';

let dir: string;

beforeEach(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'job-folder-'));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

const job = (attempt: number): TrainingJob => ({
  id: `train-${attempt}`,
  attempt,
  recipe: 'pretrain',
  parameters: {},
  models: {},
  train: { format: 'jsonl', paths: ['/data/rows.jsonl'], rows: 3 },
  eval: null,
  columns: {},
  resumeFrom: null,
  dir,
  lineage: {},
});
const file = (name: string) => path.join(dir, name);
const line = (step: number, extra = {}) => ({ attempt: 1, step, steps: 9, at: 1, ...extra });

it('gives the folder to the latest attempt and to no earlier one again', async () => {
  await prepareJobFolder(job(1));
  await prepareJobFolder(job(2));
  expect(await readFence(dir)).toBe(2);
  expect(JSON.parse(await readFile(file('job.json'), 'utf8'))).toEqual(job(2));
  await expect(prepareJobFolder(job(1))).rejects.toMatchObject({ type: 'Superseded' });
  await raiseFence(dir, 2);
  await expect(prepareJobFolder(job(2))).rejects.toMatchObject({ type: 'Superseded' });
  expect((await readdir(dir)).sort()).toEqual(['checkpoints', 'fence', 'job.json']);
});

it('keeps a wish to stop for the attempt that was told, and for no later one', async () => {
  await prepareJobFolder(job(1));
  await askToStop(dir);
  await prepareJobFolder(job(1));
  expect(JSON.parse(await readFile(file('control.json'), 'utf8'))).toEqual({ stop: true });
  await prepareJobFolder(job(2));
  expect(await readdir(dir)).not.toContain('control.json');
});

it('takes a folder up whose preparation was cut off after the fence', async () => {
  await writeFile(file('fence'), '2\n');
  await prepareJobFolder(job(2));
  expect(JSON.parse(await readFile(file('job.json'), 'utf8'))).toEqual(job(2));
});

it('reads metrics on from where it was, and leaves a line that is still being written', async () => {
  expect(await readMetrics(dir, 0)).toEqual({ lines: [], next: 0, torn: 0 });
  await appendFile(file('metrics.jsonl'), `${JSON.stringify(line(1, { loss: 2.5 }))}\n{"attempt":1,"st`);
  const first = await readMetrics(dir, 0);
  expect(first.lines).toEqual([line(1, { loss: 2.5 })]);
  await appendFile(file('metrics.jsonl'), `ep":2,"steps":9,"at":1,"loss":null}\n`);
  expect((await readMetrics(dir, first.next)).lines).toEqual([line(2, { loss: null })]);
});

it('finds the line that follows half a one of a trainer that was killed', async () => {
  const extra = { extra: { routerBalance: 0.5 } };
  await writeFile(file('metrics.jsonl'), `{"attempt":1,"extra":{"a${JSON.stringify(line(3, extra))}\nnonsense\n`);
  expect(await readMetrics(dir, 0)).toMatchObject({ lines: [line(3, extra)], torn: 1 });
});

it('looks for it in time that grows with the length of the line, not with its square', async () => {
  const beginnings = '{"a":'.repeat(200_000);
  await writeFile(file('metrics.jsonl'), `${beginnings}\n${beginnings.slice(0, 40_000)}${JSON.stringify(line(3))}\n`);
  const before = process.cpuUsage();
  expect(await readMetrics(dir, 0)).toMatchObject({ lines: [line(3)], torn: 1 });
  const { user, system } = process.cpuUsage(before);
  // Milliseconds here; to try each beginning took minutes.
  expect((user + system) / 1e6).toBeLessThan(5);
});

it('reads every line once, wherever the writer and the reader pause', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat(400), { maxLength: 12 }), fc.integer({ min: 1, max: 20 }), async (cuts, count) => {
      const steps = Array.from({ length: count }, (_, step) => line(step, { extra: { 'größe✓': step } }));
      const bytes = Buffer.from(steps.map((each) => `${JSON.stringify(each)}\n`).join(''));
      await rm(file('metrics.jsonl'), { force: true });
      const read = [];
      let [written, next] = [0, 0];
      for (const cut of [...cuts, bytes.length]) {
        await appendFile(file('metrics.jsonl'), bytes.subarray(written, written + cut));
        written = Math.min(bytes.length, written + cut);
        const piece = await readMetrics(dir, next);
        read.push(...piece.lines);
        next = piece.next;
      }
      expect(read).toEqual(steps);
      expect(next).toBe(bytes.length);
    }),
  );
});

it('takes no word of another attempt, and none that is cut off', async () => {
  const report = { attempt: 1, class: 'data', type: 'KeyError', message: 'text', rank: 0, step: 0 };
  await writeFile(file('failure.json'), JSON.stringify(report));
  await writeFile(file('stopped.json'), '{"attempt":1,"step":40}');
  expect(await readFailure(dir, 1)).toEqual(report);
  expect(await readFailure(dir, 2)).toBeUndefined();
  expect(await readStopped(dir, 1)).toMatchObject({ step: 40 });
  expect(await readStopped(dir, 2)).toBeUndefined();
  await mkdir(file('result'));
  await writeFile(file('result/result.json'), '{"attempt":');
  expect(await readResult(dir)).toBeUndefined();
});

it('lists checkpoints that were whole once, and says what has become of one', async () => {
  const sha256 = createHash('sha256').update('weights').digest('hex');
  for (const step of [200, 100]) {
    const folder = file(`checkpoints/step-${String(step).padStart(8, '0')}`);
    await mkdir(folder, { recursive: true });
    await writeFile(path.join(folder, 'model'), 'weights');
    const files = [{ name: 'model', bytes: 7, sha256 }];
    const manifest = { step, attempt: 1, worldSize: 2, rowsSeen: step, at: 1, files };
    await writeFile(path.join(folder, 'manifest.json'), JSON.stringify(manifest));
  }
  await mkdir(file('checkpoints/step-00000300'));
  const [first, second, ...others] = await listCheckpoints(dir);
  expect(others).toEqual([]);
  if (!first || !second) throw new Error('Two checkpoints were written.');
  expect([first.step, second.step]).toEqual([100, 200]);
  const seen: number[] = [];
  expect(await checkpointDefect(first, (bytes) => seen.push(bytes))).toBeUndefined();
  expect(seen).toEqual([7]);
  await writeFile(path.join(first.dir, 'model'), 'weightz');
  await writeFile(path.join(second.dir, 'model'), 'w');
  expect(await checkpointDefect(first)).toMatch(/model is not what was written/);
  expect(await checkpointDefect(second)).toMatch(/model has 1 bytes, not 7/);
  await rm(path.join(first.dir, 'model'));
  expect(await checkpointDefect(first)).toMatch(/missing/);
});
