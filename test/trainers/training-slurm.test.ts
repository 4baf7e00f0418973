import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { JobRequest, Launcher } from '../../activities/training/launchers/launcher';
import { slurmLauncher, type SlurmOptions } from '../../activities/training/launchers/slurm';
import { hasEnded } from '../../activities/training/launchers/states';
import { stopJob } from '../../activities/training/stop';
import { send } from '../../workers/stack/processes';
import { launcherConfig } from '../../schemas/training-config';
import { ClusterTraining } from '../support/cluster-training';
import { seededRandom } from '../support/random';
import { mayRunSlurm, SlurmCluster } from '../support/slurm';
import { processesOf, runningRanks, stubJob, type StubParameters, stubTrainer } from '../support/stub-job';

const SEED = Number(process.env['CHAOS_SEED'] ?? 20_261_126);
/** `LAUNCHER_KILLS=10` kills the controller so many times, at moments that the seed decides. */
const KILLS = Number(process.env['LAUNCHER_KILLS'] ?? 1);

// The interpreter itself: what stands on the PATH may be a script that looks for one.
const python = execFileSync('python3', ['-c', 'import sys; print(sys.executable)'], { encoding: 'utf8' }).trim();

describe.runIf(mayRunSlurm())('jobs of Slurm', () => {
  let base: string;
  let cluster: SlurmCluster;
  let options: SlurmOptions;
  let launcher: Launcher;

  beforeAll(async () => {
    base = await mkdtemp(path.join(tmpdir(), 'training-slurm-'));
    cluster = await SlurmCluster.start();
    options = {
      ...stubTrainer(python),
      url: cluster.url,
      user: 'root',
      token: cluster.token(),
      trainingDir: base,
      nodeTimeoutSeconds: 5,
      graceSeconds: 3,
    };
    launcher = slurmLauncher(options);
  });
  afterAll(async () => {
    await cluster.stop();
    await rm(base, { recursive: true, force: true });
  });

  let count = 0;
  async function newJob(parameters: StubParameters = {}, nodes = 1): Promise<JobRequest> {
    const id = `slurm-${process.pid}-${(count += 1)}`;
    return { ...(await stubJob(path.join(base, id), id, parameters)), nodes };
  }

  const ended = (id: string) =>
    vi.waitUntil(
      async () => {
        const status = await launcher.status(id);
        return status && hasEnded(status.state) ? status : undefined;
      },
      { timeout: 30_000, interval: 300 },
    );

  /** Numbers of all jobs that Slurm knows under an id, ended or not. */
  const numbers = (id: string): string[] =>
    cluster.run('squeue', '--noheader', '--states=all', `--name=${id}`, '--format=%i').split('\n').filter(Boolean);

  it('runs a job once, however often it is submitted, and says how it ended and what it wrote', async () => {
    expect(await launcher.status('never')).toBeUndefined();
    await launcher.stop('never');
    const [good, bad] = [await newJob({ seconds: 0.5, says: 'größe ✓' }), await newJob({ seconds: 0, exitCode: 3 })];
    expect(await launcher.submit(good)).toEqual({ found: false });
    expect(await slurmLauncher(options).submit(good)).toEqual({ found: true });
    await launcher.submit(bad);
    expect(await ended(good.id)).toMatchObject({ state: 'done', native: 'COMPLETED' });
    expect(await ended(bad.id)).toMatchObject({ state: 'failed', native: 'FAILED', exitCode: 1 });
    const { text, next } = await launcher.logs(good.id, 0);
    expect(text).toMatch(/^rank [01] größe ✓\nrank [01] größe ✓\n$/);
    expect(await launcher.logs(good.id, next)).toEqual({ text: '', next });
    const tail = await launcher.logs(good.id, next - Buffer.byteLength('größe ✓\n'));
    expect(tail).toEqual({ text: 'größe ✓\n', next });
    expect(await launcher.submit(bad)).toEqual({ found: true });
    expect(numbers(good.id)).toHaveLength(1);
    expect([...processesOf(good.id), ...processesOf(bad.id)]).toEqual([]);
  });

  it('finds a job whose submission was cut off before its answer came, and stops it with its grace', async () => {
    const job = await newJob({}, 2);
    await launcher.submit(job);
    await rm(path.join(job.dir, 'launches', job.id, 'slurm-submitted'));
    expect(await slurmLauncher(options).submit(job)).toEqual({ found: true });
    const ranks = await runningRanks(job.id, 4);
    expect(new Set(ranks.map(({ parent }) => parent)).size).toBe(2);
    expect(await launcher.status(job.id)).toMatchObject({ state: 'running', native: 'RUNNING' });
    const begun = Date.now();
    await launcher.stop(job.id);
    expect(Date.now() - begun).toBeLessThan(8_000);
    expect(processesOf(job.id)).toEqual([]);
    expect(await launcher.status(job.id)).toMatchObject({ state: 'cancelled' });
    expect(numbers(job.id)).toHaveLength(1);
  });

  it('says that a job waits for room, and takes it out of the queue', async () => {
    const big = { cpus: 2, gpus: 0, memoryBytes: 2 ** 26 };
    const [first, second] = [
      { ...(await newJob({}, 2)), perNode: big },
      { ...(await newJob()), perNode: big },
    ];
    await launcher.submit(first);
    await runningRanks(first.id, 4);
    await launcher.submit(second);
    expect(await launcher.status(second.id)).toMatchObject({ state: 'queued', native: 'PENDING' });
    await launcher.stop(second.id);
    expect(await launcher.status(second.id)).toMatchObject({ state: 'cancelled', native: 'CANCELLED' });
    await launcher.stop(first.id);
  });

  it('says that a job was suspended, and does not wait for a checkpoint of it when it is stopped', async () => {
    const job = await newJob();
    await launcher.submit(job);
    await runningRanks(job.id, 2);
    cluster.run('scontrol', 'suspend', numbers(job.id)[0] ?? '');
    expect(await launcher.status(job.id)).toMatchObject({ state: 'paused', native: 'SUSPENDED' });
    const begun = Date.now();
    const wish = { attempt: 1, submission: job.id, deadlineSeconds: 100, keep: true };
    const how = { signal: new AbortController().signal, report: () => undefined };
    expect(await stopJob({ launcher, dir: job.dir }, wish, how)).toMatchObject({ step: null, isWilling: false });
    expect(Date.now() - begun).toBeLessThan(40_000);
    expect(processesOf(job.id)).toEqual([]);
  });

  it('ends a job of two nodes on both where a rank is killed: failed', async () => {
    const job = await newJob({}, 2);
    await launcher.submit(job);
    const [rank] = await runningRanks(job.id, 4);
    send(rank?.pid ?? 0, 'SIGKILL');
    expect(await ended(job.id)).toMatchObject({ state: 'failed', native: 'FAILED' });
    expect(processesOf(job.id)).toEqual([]);
  });

  it('ends it on both where a supervisor is killed: lost, with nothing left', async () => {
    for (const nodes of [1, 2]) {
      const job = await newJob({}, nodes);
      await launcher.submit(job);
      await runningRanks(job.id, nodes * 2);
      const file = path.join(job.dir, 'launches', job.id, `node-${nodes - 1}.started.json`);
      send((JSON.parse(await readFile(file, 'utf8')) as { pid: number }).pid, 'SIGKILL');
      expect(await ended(job.id)).toMatchObject({ state: 'lost', native: 'FAILED' });
      expect(processesOf(job.id)).toEqual([]);
    }
  });

  it('trains once where Slurm has the job twice, as when an answer was lost on its way', async () => {
    const job = await newJob({ seconds: 2 });
    await launcher.submit(job);
    const script = path.join(job.dir, 'again.sh');
    cluster.run('scontrol', 'write', 'batch_script', numbers(job.id)[0] ?? '', script);
    await runningRanks(job.id, 2);
    const again = cluster.run('sbatch', '--parsable', `--job-name=${job.id}`, `--chdir=${job.dir}`, script).trim();
    await vi.waitUntil(() => cluster.run('scontrol', 'show', 'job', again).includes('ExitCode=75:0'), {
      timeout: 30_000,
      interval: 300,
    });
    expect(numbers(job.id)).toHaveLength(2);
    expect(await launcher.status(job.id)).toMatchObject({ state: 'running' });
    expect(await ended(job.id)).toMatchObject({ state: 'done' });
    expect(await readFile(path.join(job.dir, 'ranks'), 'utf8')).toMatch(/^\d+\n\d+\n$/);
  });

  it('says what the script says of a job that it could not begin', async () => {
    const job = await newJob();
    await slurmLauncher({ ...options, python: '/nowhere/python' }).submit(job);
    expect(await ended(job.id)).toMatchObject({ state: 'failed', exitCode: 127 });
    expect((await launcher.logs(job.id, 0)).text).toMatch(/\/nowhere\/python.*No such file/);
  });

  it('takes what answers for what it is', async () => {
    expect(await launcher.capacity()).toEqual({ nodes: 2, perNode: { cpus: 2, gpus: 0, memoryBytes: 2000 * 2 ** 20 } });
    const away = slurmLauncher({ ...options, url: 'http://127.0.0.1:9' });
    await expect(away.submit(await newJob())).rejects.toMatchObject({ type: 'Unavailable' });
    const huge = { ...(await newJob()), nodes: 3 };
    await expect(launcher.submit(huge)).rejects.toMatchObject({ type: 'LauncherRefused' });
  });

  it('tells a token that is not taken from a controller that is away', async () => {
    const job = await newJob();
    const other = `${options.token.slice(0, -4)}AAAA`;
    for (const token of [other, 'none', cluster.token(1)]) {
      await vi.waitUntil(() => token === other || token === 'none' || expired(token), {
        timeout: 5_000,
        interval: 200,
      });
      const refused = slurmLauncher({ ...options, token });
      await expect(refused.submit(job)).rejects.toMatchObject({ type: 'LauncherNotAllowed', nonRetryable: true });
      await expect(refused.capacity()).rejects.toMatchObject({ type: 'LauncherNotAllowed' });
    }
    expect(numbers(job.id)).toEqual([]);
  });

  it('loses no job with its controller, and starts none a second time', async () => {
    const random = seededRandom(SEED);
    for (let time = 0; time < KILLS; time += 1) {
      const job = await newJob({ seconds: 12 }, 2);
      await launcher.submit(job);
      await runningRanks(job.id, 4);
      // Of what it has not written down yet it knows nothing afterwards, and has the nodes end it: that job is lost.
      const begun = Date.now();
      await vi.waitUntil(() => cluster.hasSavedSince(begun), { timeout: 30_000, interval: 200 });
      await new Promise((resolve) => setTimeout(resolve, random.below(1_000)));
      await cluster.kill('slurmctld');
      await expect(launcher.status(job.id)).rejects.toMatchObject({ type: 'Unavailable' });
      await cluster.startController();
      expect(await launcher.submit(job)).toEqual({ found: true });
      expect(await ended(job.id)).toMatchObject({ state: 'done' });
      expect(numbers(job.id)).toHaveLength(1);
      expect(processesOf(job.id)).toEqual([]);
    }
  });

  it('carries a training of the stage through the loss of its controller: one job, and the same model', async () => {
    const { url } = cluster;
    const slurm = launcherConfig.parse({ kind: 'slurm', url, user: 'root', nodeTimeoutSeconds: 5, graceSeconds: 3 });
    const training = await ClusterTraining.start(slurm, { SLURM_JWT: options.token });
    try {
      const random = seededRandom(SEED + 1);
      for (let time = 0; time < KILLS; time += 1) {
        const attempts = await training.through(`slurm-${time}`, async () => {
          const begun = Date.now();
          await vi.waitUntil(() => cluster.hasSavedSince(begun), { timeout: 30_000, interval: 200 });
          await new Promise((resolve) => setTimeout(resolve, random.below(1_000)));
          await cluster.kill('slurmctld');
          // As long as it takes whoever keeps it to see it.
          await new Promise((resolve) => setTimeout(resolve, 1_000 + random.below(1_000)));
          await cluster.startController();
        });
        expect(attempts).toHaveLength(1);
      }
    } finally {
      await training.stop();
    }
  });
});

const expired = (token: string): boolean => {
  const claims = Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8');
  return (JSON.parse(claims) as { exp: number }).exp * 1_000 < Date.now();
};
