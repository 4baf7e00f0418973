import { hostname } from 'node:os';
import { Client, Connection, isGrpcServiceError } from '@temporalio/client';
import type { WorkerDeploymentVersion } from '@temporalio/common';
import type { temporal } from '@temporalio/proto';
import { dataConverterOf, type EncryptedConverter, WrongKey } from '../codec/data-converter';
import { deploymentVersion, WrongVersion } from '../deployment';
import { traceStarts } from '../monitoring/client-interceptor';
import { openTracing, type Tracing, TracingMissing } from '../monitoring/tracing';
import { loadSettings, NoAddress, resolveTemporal, type Settings } from '../settings';
import type { Cli } from './cli';
import { CliError, EXIT } from './exit';
import type { UiPlace } from './links';

/** A connection to the project's Temporal server, and where its UI is. */
export interface TemporalClient extends UiPlace {
  client: Client;
  address: string;
}

// A server on this machine answers in milliseconds, one over the world in a second.
const CONNECT_TIMEOUT = '5s';

/** The settings of the project that the command line stands in. @throws CliError (2) where its file is wrong. */
export async function projectSettings(cli: Pick<Cli, 'cwd' | 'env'>): Promise<Settings> {
  return loadSettings(cli.cwd, cli.env).catch((error: unknown) => {
    throw new CliError(EXIT.wrongUse, error instanceof Error ? error.message : String(error));
  });
}

/** Runs `use` with a client of the project's Temporal server and closes it. @throws CliError (3) where none answers. */
export async function withTemporal<T>(settings: Settings, use: (temporal: TemporalClient) => Promise<T>): Promise<T> {
  const dataConverter = settingsConverter(settings);
  const { connection: options, namespace, uiUrl } = await reachable(resolveTemporal(settings));
  const address = options.address ?? 'localhost:7233';
  const connection = await Connection.connect({ ...options, connectTimeout: CONNECT_TIMEOUT }).catch(
    (error: unknown) => {
      throw noAnswer(address, error);
    },
  );
  const tracing = await tracingOf(settings, 'llm-pack');
  const interceptors = { workflow: [traceStarts()] };
  try {
    const client = new Client({ connection, namespace, interceptors, ...(dataConverter ? { dataConverter } : {}) });
    return await use({ client, namespace, uiUrl, address });
  } catch (error) {
    throw isAway(error) ? noAnswer(address, error) : error;
  } finally {
    await tracing?.close();
    await connection.close();
  }
}

/** How this project writes payloads; undefined where they are plain. @throws CliError (2) for a key that is not there. */
export function settingsConverter({ config, env }: Settings): EncryptedConverter | undefined {
  try {
    return dataConverterOf(config, env);
  } catch (error) {
    throw error instanceof WrongKey ? new CliError(EXIT.wrongUse, error.message) : error;
  }
}

/** The version of a deployment that this project's workers are; undefined where they are none. @throws CliError (2) */
export async function settingsVersion(settings: Settings): Promise<WorkerDeploymentVersion | undefined> {
  return deploymentVersion(settings).catch((error: unknown) => {
    throw error instanceof WrongVersion ? new CliError(EXIT.wrongUse, error.message) : error;
  });
}

/** Where spans go, by the environment. @throws CliError (2) where what makes them is not installed. */
export function tracingOf({ env }: Settings, service: string): Promise<Tracing | undefined> {
  return openTracing(env, service).catch((error: unknown) => {
    throw error instanceof TracingMissing ? new CliError(EXIT.wrongUse, error.message) : error;
  });
}

/** Turns the lack of an address into exit code 3. */
export async function reachable<T>(resolving: Promise<T>): Promise<T> {
  return resolving.catch((error: unknown) => {
    throw error instanceof NoAddress ? new CliError(EXIT.unreachable, error.message) : error;
  });
}

const noAnswer = (address: string, cause: unknown): CliError =>
  new CliError(
    EXIT.unreachable,
    `Temporal at ${address} does not answer.`,
    '"llm-pack doctor" says where it was sought.',
    { cause },
  );

// The gRPC status of a server that is away.
const UNAVAILABLE = 14;
const isAway = (error: unknown): boolean => {
  const cause = error instanceof Error && !isGrpcServiceError(error) ? error.cause : error;
  return isGrpcServiceError(cause) && Number(cause.code) === UNAVAILABLE;
};

// A poll waits at the server for up to a minute; a worker that has not asked for longer is gone.
const POLLER_FRESH_MS = 70_000;

/** Identities of the workers that poll a task queue now, for workflows and activities together; of one version where it is named. */
export async function pollers(
  { client, namespace }: Pick<TemporalClient, 'client' | 'namespace'>,
  queue: string,
  version?: WorkerDeploymentVersion,
): Promise<string[]> {
  // The numbers are the API's own task queue types: 1 workflow, 2 activity.
  const answers = await Promise.all(
    [1, 2].map((taskQueueType) =>
      client.workflowService.describeTaskQueue({ namespace, taskQueue: { name: queue }, taskQueueType }),
    ),
  );
  const alive = answers
    .flatMap(({ pollers: found }) => found ?? [])
    .filter(({ lastAccessTime }) => Number(lastAccessTime?.seconds ?? 0) * 1000 > Date.now() - POLLER_FRESH_MS)
    .filter(({ deploymentOptions: of }) => !version || isVersion(of, version))
    .map(({ identity }) => identity ?? '')
    .filter(mayBeAlive);
  return [...new Set(alive)];
}

const isVersion = (
  of: temporal.api.deployment.v1.IWorkerDeploymentOptions | null | undefined,
  version: WorkerDeploymentVersion,
): boolean => of?.deploymentName === version.deploymentName && of.buildId === version.buildId;

/** False for a worker of this host (`<pid>@<host>`) whose process has ended: the server lists it for a while yet. */
function mayBeAlive(identity: string): boolean {
  const [pid, host] = identity.split('@');
  if (host !== hostname()) return true;
  try {
    process.kill(Number(pid), 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
