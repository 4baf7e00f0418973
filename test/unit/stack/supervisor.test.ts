import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { processIdentity, send } from '../../../workers/stack/processes';
import { type ChildSpec, supervise, type Supervised } from '../../../workers/stack/supervisor';

let dir: string;
let logFile: string;
let said: string[];
let running: Supervised | undefined;

beforeEach(async () => {
  dir = await mkdtemp(path.join(os.tmpdir(), 'llm-pack-supervisor-'));
  logFile = path.join(dir, 'out.log');
  said = [];
});
afterEach(async () => {
  await running?.stop();
  running = undefined;
  await rm(dir, { recursive: true, force: true });
});

/** A Node process that runs `script`; ready once it has written `up`. */
const node = (script: string, more: Partial<ChildSpec> = {}): ChildSpec => ({
  name: 'worker',
  command: process.execPath,
  args: ['-e', script],
  logFile,
  ready: async () => (await output()).includes('up'),
  log: ({ message }) => said.push(message),
  ...more,
});
const output = () => readFile(logFile, 'utf8');
const FOR_EVER = 'setInterval(() => {}, 1000);';
const gone = (pid: number) => vi.waitUntil(() => processIdentity(pid) === undefined, { timeout: 10_000 });

it('starts again what ends, and says how it ended and that it is back', async () => {
  running = await supervise(node(`console.log('up'); ${FOR_EVER}`));
  const first = running.pid ?? 0;
  send(first, 'SIGKILL');
  await vi.waitUntil(() => said.some((text) => text.startsWith('is back')), { timeout: 10_000 });
  expect(said[0]).toBe('was ended by SIGKILL; starting it again in 0.2 s');
  expect(running.restarts).toBe(1);
  expect(running.pid).not.toBe(first);
});

it('waits longer from restart to restart', async () => {
  // It lives until it was taken for started, and from then on ends at once.
  const end = path.join(dir, 'end');
  const untilTold = `setInterval(() => require('node:fs').existsSync(${JSON.stringify(end)}) && process.exit(3), 10);`;
  running = await supervise(node(`console.log('up'); ${untilTold}`));
  await writeFile(end, '');
  await vi.waitUntil(() => said.filter((text) => text.includes('starting it again')).length >= 3, { timeout: 10_000 });
  expect(said.filter((text) => text.includes('starting it again')).slice(0, 3)).toEqual([
    'ended with exit code 3; starting it again in 0.2 s',
    'ended with exit code 3; starting it again in 0.4 s',
    'ended with exit code 3; starting it again in 0.8 s',
  ]);
});

it('fails where the first start ends early, with the end of its output', async () => {
  const failing = supervise(node(`console.error('no such setting'); process.exit(2);`));
  await expect(failing).rejects.toThrow(
    /worker did not start: it ended with exit code 2\.\nno such setting\nRemedy: See/,
  );
});

it('tries a first start as often as it is told to', async () => {
  const failing = supervise(node(`console.log('one more'); process.exit(2);`, { startAttempts: 2 }));
  await expect(failing).rejects.toThrow('did not start');
  expect((await output()).match(/one more/g)).toHaveLength(2);
});

it('fails where the program is not there, or is not ready in time, and leaves no process', async () => {
  await expect(supervise(node('', { command: path.join(dir, 'none') }))).rejects.toThrow('could not be run');
  let pid = 0;
  const slow = node(FOR_EVER, { readyWithinSeconds: 0.3, onSpawn: (ref) => (pid = ref.pid) });
  await expect(supervise(slow)).rejects.toThrow('was not ready within 0.3 s');
  expect(processIdentity(pid)).toBeUndefined();
});

it('kills what does not end in time when it is asked to', async () => {
  running = await supervise(
    node(`process.on('SIGTERM', () => {}); console.log('up'); ${FOR_EVER}`, { stopWithinSeconds: 0.2 }),
  );
  const pid = running.pid ?? 0;
  await running.stop();
  expect(processIdentity(pid)).toBeUndefined();
  expect(said).toEqual([]);
});

it('takes along what the process has started, whether it is stopped or killed', async () => {
  const script = `const child = require('node:child_process').spawn(process.execPath, ['-e', '${FOR_EVER}']);
    console.log('child', child.pid); console.log('up'); ${FOR_EVER}`;
  const children = async () => [...(await output()).matchAll(/child (\d+)/g)].map(([, pid]) => Number(pid));
  running = await supervise(node(script));
  const [first = 0] = await children();
  send(running.pid ?? 0, 'SIGKILL');
  await gone(first);
  await vi.waitUntil(async () => (await children()).length === 2, { timeout: 10_000 });
  const [, second = 0] = await children();
  await running.stop();
  await gone(second);
});

it('is given up by its signal while it starts', async () => {
  const stop = new AbortController();
  let pid = 0;
  const starting = supervise(
    node(FOR_EVER, {
      signal: stop.signal,
      onSpawn: (ref) => {
        pid = ref.pid;
        stop.abort();
      },
    }),
  );
  await expect(starting).rejects.toThrow('aborted');
  expect(processIdentity(pid)).toBeUndefined();
});
