import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Ajv } from 'ajv';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { isFailure } from '../../../activities/errors';
import { kubernetesLauncher } from '../../../activities/training/launchers/kubernetes';
import { KINDS, objectName } from '../../../activities/training/launchers/kubernetes/kinds';
import type { JobRequest, Launcher } from '../../../activities/training/launchers/launcher';
import { type KubernetesConfig, launcherConfig } from '../../../schemas/training-config';
import { KubernetesStandIn } from '../../support/kubernetes-api';

const NAMES = ['PyTorchJob', 'TrainJob', 'JobSet'] as const;
const SCHEMAS = path.join(__dirname, '..', '..', 'support', 'kubernetes-schemas');

let base: string;
let api: KubernetesStandIn;
let kubeconfig: string;
let launcher: Launcher;

beforeEach(async () => {
  base = await mkdtemp(path.join(tmpdir(), 'kubernetes-'));
  api = await KubernetesStandIn.start();
  kubeconfig = await api.kubeconfig(path.join(base, 'kubeconfig'));
  launcher = open();
});
afterEach(async () => {
  api.stop();
  await rm(base, { recursive: true, force: true });
});

function open(more: Partial<KubernetesConfig> = {}): Launcher {
  const config = launcherConfig.parse({ kind: 'kubernetes', image: 'trainers:1', volumeClaim: 'shared', ...more });
  if (config.kind !== 'kubernetes') throw new Error('not of that kind');
  api.known.add(KINDS[config.job].plural);
  return kubernetesLauncher({ config, trainingDir: base, kubeconfig });
}

function jobOf(id: string, more: Partial<JobRequest> = {}): JobRequest {
  return {
    ...{ id, dir: path.join(base, id), nodes: 2, processesPerNode: 2, spot: false, timeLimitSeconds: 60, priority: 2 },
    ...{ perNode: { cpus: 2, gpus: 1, memoryBytes: 2 ** 30 }, env: { SEED: '7' }, ...more },
  };
}

const objectPath = (id: string, kind: (typeof NAMES)[number] = 'PyTorchJob'): string => {
  const { group, version, plural } = KINDS[kind];
  return `/apis/${group}/${version}/namespaces/default/${plural}/${objectName(id)}`;
};

/** As an operator does. */
function tell(id: string, conditions: object[], kind: (typeof NAMES)[number] = 'PyTorchJob'): void {
  Object.assign(api.objects.get(objectPath(id, kind)) ?? {}, { status: { conditions } });
}

function addPod(id: string, node: number, status: object, metadata: object = {}): void {
  const name = `${objectName(id)}-${node}`;
  const labels = { 'training.kubeflow.org/job-name': objectName(id), 'jobset.sigs.k8s.io/jobset-name': objectName(id) };
  api.objects.set(`/api/v1/namespaces/default/pods/${name}`, {
    metadata: { name, labels, ...metadata },
    spec: { nodeName: `host-${node}`, containers: [] },
    status,
  });
}

/** As a supervisor does. */
async function leave(job: JobRequest, name: string, content: string | object): Promise<void> {
  const text = typeof content === 'string' ? content : JSON.stringify(content);
  await writeFile(path.join(job.dir, 'launches', job.id, name), text);
}

async function submitted(id: string, more: Partial<JobRequest> = {}): Promise<JobRequest> {
  const job = jobOf(id, more);
  await launcher.submit(job);
  return job;
}

const is = (type: string, more: object = {}): object => ({ type, status: 'True', ...more });
const nodeEnd = (word: string, at = 1): object => ({ word, exitCode: null, reason: null, followed: false, at });

