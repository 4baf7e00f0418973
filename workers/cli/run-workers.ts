import { ApplicationFailure, type LogMetadata } from '@temporalio/common';
import { isGrpcServiceError } from '@temporalio/client';
import { DefaultLogger, NativeConnection, Runtime, makeTelemetryFilterString, type Worker } from '@temporalio/worker';
import type { Pool } from '../../schemas/names';
import { openDependencies, type OpenDependencies } from '../dependencies';
import { createPoolWorkers } from '../pools';
import { DEFAULT_ADDRESS, isDenied } from '../connecting/refusal';
import { NoAddress, resolveEndpoints, resolveTemporal, type Endpoints, type Settings } from '../settings';
import { refused, reachable, settingsConverter } from './client';
import { followTemporal } from './follow-temporal';
import { CliError, EXIT } from './exit';
import { gpuNote } from './gpu';
import type { Output } from './output';
import { ensureSearchAttributes } from './search-attributes';
import { waitUntilThere } from './wait';

export interface RunWorkers {
  pools: readonly Pool[];
  settings: Settings;
  out: Output;
  /** Stops gracefully: units are told, checkpoint, and are waited for within the pool's grace. */
  stop: AbortSignal;
}

/**
 * Runs the workers of the pools in this process until `stop`. Waits for a server that is away, at start as later.
 * @throws CliError where the configuration is wrong, so that waiting would not help.
 */
export async function runWorkers({ pools, settings, out, stop }: RunWorkers): Promise<void> {
  // What is wrong with the settings is said before there is a runtime, which would have to be ended.
  const dataConverter = settingsConverter(settings);
  const temporal = await reachable(resolveTemporal(settings));
  const endpoints = await storesFor(pools, settings, out);
  installRuntime(out);
  const dependencies = endpoints && openDependencies(settings, endpoints, (message) => out.note(message));
  let connection: NativeConnection | undefined;
  let stopFollowing: (() => void) | undefined;
  try {
    // What attempts that were killed left on this disk; a failure to tidy is no reason not to work.
    await dependencies?.store
      .sweep()
      .catch((error: unknown) => out.note(`Old scratch files stay: ${firstLine(error)}`));
    connection = await prepare(temporal, dependencies, out, stop);
    const context = { connection, namespace: temporal.namespace, config: settings.config, dependencies, dataConverter };
    const workers = (await Promise.all(pools.map((pool) => createPoolWorkers(pool, context)))).flat();
    stopFollowing = followTemporal({
      settings,
      temporal,
      workers,
      connection,
      out,
      replaced: (by) => (connection = by),
    });
    await runUntil(workers, stop, () => announce(out, pools, temporal, settings));
  } catch (error) {
    // Asked to stop while it still waited for a server: that is a graceful stop too.
    if (!stop.aborted) throw (await refused(temporal.connection, error)) ?? error;
  } finally {
    stopFollowing?.();
    await dependencies?.close();
    // The SDK's runtime ends with its last connection; without one it would keep the process alive.
    await (connection ? connection.close() : Runtime.instance().shutdown());
  }
}

/** Where the stores are. A host that runs workflows alone need not know, but no agent calls anything on it then. */
async function storesFor(pools: readonly Pool[], settings: Settings, out: Output): Promise<Endpoints | undefined> {
  const resolving = resolveEndpoints(settings);
  if (pools.some((pool) => pool !== 'llm')) return reachable(resolving);
  return resolving.catch((error: unknown) => {
    if (!(error instanceof NoAddress)) throw error;
    out.note(`Agents can not run here: ${firstLine(error)}`);
    return undefined;
  });
}

/** Connects, and makes sure that what every run needs is there: the namespace, the search attributes, the tables. */
async function prepare(
  temporal: Endpoints['temporal'],
  dependencies: OpenDependencies | undefined,
  out: Output,
  signal: AbortSignal,
): Promise<NativeConnection> {
  const address = temporal.connection.address ?? DEFAULT_ADDRESS;
  const wait = (part: string) => (error: unknown, seconds: number) =>
    out.note(`${part} is not there yet, next try in ${seconds} s: ${firstLine(error)}`);
  const waiting = { isAway: temporalIsAway, onWait: wait(`Temporal at ${address}`), signal };
  const connection = await waitUntilThere(() => connect(temporal.connection), waiting).catch((error: unknown) => {
    throw temporalIsWrong(address, error);
  });
  try {
    const created = await waitUntilThere(() => ensureSearchAttributes(connection, temporal.namespace), waiting);
    if (created.length > 0) out.note(`Registered the search attributes ${created.join(', ')}.`);
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

function announce(out: Output, pools: readonly Pool[], temporal: Endpoints['temporal'], { config }: Settings): void {
  const gpu = pools.includes('gpu') ? gpuNote(config.pools.gpu.provider) : undefined;
  if (gpu) out.note(gpu);
  const { namespace, connection } = temporal;
  const address = connection.address ?? DEFAULT_ADDRESS;
  out.print(`Ready: ${pools.join(', ')} on Temporal ${address}, namespace ${namespace} (process ${process.pid}).`);
  out.data({ ready: true, pools, address, namespace, pid: process.pid });
}

/** The SDK's own log: warnings, on stderr. Signals are ours: its own handlers would race with the graceful stop. */
function installRuntime(out: Output): void {
  const level = out.env['DEBUG'] ? 'INFO' : 'WARN';
  Runtime.install({
    logger: new DefaultLogger(level, ({ level: of, message, meta }) => {
      // Each of our workers is meant to have only the one or the other.
      if (/^No (workflows|activities) registered/.test(message)) return;
      out.note(`${new Date().toISOString()} [${of}] ${message}${about(meta)}`);
    }),
    shutdownSignals: [],
    telemetryOptions: { logging: { filter: makeTelemetryFilterString({ core: level }), forward: {} } },
  });
}

/** What the SDK says of an entry, as far as people care. */
interface LogAbout {
  workflowId?: string;
  activityType?: string;
  attempt?: number;
  error?: unknown;
}

/** What a log entry is about, without the task tokens and ids that nobody reads. */
function about(meta: LogMetadata = {}): string {
  const { workflowId, activityType, attempt, error } = meta as LogAbout;
  const parts = [activityType, workflowId, attempt === undefined ? undefined : `attempt ${attempt}`];
  const where = parts.filter((part) => part !== undefined);
  return `${where.length > 0 ? ` (${where.join(', ')})` : ''}${error === undefined ? '' : `: ${firstLine(error)}`}`;
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

function firstLine(error: unknown): string {
  const [line = ''] = (error instanceof Error ? error.message : String(error)).split('\n');
  // The SDK prints the whole chain of a connection's failure; its innermost text is what happened.
  return /error: "([^"]+)"|message: "([^"]+)"/.exec(line)?.slice(1).find(Boolean) ?? line;
}
