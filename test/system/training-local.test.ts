import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { JobRequest } from '../../activities/training/launchers/launcher';
import { localLauncher, type LocalOptions } from '../../activities/training/launchers/local';
import { hasEnded } from '../../activities/training/launchers/states';
import { mayMakeNetworks, TestNetwork } from '../support/network';
import { seededRandom } from '../support/random';
import { processesOf, runningRanks, stubJob, type StubParameters, stubTrainer } from '../support/stub-job';

const JITI = path.join(path.dirname(require.resolve('jiti/package.json')), 'lib/jiti-cli.mjs');
const SUBMITTER = path.join(__dirname, '../support/submit-child.ts');
/** `LAUNCHER_KILLS=10` kills each kind of process so many times, at moments drawn from a fixed seed. */
const KILLS = Number(process.env['LAUNCHER_KILLS'] ?? 1);

// The interpreter itself: what stands on the PATH may be a script that looks for one.
const python = execFileSync('python3', ['-c', 'import sys; print(sys.executable)'], { encoding: 'utf8' }).trim();
const MEMORY_GROUPS = '/sys/fs/cgroup/memory';
/** Control groups of the first version are the ones that a test may make without others noticing. */
const mayLimitMemory = (): boolean => process.getuid?.() === 0 && existsSync(path.join(MEMORY_GROUPS, 'cgroup.procs'));

let base: string;
let options: LocalOptions;
let jobs: JobRequest[];

beforeEach(async () => {
  base = await mkdtemp(path.join(tmpdir(), 'training-local-'));
  jobs = [];
  options = {
    ...stubTrainer(python),
    trainingDir: base,
    nodes: [[]],
    rendezvousHost: '127.0.0.1',
    nodeTimeoutSeconds: 3,
    graceSeconds: 2,
  };
});
afterEach(async () => {
  await Promise.all(jobs.map(({ id }) => localLauncher(options).stop(id)));
  await rm(base, { recursive: true, force: true });
});

let count = 0;
async function newJob(parameters: StubParameters = {}): Promise<JobRequest> {
  const id = `stub-${process.pid}-${(count += 1)}`;
  const job = await stubJob(path.join(base, id), id, parameters);
  jobs.push(job);
  return job;
}

async function ended(id: string) {
  return vi.waitUntil(
    async () => {
      const status = await localLauncher(options).status(id);
      return status && hasEnded(status.state) ? status : undefined;
    },
    { timeout: 25_000, interval: 200 },
  );
}

async function supervisorOf({ dir, id }: JobRequest, node = 0): Promise<number> {
  const file = path.join(dir, 'launches', id, `node-${node}.started.json`);
  return (JSON.parse(await readFile(file, 'utf8')) as { pid: number }).pid;
}

