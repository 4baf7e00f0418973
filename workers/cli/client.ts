import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, Connection, isGrpcServiceError } from '@temporalio/client';
import type { WorkerDeploymentVersion } from '@temporalio/common';
import type { temporal } from '@temporalio/proto';
import { dataConverterOf, type EncryptedConverter, WrongKey } from '../codec/data-converter';
import { DEFAULT_ADDRESS, handshakeRefusal, refusalOf } from '../connecting/refusal';
import { followKey } from '../connecting/follow-credentials';
import { WrongConnection } from '../connecting/wrong-connection';
import { deploymentVersion, WrongVersion } from '../deployment';
import { freshPollers } from '../fresh-pollers';
import { traceStarts } from '../monitoring/client-interceptor';
import { openTracing, type Tracing, TracingMissing } from '../monitoring/tracing';
import { type Endpoints, loadSettings, NoAddress, resolveTemporal, type Settings } from '../settings';
import type { Cli } from './cli';
import { CliError, EXIT, type ExitCode } from './exit';
import type { UiPlace } from './links';

/** A connection to the project's Temporal server, and where its UI is. */
export interface TemporalClient extends UiPlace {
  client: Client;
  address: string;
}

// A server on this machine answers in milliseconds, one over the world in a second.
const CONNECT_TIMEOUT = '5s';
/** Longer than a connection takes that comes to stand. */
const PATIENCE_MS = 1_500;

type ConnectionSettings = Endpoints['temporal']['connection'];

/** The settings of the project that the command line stands in. @throws CliError (2) where its file is wrong. */
export async function projectSettings(cli: Pick<Cli, 'cwd' | 'env'>): Promise<Settings> {
  return loadSettings(cli.cwd, cli.env).catch((error: unknown) => {
    throw new CliError(EXIT.wrongUse, error instanceof Error ? error.message : String(error));
  });
}

/**
 * Runs `use` with a client of the project's Temporal server and closes it.
 * @throws CliError (3) where none answers, (1) where it refuses, (2) where the settings can not be right.
 */
export async function withTemporal<T>(settings: Settings, use: (temporal: TemporalClient) => Promise<T>): Promise<T> {
  const dataConverter = settingsConverter(settings);
  const { connection: options, namespace, uiUrl } = await reachable(resolveTemporal(settings));
  const address = options.address ?? DEFAULT_ADDRESS;
  const connection = await connect(options).catch(async (error: unknown) => {
    throw (await refused(options, error)) ?? noAnswer(address, error);
  });
  const stopFollowing = followKey(options, {
    read: () => resolveTemporal(settings),
    take: (key) => connection.setApiKey(key),
  });
  const tracing = await tracingOf(settings, 'llm-pack');
  const interceptors = { workflow: [traceStarts()] };
  try {
    const client = new Client({ connection, namespace, interceptors, ...(dataConverter ? { dataConverter } : {}) });
    return await use({ client, namespace, uiUrl, address });
  } catch (error) {
    throw (await refused(options, error)) ?? (isAway(error) ? noAnswer(address, error) : error);
  } finally {
    stopFollowing();
    await tracing?.close();
    await connection.close();
  }
}

/** Connects, and gives up as soon as it is known that the server refuses: the SDK tries until its time is over. */
async function connect(options: ConnectionSettings): Promise<Connection> {
  const connection = Connection.lazy({ ...options, connectTimeout: CONNECT_TIMEOUT });
  const connecting = connection.ensureConnected();
  try {
    await Promise.race([connecting, refusalAfter(PATIENCE_MS, options, connecting)]);
    return connection;
  } catch (error) {
    connecting.catch(() => undefined);
    await connection.close();
    throw error;
  }
}

/** Rejects with why the server refuses; never settles where it does not. */
async function refusalAfter(patience: number, options: ConnectionSettings, connecting: Promise<void>): Promise<never> {
  const isOver = connecting.then(
    () => true,
    () => true,
  );
  if (!(await Promise.race([isOver, sleep(patience, false, { ref: false })]))) {
    const refusal = await handshakeRefusal(options, {});
    if (refusal) throw refusal;
  }
  return new Promise(() => undefined);
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

/** Turns the lack of an address into exit code 3, and settings that can not be right into 2. */
export async function reachable<T>(resolving: Promise<T>): Promise<T> {
  return resolving.catch((error: unknown) => {
    if (error instanceof WrongConnection) throw wrongConnection(EXIT.wrongUse, error);
    throw error instanceof NoAddress ? new CliError(EXIT.unreachable, error.message) : error;
  });
}

/** The server's refusal of a connection or a call, told; undefined where it does not refuse. */
export async function refused(options: Parameters<typeof refusalOf>[0], error: unknown): Promise<CliError | undefined> {
  const refusal = error instanceof WrongConnection ? error : await refusalOf(options, error);
  return refusal && wrongConnection(EXIT.failed, refusal);
}

const wrongConnection = (exitCode: ExitCode, error: WrongConnection): CliError =>
  new CliError(exitCode, error.message, error.remedy, { cause: error });

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
    .flatMap(({ pollers: found }) => freshPollers(found))
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
