import { ApplicationFailure, type WorkerDeploymentVersion } from '@temporalio/common';
import { isGrpcServiceError } from '@temporalio/client';
import { NativeConnection, Runtime, type Worker } from '@temporalio/worker';
import type { Pool } from '../../schemas/names';
import { openDependencies, type OpenDependencies } from '../dependencies';
import type { MetricsPlace } from '../monitoring/telemetry';
import { createPoolWorkers } from '../pools';
import { DEFAULT_ADDRESS, isDenied } from '../connecting/refusal';
import { NoAddress, resolveEndpoints, resolveTemporal, type Endpoints, type Settings } from '../settings';
import { refused, reachable, settingsConverter, settingsVersion, tracingOf } from './client';
import { followTemporal } from './follow-temporal';
import { CliError, EXIT } from './exit';
import { gpuNote } from './gpu';
import type { Output } from './output';
import { firstLine } from './first-line';
import { installRuntime, watch, workerLog, workerMetrics } from './run-monitoring';
import { ensureSearchAttributes } from './search-attributes';
import { waitUntilThere } from './wait';

export interface RunWorkers {
  pools: readonly Pool[];
  settings: Settings;
  out: Output;
  /** False: no version of a deployment, whatever the settings say. */
  versioned: boolean;
  /** Stops gracefully: units are told, checkpoint, and are waited for within the pool's grace. */
  stop: AbortSignal;
}

/**
 * Runs the workers of the pools in this process until `stop`. Waits for a server that is away, at start as later.
 * @throws CliError where the configuration is wrong, so that waiting would not help.
 */
export async function runWorkers({ pools, settings, out, versioned, stop }: RunWorkers): Promise<void> {
  // What is wrong with the settings is said before there is a runtime, which would have to be ended.
  const dataConverter = settingsConverter(settings);
  const deployment = versioned && pools.includes('llm') ? await settingsVersion(settings) : undefined;
  const metrics = workerMetrics(settings, pools);
  const temporal = await reachable(resolveTemporal(settings));
  const log = workerLog(settings, out);
  const endpoints = await storesFor(pools, settings, log.note);
  const tracing = await tracingOf(settings, 'llm-pack-worker');
  installRuntime(log, metrics);
  const dependencies = endpoints && openDependencies(settings, endpoints, log.note);
  let connection: NativeConnection | undefined;
  let unwatch: (() => Promise<void>) | undefined;
  let stopFollowing: (() => void) | undefined;
  try {
    // What attempts that were killed left on this disk; a failure to tidy is no reason not to work.
    await dependencies?.store
      .sweep()
      .catch((error: unknown) => log.note(`Old scratch files stay: ${firstLine(error)}`));
    connection = await prepare(temporal, dependencies, log.note, stop);
    if (metrics) unwatch = watch({ connection, namespace: temporal.namespace, dependencies, settings, note: log.note });
    const { namespace } = temporal;
    const context = {
      connection,
      namespace,
      config: settings.config,
      dependencies,
      dataConverter,
      deployment,
      tracing,
    };
    const workers = (await Promise.all(pools.map((pool) => createPoolWorkers(pool, context)))).flat();
    stopFollowing = followTemporal({
      settings,
      temporal,
      workers,
      connection,
      note: log.note,
      replaced: (by) => (connection = by),
    });
    await runUntil(workers, stop, () =>
      announce({ out, note: log.note, pools, temporal, settings, deployment, metrics }),
    );
  } catch (error) {
    // Asked to stop while it still waited for a server: that is a graceful stop too.
    if (!stop.aborted) throw (await refused(temporal.connection, error)) ?? error;
  } finally {
    stopFollowing?.();
    await unwatch?.();
    await dependencies?.close();
    // The SDK's runtime ends with its last connection; without one it would keep the process alive.
    await (connection ? connection.close() : Runtime.instance().shutdown());
    await tracing?.close();
  }
}

/** Where the stores are. A host that runs workflows alone need not know, but no agent calls anything on it then. */
async function storesFor(
  pools: readonly Pool[],
  settings: Settings,
  note: (message: string) => void,
): Promise<Endpoints | undefined> {
  const resolving = resolveEndpoints(settings);
  if (pools.some((pool) => pool !== 'llm')) return reachable(resolving);
  return resolving.catch((error: unknown) => {
    if (!(error instanceof NoAddress)) throw error;
    note(`Agents can not run here: ${firstLine(error)}`);
    return undefined;
  });
}