describe('a job on this host', () => {
  it('runs to its end, and says how it ended and what it wrote', async () => {
    const launcher = localLauncher(options);
    expect(await launcher.status('never')).toBeUndefined();
    await launcher.stop('never');
    const good = await newJob({ seconds: 0.2, says: 'größe ✓' });
    const bad = await newJob({ seconds: 0, exitCode: 3 });
    expect(await launcher.submit(good)).toEqual({ found: false });
    await launcher.submit(bad);
    expect(await ended(good.id)).toEqual({ state: 'done', native: 'succeeded', exitCode: 0 });
    expect(await ended(bad.id)).toEqual({ state: 'failed', native: 'failed', exitCode: 1 });
    expect((await launcher.logs(good.id, 0)).text).toMatch(/^rank [01] größe ✓\nrank [01] größe ✓\n$/);
    // A process that a rank has left behind ends with the job.
    expect(processesOf(good.id)).toEqual([]);
  });

  it('is one job, however often and by however many at once it is submitted', async () => {
    const job = await newJob();
    const launchers = Array.from({ length: 6 }, () => localLauncher(options));
    const answers = await Promise.all(launchers.map((launcher) => launcher.submit(job)));
    expect(answers.filter(({ found }) => !found)).toHaveLength(1);
    await runningRanks(job.id, 2);
    await localLauncher(options).stop(job.id);
    expect(await localLauncher(options).submit(job)).toEqual({ found: true });
    expect(await readFile(path.join(job.dir, 'ranks'), 'utf8')).toMatch(/^\d+\n\d+\n$/);
    expect(await ended(job.id)).toMatchObject({ state: 'cancelled' });
  });

  it('goes on when the worker that submitted it is killed, and is found by the next one', async () => {
    const random = seededRandom(7);
    for (let time = 0; time < KILLS; time += 1) {
      const job = await newJob();
      const worker = spawn(process.execPath, [JITI, SUBMITTER, JSON.stringify({ options, job })]);
      await once(worker.stdout, 'data');
      // Anywhere between its first breath and the job's.
      await new Promise((resolve) => setTimeout(resolve, random.below(150)));
      worker.kill('SIGKILL');
      await once(worker, 'exit');
      await localLauncher(options).submit(job);
      const ranks = await runningRanks(job.id, 2);
      expect(await localLauncher(options).submit(job)).toEqual({ found: true });
      expect(await localLauncher(options).status(job.id)).toMatchObject({ state: 'running' });
      await localLauncher(options).stop(job.id);
      const begun = (await readFile(path.join(job.dir, 'ranks'), 'utf8')).trim().split('\n');
      expect(begun.sort()).toEqual(ranks.map(({ pid }) => String(pid)).sort());
      expect(processesOf(job.id)).toEqual([]);
    }
  });

  it.each([
    ['torchrun', 'lost'],
    ['supervisor', 'lost'],
    ['rank', 'failed'],
  ] as const)('leaves nothing running when its %s is killed', async (victim, state) => {
    for (let time = 0; time < KILLS; time += 1) {
      const job = await newJob();
      await localLauncher(options).submit(job);
      const [rank] = await runningRanks(job.id, 2);
      if (!rank) throw new Error('Two ranks run.');
      const pid = { torchrun: rank.parent, supervisor: await supervisorOf(job), rank: rank.pid }[victim];
      process.kill(pid, 'SIGKILL');
      expect(await ended(job.id)).toMatchObject({ state });
      expect(processesOf(job.id)).toEqual([]);
      expect(await localLauncher(options).submit(job)).toEqual({ found: true });
    }
  });

  it('stops within two seconds where its ranks do, and within the grace where they do not', async () => {
    const [quick, deaf] = [await newJob(), await newJob({ deaf: true })];
    for (const job of [quick, deaf]) {
      await localLauncher(options).submit(job);
      await runningRanks(job.id, 2);
    }
    const took = async (id: string): Promise<number> => {
      const begun = Date.now();
      await localLauncher(options).stop(id);
      expect(processesOf(id)).toEqual([]);
      return Date.now() - begun;
    };
    expect(await took(quick.id)).toBeLessThan(2_000);
    const late = await took(deaf.id);
    expect(late).toBeGreaterThan(1_900);
    expect(late).toBeLessThan(4_000);
    expect(await ended(deaf.id)).toMatchObject({ state: 'cancelled' });
  });

  it('ends when its time is over', async () => {
    const job = await newJob();
    await localLauncher(options).submit({ ...job, timeLimitSeconds: 1 });
    expect(await ended(job.id)).toMatchObject({ state: 'failed', native: 'timeout' });
    expect(processesOf(job.id)).toEqual([]);
  });

  it.runIf(mayLimitMemory())(
    'tells a rank that was ended for lack of memory from one that somebody killed',
    async () => {
      const group = mkdtempSync(path.join(MEMORY_GROUPS, 'llm-pack-'));
      try {
        writeFileSync(path.join(group, 'memory.limit_in_bytes'), String(64 * 2 ** 20));
        options.nodes = [['sh', '-c', `echo $$ > ${group}/cgroup.procs && exec "$@"`, 'sh']];
        const job = await newJob({ hoards: true });
        await localLauncher(options).submit(job);
        expect(await ended(job.id)).toMatchObject({ state: 'failed', native: 'out_of_memory', exitCode: 1 });
        expect(processesOf(job.id)).toEqual([]);
      } finally {
        await vi.waitUntil(() => readFileSync(path.join(group, 'cgroup.procs'), 'utf8') === '');
        rmdirSync(group);
      }
    },
  );

  it('does not take a later process with the pid of its supervisor for it', async () => {
    const job = await newJob();
    await localLauncher(options).submit(job);
    await runningRanks(job.id, 2);
    process.kill(await supervisorOf(job), 'SIGKILL');
    const stranger = spawn('sleep', ['1000']);
    const file = path.join(job.dir, 'launches', job.id, 'node-0.started.json');
    const record = JSON.parse(await readFile(file, 'utf8')) as object;
    await writeFile(file, JSON.stringify({ ...record, pid: stranger.pid }));
    await localLauncher(options).stop(job.id);
    expect(stranger.exitCode ?? stranger.signalCode).toBeNull();
    stranger.kill();
    expect(await ended(job.id)).toMatchObject({ state: 'lost' });
  });

  it('reads a log in pieces that hold whole characters and join to all of it', async () => {
    // Three bytes a character, and pieces of 65,536: the cut falls within one.
    const job = await newJob({ seconds: 0, says: '数'.repeat(60_000) });
    await localLauncher(options).submit(job);
    await ended(job.id);
    const pieces: string[] = [];
    for (let offset = 0; ;) {
      const { text, next } = await localLauncher(options).logs(job.id, offset);
      if (next === offset) break;
      pieces.push(text);
      offset = next;
    }
    expect(pieces.length).toBeGreaterThan(4);
    expect(pieces.join('')).toBe(await readFile(path.join(job.dir, 'launches', job.id, 'node-0.log'), 'utf8'));
    expect(pieces.join('')).not.toContain('\ufffd');
  });

  it('refuses what it can not start, and says why', async () => {
    const launcher = localLauncher({ ...options, python: '/nowhere/python' });
    await expect(launcher.submit(await newJob())).rejects.toMatchObject({ type: 'LauncherRefused' });
    const job = { ...(await newJob()), nodes: 2 };
    await expect(localLauncher(options).submit(job)).rejects.toMatchObject({ type: 'LauncherRefused' });
    const away = localLauncher({ ...options, nodes: [['sh', '-c', 'echo no route to host >&2; exit 255']] });
    await expect(away.submit(await newJob())).rejects.toMatchObject({ type: 'Unavailable' });
    expect(await localLauncher(options).capacity()).toMatchObject({ nodes: 1, perNode: { gpus: 0 } });
  });
});

