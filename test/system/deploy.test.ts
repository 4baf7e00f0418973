import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { Client, Connection } from '@temporalio/client';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { QUEUES } from '../../schemas/names';
import { Cli } from '../../workers/cli/cli';
import { describeDeployment, type Place } from '../../workers/cli/deploy/deployment';
import type { Routed } from '../../workers/cli/deploy/route';
import { deploymentStatus } from '../../workers/cli/deploy/status';
import { run } from '../../workers/cli/run';
import { createNamespace } from '../support/own-servers';
import { sharedServers } from '../support/shared-servers';
import { build, CliProject, says } from './cli-process';

const DEPLOYMENT = 'pack';
/** Visibility is a little behind what runs do. */
const SOON = { timeout: 60_000, interval: 200 };

let connection: Connection;
let place: Place;
let project: CliProject;
let env: Record<string, string>;
const workers: ChildProcess[] = [];

/** The command line where the code of that build is. */
const as = (buildId: string) => project.withEnv({ ...env, TEMPORAL_WORKER_BUILD_ID: buildId });
/** A command that replays nothing needs no process of its own. */
async function deploy(buildId: string, ...argv: string[]) {
  const written = { stdout: '', stderr: '' };
  const stream = (name: keyof typeof written) => ({ write: (text: string) => ((written[name] += text), true) });
  const own = { ...env, PATH: process.env['PATH'], TEMPORAL_WORKER_BUILD_ID: buildId };
  const code = await run(['deploy', ...argv], new Cli(project.dir, own, stream('stdout'), stream('stderr')));
  return { code, ...written };
}
const deployed = (buildId: string, ...argv: string[]) => as(buildId).json<Routed>('deploy', ...argv);

/** What `deploy status` tells, without another process. */
async function status() {
  const deployment = await describeDeployment(place, DEPLOYMENT);
  return deploymentStatus(place, deployment ?? expect.fail('There is no deployment.'));
}

async function startWorker(buildId: string): Promise<void> {
  const worker = as(buildId).spawn('worker', '--pool', 'llm');
  workers.push(worker);
  await says(worker, new RegExp(`Version ${buildId} of ${DEPLOYMENT}`));
}

/** Starts a run whose activities nobody takes up here: it stays open. */
async function startOpen(type: string, input: object): Promise<void> {
  const workflowId = `${type}-open`;
  const handle = await place.client.workflow.start(type, { taskQueue: QUEUES.llm, workflowId, args: [input] });
  await handle.query('progress');
}

/** An open run of a workflow that the code has no more: some worker did its first task, and nothing came of it. */
async function startRetired(): Promise<void> {
  const { client, namespace } = place;
  const taskQueue = 'retired';
  await client.workflow.start('retiredStage', { taskQueue, workflowId: 'retired', args: [{}] });
  const { workflowService } = connection;
  const poll = () => workflowService.pollWorkflowTaskQueue({ namespace, taskQueue: { name: taskQueue } });
  const { taskToken } = await connection.withDeadline(Date.now() + 60_000, poll);
  await workflowService.respondWorkflowTaskCompleted({ namespace, taskToken, commands: [] });
}

beforeAll(async () => {
  const address = sharedServers().temporalAddress;
  const building = build();
  connection = await Connection.connect({ address });
  const namespace = await createNamespace(connection);
  place = { namespace, client: new Client({ connection, namespace }) };
  env = { TEMPORAL_ADDRESS: address, TEMPORAL_NAMESPACE: namespace, TEMPORAL_DEPLOYMENT_NAME: DEPLOYMENT };
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
});

it('the first version becomes current once a worker of it polls, and not before', async () => {
  const worker = startWorker('old');
  expect(await deployed('old', 'current', '--wait', '2m')).toMatchObject({
    ...{ deployment: 'pack', buildId: 'old', share: 100, changed: true, workers: 1 },
  });
  await worker;
  const { code, stderr } = await deploy('new', 'ramp', '25', '--wait', '1s');
  expect(code).toBe(1);
  expect(stderr).toMatch(/No worker of build new polls llm.*Those that do: old \(1 worker\)/);
  expect(stderr).toMatch(/Remedy: .*TEMPORAL_WORKER_BUILD_ID=new/);
  expect((await deploy('new', 'status')).stdout).toMatch(
    /^pack: old is current\.$[\s\S]*^The code here is build new\.$/m,
  );
});

it('a ramp replays what would move, gives the share, and can be ended', async () => {
  await startOpen('cleanDataset', { source: 'docs' });
  await startOpen('indexFeed', { index: 'documents' });
  await startWorker('new');
  const open = { pinned: 1, moving: 1, pinnedByWorkflow: { cleanDataset: 1 }, examples: ['cleanDataset-open'] };
  await vi.waitFor(
    async () => expect((await status()).versions).toContainEqual(expect.objectContaining({ open })),
    SOON,
  );
  expect(await deployed('new', 'ramp', '25')).toMatchObject({ changed: true, checked: { replayed: 1, unfit: [] } });
  expect(await status()).toMatchObject({ current: 'old', ramping: { buildId: 'new', percent: 25 } });
  expect((await deploy('new', 'rollback')).stdout).toContain('all runs go to old');
  expect((await status()).ramping).toBeNull();
});

it('refuses where a run that would move does not fit, unless it is forced', async () => {
  await startRetired();
  const seen = () => place.client.workflow.count(`WorkflowType = 'retiredStage'`);
  await vi.waitFor(async () => expect(await seen()).toMatchObject({ count: 1 }), SOON);
  const { code, stderr } = await as('new').run('deploy', 'current');
  expect(code).toBe(1);
  expect(stderr).toMatch(/retired \(retiredStage\): at event 1, .*has no workflow of that name/);
  expect(stderr).toMatch(/Of 2 histories 1 does not fit this code[\s\S]*Remedy: .*patched/);
  expect((await status()).current).toBe('old');
  const forced = await as('new').run('deploy', 'current', '--force', '--json');
  expect(forced.stderr).toContain('going on, by --force');
  expect(JSON.parse(forced.stdout)).toMatchObject({ changed: true, share: 100 });
});

it('the old build can go when nothing is pinned to it any more', async () => {
  const held = await deploy('new', 'drained', 'old');
  expect(held.code).toBe(1);
  expect(held.stdout).toContain('old can not go yet: 1 run pinned to it: cleanDataset-open');
  await place.client.workflow.getHandle('cleanDataset-open').terminate();
  const free = await deploy('new', 'drained', 'old', '--wait', '1m', '--json');
  expect(JSON.parse(free.stdout)).toMatchObject({ canGo: true, standing: 'drained' });
  const [old] = workers;
  old?.kill('SIGTERM');
  if (old) await once(old, 'exit');
  // What moves answers from the new one.
  const progress = await place.client.workflow.getHandle('indexFeed-open').query<{ status: string }>('progress');
  expect(progress.status).toBe('running');
});
