import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { Client, Connection } from '@temporalio/client';
import { afterAll, beforeAll, expect, inject, it, vi } from 'vitest';
import { QUEUES } from '../../schemas/names';
import type { DeploymentStatus, VersionStatus } from '../../workers/cli/deploy/status';
import type { Routed } from '../../workers/cli/deploy/route';
import { createNamespace } from '../support/own-servers';
import { build, CliProject, type Ended, says } from './cli-process';

/** Visibility is a little behind what runs do. */
const SOON = { timeout: 60_000, interval: 500 };

let connection: Connection;
let client: Client;
let project: CliProject;
const workers: ChildProcess[] = [];

/** The command line where the code of that build is. */
const as = (buildId: string) => project.withEnv({ ...env, TEMPORAL_WORKER_BUILD_ID: buildId });
let env: Record<string, string>;

const deploy = (buildId: string, ...argv: string[]): Promise<Ended> => as(buildId).run('deploy', ...argv);
const status = () => as('old').json<DeploymentStatus>('deploy', 'status');

async function startWorker(buildId: string): Promise<ChildProcess> {
  const worker = as(buildId).spawn('worker', '--pool', 'llm');
  workers.push(worker);
  await says(worker, new RegExp(`Version ${buildId} of pack`));
  return worker;
}

/** Starts a run whose activities nobody takes up here: it stays open. */
async function startOpen(type: string, input: object) {
  const handle = await client.workflow.start(type, {
    taskQueue: QUEUES.llm,
    workflowId: `${type}-open`,
    args: [input],
  });
  await handle.query('progress');
  return handle;
}

beforeAll(async () => {
  const address = inject('temporalAddress');
  const building = build();
  connection = await Connection.connect({ address });
  const namespace = await createNamespace(connection);
  client = new Client({ connection, namespace });
  env = { TEMPORAL_ADDRESS: address, TEMPORAL_NAMESPACE: namespace, TEMPORAL_DEPLOYMENT_NAME: 'pack' };
  project = await CliProject.create({});
  await building;
});
afterAll(async () => {
  for (const worker of workers) worker.kill('SIGKILL');
  await project?.remove();
  await connection?.close();
});

it('says what to do before any worker was there', async () => {
  const { code, stderr } = await deploy('old', 'status');
  expect(code).toBe(1);
  expect(stderr).toMatch(/No worker of a deployment pack has polled yet[\s\S]*Remedy: Start one: "llm-pack worker/);
  expect((await project.withEnv({}).run('deploy', 'status')).stderr).toContain('No deployment is configured');
});

it('the first version becomes current once a worker of it polls', async () => {
  const worker = startWorker('old');
  const made = await as('old').json<Routed>('deploy', 'current', '--wait', '60s');
  await worker;
  expect(made).toMatchObject({ deployment: 'pack', buildId: 'old', share: 100, changed: true, workers: 1 });
  expect((await status()).versions).toMatchObject([{ buildId: 'old', standing: 'current', share: 100, canGo: false }]);
});

it('a build that no worker polls for gets nothing, and those that do are named', async () => {
  const { code, stderr } = await deploy('new', 'ramp', '10', '--wait', '1s');
  expect(code).toBe(1);
  expect(stderr).toContain('No worker of build new polls llm');
  expect(stderr).toContain('Those that do: old (1 worker)');
  expect(stderr).toMatch(/Remedy: .*TEMPORAL_WORKER_BUILD_ID=new/);
});

it('a ramp replays what would move, gives the share, and can be ended', async () => {
  await startOpen('cleanDataset', { source: 'docs' });
  await startOpen('indexFeed', { index: 'documents' });
  await startWorker('new');
  await vi.waitFor(
    async () =>
      expect((await status()).versions.find(({ buildId }) => buildId === 'old')?.open).toMatchObject({
        pinned: 1,
        moving: 1,
        pinnedByWorkflow: { cleanDataset: 1 },
      }),
    SOON,
  );
  const tried = await as('new').json<Routed>('deploy', 'ramp', '25', '--dry-run');
  expect(tried).toMatchObject({ changed: false, dryRun: true, checked: { replayed: 1, unfit: [] } });
  expect(await as('new').json<Routed>('deploy', 'ramp', '25')).toMatchObject({ changed: true, share: 25 });
  expect(await as('new').json<Routed>('deploy', 'ramp', '25')).toMatchObject({ changed: false });
  expect(await status()).toMatchObject({ current: 'old', ramping: { buildId: 'new', percent: 25 } });
  expect((await deploy('new', 'status')).stdout).toMatch(/^pack: old is current, new gets 25%\.$/m);
  const back = await deploy('new', 'rollback');
  expect(back.stdout).toContain('all runs go to old');
  expect((await status()).ramping).toBeNull();
  expect((await deploy('new', 'rollback')).stderr).toContain('Nothing ramps');
  expect((await deploy('old', 'ramp', '10')).stderr).toContain('old is current already');
});

it('refuses where a run that would move does not fit, unless it is forced', async () => {
  // As a run of a workflow that the new code has no more.
  await client.workflow.start('retiredStage', { taskQueue: QUEUES.llm, workflowId: 'retired', args: [{}] });
  await vi.waitFor(async () => {
    const { code, stderr } = await deploy('new', 'current', '--dry-run');
    expect(code).toBe(1);
    expect(stderr).toMatch(/retired \(retiredStage\): at event 1, .*has no workflow of that name/);
    expect(stderr).toMatch(/1 does not fit this code[\s\S]*Remedy: .*patched/);
  }, SOON);
  expect((await status()).current).toBe('old');
  const forced = await deploy('new', 'current', '--force', '--json');
  expect(forced.stderr).toContain('going on, by --force');
  expect(JSON.parse(forced.stdout)).toMatchObject({ changed: true, share: 100 });
  await client.workflow.getHandle('retired').terminate();
});

it('the old build can go when nothing is pinned to it any more', async () => {
  const held = await deploy('new', 'drained', 'old');
  expect(held.code).toBe(1);
  expect(held.stdout).toContain('old can not go yet: 1 run pinned to it: cleanDataset-open');
  await client.workflow.getHandle('cleanDataset-open').terminate();
  const free = await as('new').json<VersionStatus>('deploy', 'drained', 'old', '--wait', '1m');
  expect(free).toMatchObject({ canGo: true, standing: 'drained' });
  const [old] = workers;
  old?.kill('SIGTERM');
  if (old) await once(old, 'exit');
  // What moves answers from the new one.
  const progress = await client.workflow.getHandle('indexFeed-open').query<{ status: string }>('progress');
  expect(progress.status).toBe('running');
  expect((await deploy('new', 'drained', 'never')).code).toBe(2);
});
