import { expect, it } from 'vitest';
import type { JobRequest } from '../../../activities/training/launchers/launcher';
import type { NodeEnd } from '../../../activities/training/launchers/launch-folder';
import { openLauncher } from '../../../activities/training/launchers/open';
import { slurmDescription } from '../../../activities/training/launchers/slurm-description';
import { slurmScript } from '../../../activities/training/launchers/slurm-script';
import { type SlurmJob, slurmJobs, slurmNodes } from '../../../activities/training/launchers/slurm-shapes';
import { statusOf, statusOfForgotten } from '../../../activities/training/launchers/slurm-status';
import { trainingConfig } from '../../../schemas/training-config';

const JOB: JobRequest = {
  id: 'train-1',
  dir: "/shared/it's here",
  nodes: 2,
  processesPerNode: 4,
  perNode: { cpus: 8, gpus: 4, memoryBytes: 2 ** 34 },
  spot: true,
  timeLimitSeconds: 3_600,
  priority: 3,
  env: {},
};
const NOTHING = { ends: [], all: false };

// As v0.0.38 answers; of later versions, which were not at hand, the shapes are those of their published OpenAPI.
const OLD = { job_id: 7, name: 'train-1', current_working_directory: '/jobs/a', job_state: 'FAILED', exit_code: 768 };
const NEW = {
  ...OLD,
  job_state: ['FAILED', 'COMPLETING'],
  exit_code: { status: ['ERROR'], return_code: { set: true, infinite: false, number: 3 }, signal: { id: {} } },
  restart_cnt: 1,
  end_time: { set: false, infinite: true, number: 0 },
};

const jobOf = (told: object): SlurmJob => {
  const [job] = slurmJobs.parse({ jobs: [told] });
  if (!job) throw new Error('it can not be read');
  return job;
};
const end = (word: string, more: Partial<NodeEnd> = {}): NodeEnd => ({
  ...{ word, exitCode: null, reason: null, followed: false, at: 100 },
  ...more,
});

it('reads jobs of old and new versions of the API alike', () => {
  expect(jobOf(OLD)).toMatchObject({ id: 7, dir: '/jobs/a', states: ['FAILED'], exitCode: 3, restarts: 0 });
  expect(jobOf(NEW)).toMatchObject({ id: 7, states: ['FAILED', 'COMPLETING'], exitCode: 3, restarts: 1, end: 0 });
  const killed = { return_code: { set: false }, signal: { id: { set: true, number: 9 } } };
  expect(jobOf({ ...NEW, exit_code: killed }).exitCode).toBe(137);
  expect(jobOf({ ...OLD, exit_code: 9 }).exitCode).toBe(137);
});

it('lets a job that can not be read spoil no other', () => {
  expect(slurmJobs.parse({ jobs: [{ job_id: 'x' }, OLD] })).toHaveLength(1);
});

it('counts the GPUs, cores and bytes of nodes', () => {
  const old = { cpus: 8, real_memory: 1_024, gres: 'gpu:a100:4(S:0-1),shard:8', partitions: ['main'] };
  const { nodes } = slurmNodes.parse({ nodes: [old, { ...old, real_memory: { set: true, number: 512 }, gres: '' }] });
  expect(nodes).toMatchObject([
    { cpus: 8, gpus: 4, memoryBytes: 2 ** 30 },
    { cpus: 8, gpus: 0, memoryBytes: 2 ** 29 },
  ]);
});

it.each([
  ['PENDING', NOTHING, 'queued'],
  ['RUNNING', NOTHING, 'running'],
  ['COMPLETED', NOTHING, 'done'],
  ['PREEMPTED', { ends: [end('stopped')], all: true }, 'lost'],
  ['NODE_FAIL', NOTHING, 'lost'],
  ['FAILED', NOTHING, 'failed'],
  ['FAILED', { ends: [end('failed', { followed: true }), end('lost', { at: 200 })], all: true }, 'lost'],
  ['FAILED', { ends: [end('stopped')], all: true }, 'cancelled'],
  ['CANCELLED', { ends: [end('succeeded')], all: true }, 'done'],
  ['CANCELLED', { ends: [end('succeeded')], all: false }, 'cancelled'],
  ['RUNNING', { ends: [end('succeeded')], all: true }, 'done'],
  ['MOON', NOTHING, 'unknown'],
] as const)('%s, with what its nodes say: %#', (state, told, expected) => {
  expect(statusOf(jobOf({ ...OLD, job_state: state }), told).state).toBe(expected);
});

it('says of a second start of a job that its first was lost', () => {
  expect(statusOf(jobOf({ ...OLD, exit_code: 75 << 8 }), NOTHING)).toMatchObject({ state: 'lost', exitCode: 75 });
  expect(statusOf(jobOf({ ...OLD, job_state: 'PENDING', restart_cnt: 1 }), NOTHING).state).toBe('recovering');
});

it('knows a job that Slurm has forgotten by its nodes', () => {
  expect(statusOfForgotten({ ends: [end('succeeded')], all: true }).state).toBe('done');
  expect(statusOfForgotten({ ends: [end('succeeded')], all: false }).state).toBe('lost');
});

it('describes a job in the words of each version', () => {
  const what = { script: '#!', output: '/out', graceSeconds: 30 };
  const place = { partition: 'main', spotPartition: 'scavenge', account: 'lab' };
  const old = slurmDescription(38, JOB, what, place).job;
  expect(old).toMatchObject({ nodes: [2, 2], time_limit: 63, memory_per_node: 16_384, gres: 'gpu:4', nice: 2_000 });
  const later = slurmDescription(41, JOB, what, place).job;
  expect(later).toMatchObject({ minimum_nodes: 2, time_limit: { set: true, number: 63 }, requeue: false });
  expect(later['environment']).toEqual([expect.stringMatching(/^PATH=/)]);
  for (const job of [old, later])
    expect(job).toMatchObject({ name: 'train-1', partition: 'scavenge', account: 'lab', tasks: 2, cpus_per_task: 8 });
  expect(slurmDescription(38, { ...JOB, spot: false }, what, place).job).toMatchObject({ partition: 'main' });
});

it('quotes what stands in its script', () => {
  const script = slurmScript(JOB, `${JOB.dir}/launches/train-1`, '/venv/bin/python');
  expect(script).toContain(String.raw`mkdir '/shared/it'\''s here/launches/train-1/slurm-began'`);
  expect(script).toContain('--nodes=2 --ntasks=2 --ntasks-per-node=1 --cpus-per-task=8');
});

it('is not opened without its token', () => {
  const training = trainingConfig.parse({
    launchers: { cluster: { kind: 'slurm', url: 'http://controller:6820', user: 'ada' } },
  });
  const open = (env: Record<string, string>) =>
    openLauncher('cluster', training, { trainingDir: '/t', python: 'p', env });
  expect(() => open({})).toThrow(/"cluster" needs the variable SLURM_JWT/);
  expect(open({ SLURM_JWT: 'a.b.c' })).toHaveProperty('submit');
});
