import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, Connection, type WorkflowHandleWithFirstExecutionRunId } from '@temporalio/client';
import { temporal } from '@temporalio/proto';
import { NativeConnection, Worker } from '@temporalio/worker';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { QUEUES } from '../../schemas/names';
import { makeBundle } from '../../workers/bundle';
import { awaitWorkers } from '../../workers/cli/deploy/await-workers';
import {
  describeDeployment,
  type Deployment,
  type Place,
  setCurrent,
  setRamp,
} from '../../workers/cli/deploy/deployment';
import { deploymentStatus } from '../../workers/cli/deploy/status';
import type { History } from '../../workers/cli/histories';
import { versionOptions } from '../../workers/deployment';
import { createNamespace } from '../support/own-servers';
import { quietRuntime } from '../support/quiet-runtime';
import { ROLLING_QUEUE, type RollingActivities } from '../support/rolling/stages';
import { sharedServers } from '../support/shared-servers';

const DEPLOYMENT = 'rolling';
const UNITS = 8;
const BEFORE = 3;
/** Of each workflow, at each stage of the upgrade: enough that a ramp by halves sends some either way. */
const RUNS = 4;
const SOON = { timeout: 60_000, interval: 200 };
const { EventType } = temporal.api.enums.v1;

/** What was done, once for each call: nothing may be missing, and nothing twice. */
const done: string[] = [];
/** Open while runs may go past their first units. */
let open: () => void;
const gate = new Promise<void>((resolve) => (open = resolve));

const activities: RollingActivities = {
  async work({ name, unit }) {
    if (unit >= BEFORE) await gate;
    // A unit takes a moment, so that runs are under way while the versions change.
    await sleep(20);
    done.push(`${name}/${unit}`);
  },
  look: () => Promise.resolve(),
};

let connection: Connection;
let native: NativeConnection;
let place: Place;
const running = new Map<string, { worker: Worker; ended: Promise<void> }>();

async function startWorker(
  name: string,
  options: Pick<Parameters<typeof Worker.create>[0], 'workflowBundle' | 'activities'>,
) {
  const worker = await Worker.create({
    connection: native,
    namespace: place.namespace,
    identity: `${process.pid}@${name}`,
    taskQueue: options.activities ? ROLLING_QUEUE : QUEUES.llm,
    ...(options.activities
      ? {}
      : { workerDeploymentOptions: versionOptions({ deploymentName: DEPLOYMENT, buildId: name }) }),
    ...options,
  });
  running.set(name, { worker, ended: worker.run() });
}

async function stopWorker(name: string): Promise<void> {
  const { worker, ended } = running.get(name) ?? {};
  running.delete(name);
  worker?.shutdown();
  await ended;
}

const startVersion = async (name: 'old' | 'new'): Promise<Deployment> => {
  const workflowBundle = await makeBundle(join(__dirname, '..', 'support', 'rolling', `${name}.ts`));
  await startWorker(name, { workflowBundle });
  return (await awaitWorkers(place, { deploymentName: DEPLOYMENT, buildId: name }, 30_000, () => undefined)).deployment;
};

const startRuns = (prefix: string): Promise<WorkflowHandleWithFirstExecutionRunId[]> =>
  Promise.all(
    ['rollingBuild', 'rollingEntity'].flatMap((type) =>
      Array.from({ length: RUNS }, (_, at) => {
        const name = `${type}-${prefix}-${at}`;
        return place.client.workflow.start(type, {
          ...{ taskQueue: QUEUES.llm, workflowId: name, args: [{ name, units: UNITS }] },
        });
      }),
    ),
  );

/** Waits until every run has done its first units, and stands before the gate. */
const underWay = (handles: readonly { workflowId: string }[]): Promise<void> =>
  vi.waitFor(() => {
    for (const { workflowId } of handles) expect(done).toContain(`${workflowId}/${BEFORE - 1}`);
  }, SOON);

/** Builds that did the workflow tasks of a history, in order, each once. */
const buildsOf = ({ events }: History): string[] => [
  ...new Set(
    (events ?? []).flatMap(({ workflowTaskCompletedEventAttributes: task }) =>
      task ? [task.deploymentVersion?.buildId ?? 'none'] : [],
    ),
  ),
];

/** A history that does not fit its code fails the task, and goes on failing. */
const failedTasks = ({ events }: History) =>
  (events ?? []).filter(({ eventType }) => eventType === EventType.EVENT_TYPE_WORKFLOW_TASK_FAILED);

beforeAll(async () => {
  quietRuntime();
  const address = sharedServers().temporalAddress;
  connection = await Connection.connect({ address });
  native = await NativeConnection.connect({ address });
  const namespace = await createNamespace(connection);
  place = { namespace, client: new Client({ connection, namespace }) };
  await startWorker('activities', { activities });
});
afterAll(async () => {
  await Promise.all([...running.keys()].map(stopWorker));
  await native?.close();
  await connection?.close();
});

it('old and new versions run side by side: what is pinned ends on the old, what moves goes on with the new, nothing is lost', async () => {
  await setCurrent(place, await startVersion('old'), 'old');
  const first = await startRuns('first');
  await underWay(first);

  await setRamp(place, await startVersion('new'), { buildId: 'new', percent: 50 });
  const ramped = await startRuns('ramped');
  await underWay(ramped);

  const both = await describeDeployment(place, DEPLOYMENT);
  if (both) await setCurrent(place, both, 'new');
  const last = await startRuns('last');
  await underWay(last);
  open();

  const all = [...first, ...ramped, ...last];
  const ends = await Promise.all(
    all.map(async (handle) => {
      const { workflowId: id, firstExecutionRunId } = handle;
      const { endedBy, units } = (await handle.result()) as { endedBy: string; units: number };
      // An entity has continued as new meanwhile: it moved within its first run.
      const first = await place.client.workflow.getHandle(id, firstExecutionRunId).fetchHistory();
      return { id, endedBy, units, histories: [first, await handle.fetchHistory()] };
    }),
  );
  for (const { id, endedBy, units, histories } of ends) {
    expect(units, id).toBe(UNITS);
    const builds = [...new Set(histories.flatMap(buildsOf))];
    if (id.startsWith('rollingBuild')) expect(builds, id).toEqual([endedBy]);
    else expect([endedBy, builds.at(-1)], id).toEqual(['new', 'new']);
    if (id.startsWith('rollingBuild-first')) expect(endedBy, id).toBe('old');
    if (id.startsWith('rollingEntity-first')) expect(buildsOf(histories[0] ?? {}), id).toEqual(['old', 'new']);
    if (id.includes('-last-')) expect(builds, id).toEqual(['new']);
    expect(histories.flatMap(failedTasks), id).toEqual([]);
  }
  const expected = all.flatMap(({ workflowId }) => Array.from({ length: UNITS }, (_, unit) => `${workflowId}/${unit}`));
  expect([...done].sort()).toEqual(expected.sort());
});

it('the old version is drained, stopped, and not missed', async () => {
  await vi.waitFor(async () => {
    const deployment = await describeDeployment(place, DEPLOYMENT);
    const { versions } = await deploymentStatus(place, deployment ?? expect.fail('There is no deployment.'));
    expect(versions.find(({ buildId }) => buildId === 'old')).toMatchObject({ canGo: true, because: 'drained' });
  }, SOON);
  await stopWorker('old');
  const after = await startRuns('after');
  const ends = await Promise.all(after.map((handle) => handle.result() as Promise<{ endedBy: string }>));
  expect(new Set(ends.map(({ endedBy }) => endedBy))).toEqual(new Set(['new']));
});