it.each(NAMES)('writes a %s as its published schema has it, and what has to hold for every node', async (job) => {
  const spot = { nodeSelector: { pool: 'spot' }, tolerations: [{ key: 'spot', operator: 'Exists' as const }] };
  launcher = open({ job, spot, priorityClasses: ['urgent', 'usual'], labels: { 'kueue.x-k8s.io/queue-name': 'team' } });
  await launcher.submit(jobOf('run-1', { spot: true }));
  const object = api.objects.get(objectPath('run-1', job));
  const ajv = new Ajv({ strict: false, formats: { int32: true, int64: true } });
  const isValid = ajv.compile(JSON.parse(await readFile(path.join(SCHEMAS, `${job}.json`), 'utf8')) as object);
  expect(isValid(object), JSON.stringify(isValid.errors)).toBe(true);
  expect(isValid({ ...object, spec: { ...(object?.['spec'] as object), restartForever: true } })).toBe(false);
  const text = JSON.stringify(object);
  expect(text).toContain('"nvidia.com/gpu":"1"');
  expect(text).toContain('"claimName":"shared"');
  expect(text).toContain(`"mountPath":${JSON.stringify(base)}`);
  expect(text).toContain('"pool":"spot"');
  expect(text).toContain('"kueue.x-k8s.io/queue-name":"team"');
  if (job !== 'TrainJob') {
    expect(text).toContain('"automountServiceAccountToken":false');
    expect(text).toContain('"restartPolicy":"Never"');
    expect(text).toContain('"priorityClassName":"usual"');
  }
  expect(api.requests.at(-1)).toContain('fieldValidation=Strict');
});

it('submits a job once, however often it is asked to, with the code of the trainers', async () => {
  const job = jobOf('run-1');
  expect(await launcher.submit(job)).toEqual({ found: false });
  await rm(path.join(job.dir, 'launches', job.id, 'kubernetes-submitted'));
  expect(await open().submit(job)).toEqual({ found: true });
  expect(await open().submit(job)).toEqual({ found: true });
  const folder = path.join(job.dir, 'launches', job.id);
  const request = JSON.parse(await readFile(path.join(folder, 'request.json'), 'utf8')) as { env: object };
  expect(request.env).toMatchObject({ PYTHONPATH: path.join(folder, 'code'), SEED: '7' });
  await readFile(path.join(folder, 'code', 'llm_pack_trainers', 'supervise.py'));
});

it('names objects so that what operators add still fits, and never two jobs alike', () => {
  const long = 'a'.repeat(62);
  expect(objectName('7-run')).toBe('train-7-run');
  expect(objectName(`${long}1`)).toMatch(/^train-a+-[0-9a-f]{10}$/);
  expect(objectName(`${long}1`).length).toBeLessThanOrEqual(45);
  expect(objectName(`${long}1`)).not.toBe(objectName(`${long}2`));
});

it('tells how a job goes by its object and its pods', async () => {
  expect(await launcher.status('never')).toBeUndefined();
  await submitted('run-1');
  expect(await launcher.status('run-1')).toMatchObject({ state: 'queued', native: 'Created' });
  const unplaced = { type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message: '0/3 nodes: no GPU' };
  addPod('run-1', 0, { phase: 'Running' });
  addPod('run-1', 1, { phase: 'Pending', conditions: [unplaced] });
  tell('run-1', [is('Created'), is('Running')]);
  const waiting = await launcher.status('run-1');
  expect(waiting).toMatchObject({ state: 'queued', reason: expect.stringContaining('no GPU') as string });
  addPod('run-1', 1, { phase: 'Running' });
  expect(await launcher.status('run-1')).toEqual({ state: 'running', native: 'Running' });
  tell('run-1', [is('Created'), { type: 'Running', status: 'False' }, is('Succeeded')]);
  expect(await launcher.status('run-1')).toMatchObject({ state: 'running', native: 'Succeeded' });
  for (const node of [0, 1]) addPod('run-1', node, { phase: 'Succeeded' });
  expect(await launcher.status('run-1')).toMatchObject({ state: 'done', native: 'Succeeded' });
  tell('run-1', [is('Created'), is('Elsewhere')]);
  expect(await launcher.status('run-1')).toMatchObject({ state: 'unknown', native: 'Elsewhere' });
});

