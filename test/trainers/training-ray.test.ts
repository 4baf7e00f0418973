import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import type { JobRequest, Launcher } from '../../activities/training/launchers/launcher';
import { rayLauncher, type RayOptions } from '../../activities/training/launchers/ray';
import { hasEnded } from '../../activities/training/launchers/states';
import { launcherConfig } from '../../schemas/training-config';
import { ClusterTraining } from '../support/cluster-training';
import { RayCluster } from '../support/ray-cluster';
import { seededRandom } from '../support/random';
import { processesOf, runningRanks, stubJob, type StubParameters, stubTrainer } from '../support/stub-job';
import { processesNaming } from '../support/training';

const SEED = Number(process.env['CHAOS_SEED'] ?? 20_261_126);
/** `LAUNCHER_KILLS=10` kills the head so many times, at moments that the seed decides. */
const KILLS = Number(process.env['LAUNCHER_KILLS'] ?? 1);

let base: string;
let cluster: RayCluster;
let options: RayOptions;
let launcher: Launcher;

beforeAll(async () => {
  base = await mkdtemp(path.join(tmpdir(), 'training-ray-'));
  cluster = await RayCluster.start();
  options = {
    ...stubTrainer(cluster.python),
    rayPython: cluster.python,
    url: cluster.url,
    trainingDir: base,
    nodeTimeoutSeconds: 5,
    graceSeconds: 5,
  };
  launcher = rayLauncher(options);
});
afterAll(async () => {
  await cluster.stop();
  await rm(base, { recursive: true, force: true });
});

let count = 0;
async function newJob(parameters: StubParameters = {}): Promise<JobRequest> {
  const id = `ray-${process.pid}-${(count += 1)}`;
  return stubJob(path.join(base, id), id, parameters);
}

const ended = (id: string) =>
  vi.waitUntil(
    async () => {
      const status = await launcher.status(id);
      return status && hasEnded(status.state) ? status : undefined;
    },
    { timeout: 60_000, interval: 500 },
  );

it('runs a job once, however often it is submitted, and says how it ended and what it wrote', async () => {
  expect(await launcher.status('never')).toBeUndefined();
  await launcher.stop('never');
  const [good, bad] = [await newJob({ seconds: 0.5, says: 'größe ✓' }), await newJob({ seconds: 0, exitCode: 3 })];
  expect(await launcher.submit(good)).toEqual({ found: false });
  expect(await rayLauncher(options).submit(good)).toEqual({ found: true });
  await launcher.submit(bad);
  expect(await ended(good.id)).toMatchObject({ state: 'done', native: 'SUCCEEDED' });
  expect(await ended(bad.id)).toMatchObject({ state: 'failed', native: 'FAILED', exitCode: 1 });
  const { text, next } = await launcher.logs(good.id, 0);
  expect(text).toMatch(/^rank [01] größe ✓\nrank [01] größe ✓\n$/);
  expect(await launcher.logs(good.id, next)).toEqual({ text: '', next });
  expect(await launcher.submit(bad)).toEqual({ found: true });
  expect(processesOf(good.id)).toEqual([]);
});

it('finds a job whose submission was cut off before its answer came', async () => {
  const job = await newJob();
  await launcher.submit(job);
  await rm(path.join(job.dir, 'launches', job.id, 'ray-submitted'));
  expect(await rayLauncher(options).submit(job)).toEqual({ found: true });
  await runningRanks(job.id, 2);
  expect(await launcher.status(job.id)).toMatchObject({ state: 'running' });
  const begun = Date.now();
  await launcher.stop(job.id);
  expect(Date.now() - begun).toBeLessThan(5_000);
  expect(processesOf(job.id)).toEqual([]);
  expect(await launcher.status(job.id)).toMatchObject({ state: 'cancelled', native: 'STOPPED' });
});

it('says what Ray says of a job that it could not begin', async () => {
  const job = await newJob();
  const broken = rayLauncher({ ...options, python: '/nowhere/python' });
  await broken.submit(job);
  expect(await ended(job.id)).toMatchObject({ state: 'failed' });
  expect((await launcher.logs(job.id, 0)).text).toMatch(/\/nowhere\/python.*not found/);
});

it('takes what answers for what it is', async () => {
  const away = rayLauncher({ ...options, url: 'http://127.0.0.1:9' });
  await expect(away.submit(await newJob())).rejects.toMatchObject({ type: 'Unavailable' });
  expect(await launcher.capacity()).toMatchObject({ nodes: 1, perNode: { cpus: 2, gpus: 0 } });
});

it('places a job on two nodes, stops it on both, and ends it on both where one fails', async () => {
  const two = async (parameters: StubParameters = {}): Promise<JobRequest> => ({
    ...(await newJob(parameters)),
    nodes: 2,
    perNode: { cpus: 2, gpus: 0, memoryBytes: 2 ** 26 },
  });
  const job = await two();
  await launcher.submit(job);
  await vi.waitUntil(async () => (await launcher.status(job.id))?.state === 'queued', {
    timeout: 60_000,
    interval: 500,
  });
  await cluster.addNode();
  expect(await launcher.capacity()).toMatchObject({ nodes: 2 });
  const ranks = await runningRanks(job.id, 4);
  const begun = Date.now();
  await launcher.stop(job.id);
  expect(Date.now() - begun).toBeLessThan(7_000);
  expect(processesOf(job.id)).toEqual([]);
  expect(new Set(ranks.map(({ parent }) => parent)).size).toBe(2);

  const failing = await two({ seconds: 1, exitCode: 4 });
  await launcher.submit(failing);
  expect(await ended(failing.id)).toMatchObject({ state: 'failed' });
  expect(processesOf(failing.id)).toEqual([]);
});

it('loses a job with its head, leaves nothing of it running, and does not start it again', async () => {
  const random = seededRandom(SEED);
  for (let time = 0; time < KILLS; time += 1) {
    const job = await newJob();
    await launcher.submit(job);
    await runningRanks(job.id, 2);
    await new Promise((resolve) => setTimeout(resolve, random.below(1_000)));
    cluster.killHead();
    await expect(launcher.status(job.id)).rejects.toMatchObject({ type: 'Unavailable' });
    await vi.waitUntil(() => processesOf(job.id).length === 0, { timeout: 30_000 });
    await cluster.startHead();
    expect(await launcher.status(job.id)).toMatchObject({ state: 'lost' });
    expect(await launcher.submit(job)).toEqual({ found: true });
    await launcher.stop(job.id);
    expect(processesOf(job.id)).toEqual([]);
  }
});

it('carries a training of the stage through the loss of its head: another attempt, and the same model', async () => {
  const ray = launcherConfig.parse({ kind: 'ray', url: cluster.url, nodeTimeoutSeconds: 5, graceSeconds: 3 });
  const training = await ClusterTraining.start(ray);
  try {
    const random = seededRandom(SEED + 1);
    for (let time = 0; time < KILLS; time += 1) {
      const name = `ray-${time}`;
      const attempts = await training.through(name, async () => {
        await new Promise((resolve) => setTimeout(resolve, random.below(1_000)));
        cluster.killHead();
        await vi.waitUntil(() => processesNaming(`/${name}-`).length === 0, { timeout: 30_000 });
        await cluster.startHead();
      });
      expect(attempts.map(({ ended }) => ended)).toEqual(['infrastructure', 'done']);
    }
  } finally {
    await training.stop();
  }
});