/** Connects, and makes sure that what every run needs is there: the namespace, the search attributes, the tables. */
async function prepare(
  temporal: Endpoints['temporal'],
  dependencies: OpenDependencies | undefined,
  note: (message: string) => void,
  signal: AbortSignal,
): Promise<NativeConnection> {
  const address = temporal.connection.address ?? DEFAULT_ADDRESS;
  const wait = (part: string) => (error: unknown, seconds: number) =>
    note(`${part} is not there yet, next try in ${seconds} s: ${firstLine(error)}`);
  const waiting = { isAway: temporalIsAway, onWait: wait(`Temporal at ${address}`), signal };
  const connection = await waitUntilThere(() => connect(temporal.connection), waiting).catch((error: unknown) => {
    throw temporalIsWrong(address, error);
  });
  try {
    const created = await waitUntilThere(() => ensureSearchAttributes(connection, temporal.namespace), waiting);
    if (created.length > 0) note(`Registered the search attributes ${created.join(', ')}.`);
    if (dependencies) {
      await waitUntilThere(() => dependencies.registry.migrate(), {
        isAway: postgresIsAway,
        onWait: wait('PostgreSQL'),
        signal,
      });
    }
    return connection;
  } catch (error) {
    await connection.close();
    throw signal.aborted ? error : temporalIsWrong(address, error);
  }
}

/** @throws CliError where the server refuses: it would for as long as it is asked. */
async function connect(options: Endpoints['temporal']['connection']): Promise<NativeConnection> {
  return NativeConnection.connect(options).catch(async (error: unknown) => {
    throw (await refused(options, error)) ?? error;
  });
}

/** Runs all workers; when one ends or fails, or `stop` comes, all of them stop. */
async function runUntil(workers: readonly Worker[], stop: AbortSignal, onReady: () => void): Promise<void> {
  const shutdown = () => {
    for (const worker of workers) if (worker.getState() === 'RUNNING') worker.shutdown();
  };
  const running = workers.map((worker) => worker.run().finally(shutdown));
  if (stop.aborted) shutdown();
  stop.addEventListener('abort', shutdown, { once: true });
  onReady();
  const ends = await Promise.allSettled(running);
  const failed = ends.find((end) => end.status === 'rejected');
  if (failed) throw failed.reason;
}

interface Announcement {
  out: Output;
  note: (message: string) => void;
  pools: readonly Pool[];
  temporal: Endpoints['temporal'];
  settings: Settings;
  deployment: WorkerDeploymentVersion | undefined;
  metrics: MetricsPlace | undefined;
}

function announce({ out, note, pools, temporal, settings: { config }, deployment, metrics }: Announcement): void {
  const gpu = pools.includes('gpu') ? gpuNote(config.pools.gpu.provider) : undefined;
  if (gpu) note(gpu);
  if (metrics) note(`Metrics: ${metrics.url}`);
  const { namespace, connection } = temporal;
  const address = connection.address ?? DEFAULT_ADDRESS;
  out.print(`Ready: ${pools.join(', ')} on Temporal ${address}, namespace ${namespace} (process ${process.pid}).`);
  if (deployment) {
    const { deploymentName, buildId } = deployment;
    out.print(`Version ${buildId} of ${deploymentName}: it gets runs once "llm-pack deploy" gives it some.`);
  }
  const ready = { ready: true, pools, address, namespace, pid: process.pid };
  out.data({ ...ready, deployment: deployment ?? null, metrics: metrics?.url ?? null });
}

// gRPC codes that pass by waiting: a server that starts, is overloaded, or was cut off.
const DEADLINE_EXCEEDED = 4;
const RESOURCE_EXHAUSTED = 8;
const UNAVAILABLE = 14;

function temporalIsAway(error: unknown): boolean {
  if (isGrpcServiceError(error))
    return [DEADLINE_EXCEEDED, RESOURCE_EXHAUSTED, UNAVAILABLE].includes(Number(error.code));
  // A server that can not be connected to, and that no refusal explains. One that speaks no TLS does not come to by waiting.
  const lasting = /certificate|tls|invalid/i;
  return error instanceof Error && error.name === 'TransportError' && !lasting.test(error.message) && !isDenied(error);
}

// PostgreSQL's codes for a wrong user or password (class 28) and a database that is not there, as the registry's
// message names them: waiting does not mend these.
const WRONG_LOGIN = /\((28\w{3}|3D000)\)/;

function postgresIsAway(error: unknown): boolean {
  if (!(error instanceof ApplicationFailure) || error.type !== 'Unavailable') return false;
  if (!WRONG_LOGIN.test(error.message)) return true;
  throw new CliError(EXIT.failed, firstLine(error), 'Correct DATABASE_URL.');
}

function temporalIsWrong(address: string, error: unknown): unknown {
  if (error instanceof CliError || error instanceof ApplicationFailure || !(error instanceof Error)) return error;
  return new CliError(
    EXIT.failed,
    `Temporal at ${address} refuses: ${error.message}`,
    'Check TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE, TEMPORAL_API_KEY and TLS, or the profile; "temporal workflow list" must work.',
    { cause: error },
  );
}