it('shows why a pod will never begin', async () => {
  await submitted('run-1', { nodes: 1 });
  const state = { waiting: { reason: 'ImagePullBackOff', message: 'no such image' } };
  addPod('run-1', 0, { phase: 'Pending', containerStatuses: [{ name: 'pytorch', state }] });
  const status = await launcher.status('run-1');
  expect(status).toMatchObject({ state: 'queued', reason: expect.stringContaining('no such image') as string });
});

it.each([
  ['preempted', { conditions: [is('DisruptionTarget', { reason: 'PreemptionByScheduler' })] }, 'lost', 'Preemption'],
  ['evicted', { reason: 'Evicted', message: 'low on disk' }, 'lost', 'low on disk'],
  ['on a node that went', { conditions: [is('DisruptionTarget', { reason: 'DeletionByTaintManager' })] }, 'lost', ''],
  [
    'out of memory',
    { containerStatuses: [{ state: { terminated: { reason: 'OOMKilled', exitCode: 137 } } }] },
    'failed',
    'OOMKilled',
  ],
])('tells a job that failed because a pod was %s', async (_, status, state, reason) => {
  const job = await submitted('run-1');
  // The other node saw only that the line went dead.
  await leave(job, 'node-0.exit.json', { ...nodeEnd('failed'), exitCode: 1 });
  addPod('run-1', 0, { phase: 'Failed' });
  addPod('run-1', 1, { phase: 'Failed', ...status });
  tell('run-1', [is('Failed', { reason: 'PyTorchJobFailed' })]);
  expect(await launcher.status('run-1')).toMatchObject({ state, reason: expect.stringContaining(reason) as string });
});

it('holds a job for lost whose node is silent, and believes the nodes where the object is behind or gone', async () => {
  const job = await submitted('run-1', { nodes: 1 });
  addPod('run-1', 0, { phase: 'Running' }, { deletionTimestamp: new Date(Date.now() - 60_000).toISOString() });
  expect(await launcher.status('run-1')).toMatchObject({
    state: 'lost',
    reason: expect.stringContaining('host-0') as string,
  });
  await leave(job, 'node-0.exit.json', { ...nodeEnd('failed'), exitCode: 3 });
  expect(await launcher.status('run-1')).toMatchObject({ state: 'failed', exitCode: 3 });
  api.objects.delete(objectPath('run-1'));
  expect(await launcher.status('run-1')).toMatchObject({ state: 'failed', exitCode: 3 });
  await rm(path.join(job.dir, 'launches', job.id, 'node-0.exit.json'));
  expect(await launcher.status('run-1')).toMatchObject({ state: 'lost', native: 'deleted' });
});

it('reads the log from the folder, where it outlives its pod, and that of a pod which never got so far', async () => {
  const job = await submitted('run-1', { nodes: 1 });
  addPod('run-1', 0, { phase: 'Failed' });
  api.logs.set(`${objectName('run-1')}-0`, 'größe: python3 is not there');
  expect(await launcher.logs('run-1', 0)).toEqual({ text: '', next: 0 });
  tell('run-1', [is('Failed')]);
  expect(await launcher.logs('run-1', 8)).toEqual({ text: ' python3 is not there', next: 29 });
  await leave(job, 'node-0.started.json', {});
  await leave(job, 'node-0.log', 'step 1\nstep 2\n');
  api.objects.clear();
  expect(await launcher.logs('run-1', 7)).toEqual({ text: 'step 2\n', next: 14 });
});

