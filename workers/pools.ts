import { Worker, type NativeConnection, type WorkerInterceptors, type WorkerOptions } from '@temporalio/worker';
import type { DataConverter, WorkerDeploymentVersion } from '@temporalio/common';
import type { PackConfig } from '../schemas/config';
import { hostQueue, hostWaitQueue, QUEUES, WAIT_QUEUE, type Pool } from '../schemas/names';
import { hostname } from 'node:os';
import { workflowBundle } from './bundle';
import type { ActivityDependencies } from '../activities';
import { cpuSlots } from './dependencies';
import { versionOptions } from './deployment';
import type { Tracing } from './monitoring/tracing';
import { LlmPackPlugin } from './plugin';

export interface PoolContext {
  connection: NativeConnection;
  namespace: string;
  config: PackConfig;
  /** What the activities work with; an `llm` pool without it runs workflows alone, and no agents. */
  dependencies?: ActivityDependencies;
  /** How payloads are written; plain without it. */
  dataConverter?: DataConverter | undefined;
  /** The version of a deployment that its workflow workers are; none where workers are not versioned. */
  deployment?: WorkerDeploymentVersion | undefined;
  /** More of a team's own, around the workflows or activities of every worker: tracing, metrics. */
  interceptors?: WorkerInterceptors;
  /** Where spans go; of `openTracing`. */
  tracing?: Tracing | undefined;
}

// A wait holds a connection to the database, or looks at a job once a second: one for each index that is fed, or model trained.
const WAIT_SLOTS = 32;

// Cancel, pause and shutdown arrive with a beat; the SDK would hold beats back for up to a minute.
const MAX_BEAT_THROTTLE = '2s';

/** One worker of a pool on the given task queue. */
export async function createPackWorker(pool: Pool, context: PoolContext, taskQueue = QUEUES[pool]): Promise<Worker> {
  const { connection, namespace, config, dependencies, dataConverter, deployment, interceptors, tracing } = context;
  const shared: WorkerOptions = {
    connection,
    namespace,
    taskQueue,
    plugins: [new LlmPackPlugin({ pool, dependencies, tracing })],
    ...(dataConverter ? { dataConverter } : {}),
    ...(interceptors ? { interceptors } : {}),
    maxHeartbeatThrottleInterval: MAX_BEAT_THROTTLE,
  };
  if (pool === 'llm') {
    return Worker.create({
      ...shared,
      workflowBundle: await workflowBundle(dataConverter?.failureConverterPath, deployment !== undefined),
      ...(deployment ? { workerDeploymentOptions: versionOptions(deployment) } : {}),
      maxConcurrentWorkflowTaskExecutions: config.pools.llm.workflowTasks,
      maxConcurrentActivityTaskExecutions: config.pools.llm.calls,
      // A workflow task takes milliseconds; the rest of the second is for the answer to reach the server.
      shutdownGraceTime: '5s',
    });
  }
  const slots = taskQueue.startsWith(WAIT_QUEUE)
    ? WAIT_SLOTS
    : pool === 'cpu'
      ? cpuSlots(config)
      : config.pools.gpu.devices;
  return Worker.create({
    ...shared,
    maxConcurrentActivityTaskExecutions: slots,
    // On shutdown units are told at once, and have the grace to stop; what they published stays.
    shutdownGraceTime: `${config.pools[pool].shutdownGraceSeconds}s`,
  });
}

/** Every worker that one host runs for a pool: the cpu pool also polls that of its own host, and those of waits. */
export async function createPoolWorkers(pool: Pool, context: PoolContext): Promise<Worker[]> {
  const host = hostname();
  const queues = pool === 'cpu' ? [QUEUES.cpu, hostQueue(host), WAIT_QUEUE, hostWaitQueue(host)] : [QUEUES[pool]];
  return Promise.all(queues.map((queue) => createPackWorker(pool, context, queue)));
}