describe.runIf(mayMakeNetworks())('a job on two hosts in networks of their own', () => {
  let network: TestNetwork;

  beforeEach(() => {
    network = new TestNetwork();
    const hosts = [network.addHost('first'), network.addHost('second')];
    options = { ...options, nodes: hosts.map(({ launcher }) => launcher), rendezvousHost: hosts[0]?.address ?? '' };
    cut = () => hosts[1]?.cutLink();
  });
  afterEach(() => network.remove());
  let cut: () => void;

  const onTwo = async (parameters: StubParameters = {}): Promise<JobRequest> => ({
    ...(await newJob(parameters)),
    nodes: 2,
  });

  it('ends on both within ten seconds when one is cut off', async () => {
    const job = await onTwo();
    expect(await localLauncher(options).submit(job)).toEqual({ found: false });
    await runningRanks(job.id, 4);
    cut();
    const begun = Date.now();
    expect(await ended(job.id)).toMatchObject({
      state: 'lost',
      reason: expect.stringMatching(/nothing was heard/) as string,
    });
    expect(Date.now() - begun).toBeLessThan(10_000);
    expect(processesOf(job.id)).toEqual([]);
  });

  it('ends on both when the supervisor of one is killed, and when it succeeds', async () => {
    const [lost, good] = [await onTwo(), await onTwo({ seconds: 1 })];
    await localLauncher(options).submit(lost);
    await localLauncher(options).submit(good);
    await runningRanks(lost.id, 4);
    process.kill(await supervisorOf(lost, 1), 'SIGKILL');
    expect(await ended(lost.id)).toMatchObject({ state: 'lost' });
    expect(await ended(good.id)).toMatchObject({ state: 'done' });
    expect((await localLauncher(options).logs(good.id, 0)).text).toMatch(/rank/);
    expect([...processesOf(lost.id), ...processesOf(good.id)]).toEqual([]);
  });
});