it('stops a job, and is back when its pods have gone', async () => {
  await launcher.stop('never');
  await submitted('run-1', { nodes: 1 });
  addPod('run-1', 0, { phase: 'Running' });
  let isGone = false;
  api.onDelete = (at) => {
    setTimeout(() => {
      isGone = true;
      api.objects.delete(`/api/v1/namespaces/default/pods/${objectName('run-1')}-0`);
      api.objects.delete(at);
    }, 200);
  };
  await launcher.stop('run-1');
  expect(isGone).toBe(true);
  expect(api.requests.some((text) => text.startsWith('DELETE') && text.includes('=Foreground'))).toBe(true);
  expect(await launcher.status('run-1')).toEqual({ state: 'cancelled', native: 'deleted' });
  expect(await launcher.submit(jobOf('run-1'))).toEqual({ found: true });
  const before = api.requests.length;
  await launcher.stop('run-1');
  expect(api.requests.slice(before).some((text) => text.startsWith('DELETE'))).toBe(false);
});

it.each(NAMES)('lets a suspended %s go on', async (job) => {
  launcher = open({ job });
  await submitted('run-1');
  const patches = () => api.requests.filter((text) => text.startsWith('PATCH')).length;
  await launcher.resume('run-1');
  expect(patches()).toBe(0);
  tell('run-1', [is('Suspended')], job);
  expect(await launcher.status('run-1')).toMatchObject({ state: 'paused' });
  await launcher.resume('run-1');
  expect(patches()).toBe(1);
  expect(api.objects.get(objectPath('run-1', job))).toMatchObject(KINDS[job].resumed);
});

it('says what a node of the cluster has, or nothing where it may not look', async () => {
  const ready = { conditions: [is('Ready')], allocatable: { cpu: '7910m', memory: '32Gi', 'nvidia.com/gpu': '4' } };
  const add = (name: string, spec: object, status: object) =>
    api.objects.set(`/api/v1/nodes/${name}`, { metadata: { name }, spec, status });
  add('a', {}, ready);
  add('b', {}, { ...ready, allocatable: { cpu: '4', memory: '64000000Ki' } });
  add('away', {}, { ...ready, conditions: [{ type: 'Ready', status: 'Unknown' }] });
  add('cordoned', { unschedulable: true }, ready);
  add('head', { taints: [{ key: 'node-role.kubernetes.io/control-plane', effect: 'NoSchedule' }] }, ready);
  const perNode = { cpus: 7, gpus: 4, memoryBytes: 64_000_000 * 1024 };
  expect(await launcher.capacity()).toEqual({ nodes: 2, perNode });
  api.instead = { status: 403, body: { kind: 'Status', message: 'nodes are forbidden' }, path: '/api/v1/nodes' };
  expect(await launcher.capacity()).toBeNull();
});

it.each([
  [401, 'Unauthorized', 'LauncherRefused', 'does not know the account'],
  [403, 'jobs are forbidden', 'LauncherRefused', 'jobs are forbidden'],
  [422, 'spec.replicas: Invalid value', 'LauncherRefused', 'spec.replicas: Invalid value'],
  [429, 'too many requests', 'Unavailable', 'too many requests'],
  [500, 'etcd is away', 'Unavailable', 'etcd is away'],
] as const)('answers %i of the API by what it means', async (status, message, code, says) => {
  api.instead = { status, body: { kind: 'Status', message, code: status } };
  const error: unknown = await launcher.submit(jobOf('run-1')).catch((failed: unknown) => failed);
  expect(isFailure(error, code)).toBe(true);
  expect((error as Error).message).toContain(says);
  expect((error as Error).message).not.toContain('secret');
});

it('names the operator that a cluster lacks, a context that is none, and an API that is away', async () => {
  const caught = async (some: Launcher): Promise<Error> =>
    some.capacity().then(
      () => new Error('it was able to'),
      (failed: unknown) => failed as Error,
    );
  api.known.delete('pytorchjobs');
  expect((await caught(launcher)).message).toContain('install the Kubeflow Training Operator');
  const unknown = await caught(open({ context: 'prod' }));
  expect(isFailure(unknown, 'LauncherNotConfigured')).toBe(true);
  expect(unknown.message).toContain('"prod"; it has: test');
  api.stop();
  expect(isFailure(await caught(launcher), 'Unavailable')).toBe(true);
});
