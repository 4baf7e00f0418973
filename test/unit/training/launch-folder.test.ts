import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, it } from 'vitest';
import {
  createWhole,
  type NodeEnd,
  pieceOf,
  readLog,
  statusOfEnd,
} from '../../../activities/training/launchers/launch-folder';
import { openLauncher } from '../../../activities/training/launchers/open';
import { torchrunCommand, torchrunEnvironment } from '../../../activities/training/launchers/torchrun';
import { trainingConfig } from '../../../schemas/training-config';

let dir: string;

beforeEach(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'launch-folder-'));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

it('cuts text between characters, and never waits for one that will not come', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 40 }), fc.nat(160), (text, cut) => {
      const bytes = Buffer.from(text);
      const first = pieceOf(bytes.subarray(0, cut), 0, false);
      const rest = pieceOf(bytes.subarray(first.next), first.next, true);
      expect(first.text + rest.text).toBe(text);
      expect(rest.next).toBe(bytes.length);
    }),
  );
  expect(pieceOf(Buffer.from([0x61, 0xe6, 0x95]), 5, false)).toEqual({ text: 'a', next: 6 });
  expect(pieceOf(Buffer.from([0x61, 0xe6, 0x95]), 5, true)).toEqual({ text: 'a\ufffd', next: 8 });
  // No UTF-8 at all goes on as well.
  expect(pieceOf(Buffer.from([0xff, 0x80, 0x80, 0x80, 0x80]), 0, false).next).toBe(5);
});

it('puts the logs of other nodes after that of the first one, once none of them grows', async () => {
  await writeFile(path.join(dir, 'node-0.log'), 'zero\n');
  await writeFile(path.join(dir, 'node-2.log'), 'two\n');
  expect(await readLog(dir, 3, false, 0)).toEqual({ text: 'zero\n', next: 5 });
  expect(await readLog(dir, 3, false, 5)).toEqual({ text: '', next: 5 });
  expect(await readLog(dir, 3, true, 5)).toEqual({ text: 'two\n', next: 9 });
  expect(await readLog(dir, 3, true, 7)).toEqual({ text: 'o\n', next: 9 });
  expect(await readLog(dir, 3, true, 9)).toEqual({ text: '', next: 9 });
});

it('takes the end of the node that failed first for the end of the job, not of those that only followed', () => {
  const end = (word: string, at: number, more: Partial<NodeEnd> = {}): NodeEnd => ({
    ...{ word, at, exitCode: word === 'succeeded' ? 0 : 1, reason: null, followed: false },
    ...more,
  });
  expect(statusOfEnd([end('succeeded', 1), end('succeeded', 2)])).toMatchObject({ state: 'done' });
  // Clocks of nodes differ.
  const follower = end('failed', 1, { followed: true, reason: 'node 1 ended: failed' });
  expect(statusOfEnd([follower, end('failed', 3, { exitCode: 7 })])).toEqual({
    ...{ state: 'failed', native: 'failed', exitCode: 7 },
  });
  expect(statusOfEnd([end('succeeded', 1), end('lost', 2, { reason: 'torchrun was killed' })])).toMatchObject({
    ...{ state: 'lost', reason: 'torchrun was killed' },
  });
});

it('creates a file once, with one content', async () => {
  const file = path.join(dir, 'request.json');
  const created = await Promise.all(['a', 'b', 'c'].map((content) => createWhole(file, content)));
  expect(created.filter(Boolean)).toHaveLength(1);
});

it('starts torchrun for one node or as one of several, with its cores shared among its ranks', () => {
  const job = { id: 'run-1', dir: '/jobs/run', nodes: 1, processesPerNode: 2 };
  const command = torchrunCommand(job, { python: 'python' }).join(' ');
  expect(command).toMatch(/^python -m torch\.distributed\.run .*--max-restarts 0 --standalone/);
  expect(command).toMatch(/-m llm_pack_trainers\.run \/jobs\/run$/);
  expect(torchrunCommand({ ...job, nodes: 2 }, { python: 'python' }).join(' ')).toMatch(/--rdzv-endpoint {endpoint}/);
  const perNode = { cpus: 7, gpus: 0, memoryBytes: 1 };
  expect(torchrunEnvironment({ ...job, perNode, env: { SEED: '1' } })).toMatchObject({
    ...{ OMP_NUM_THREADS: '3', CUDA_VISIBLE_DEVICES: '', SEED: '1' },
  });
});

it('opens only launchers that are configured, with the credentials that they need', () => {
  const dependencies = { trainingDir: dir, python: 'python', env: {} };
  const config = trainingConfig.parse({
    launchers: { here: { kind: 'local' }, farm: { kind: 'ray', url: 'http://head:8265', tokenVariable: 'RAY_TOKEN' } },
  });
  const open = (name: string) => () => openLauncher(name, config, dependencies);
  expect(open('here')).not.toThrow();
  expect(open('there')).toThrow(/no launcher "there"; configured: here, farm/);
  expect(open('constructor')).toThrow(/no launcher "constructor"/);
  expect(open('farm')).toThrow(/needs the variable RAY_TOKEN/);
});
