import { type Client, isGrpcServiceError } from '@temporalio/client';
import { temporal } from '@temporalio/proto';
import { CliError, EXIT } from '../exit';

const { WorkerDeploymentVersionStatus: Status } = temporal.api.enums.v1;

/** How a version stands: draining and drained ones were current or ramping before, inactive ones never. */
export type VersionStanding = 'current' | 'ramping' | 'draining' | 'drained' | 'inactive';

export interface DeployedVersion {
  buildId: string;
  standing: VersionStanding;
  /** When it last became that, ISO 8601; null where it never got runs. */
  since: string | null;
}

/** A deployment as the server has it. */
export interface Deployment {
  name: string;
  /** Build that is current; null where workers without a version are. */
  current: string | null;
  /** Build that gets a share in percent; null where none does. */
  ramping: { buildId: string; percent: number } | null;
  /** The newest first. */
  versions: DeployedVersion[];
  /** With it a change is refused where somebody else made one since. */
  token: Uint8Array;
}

/** Where Temporal's API and its namespace are. */
export interface Place {
  client: Client;
  namespace: string;
}

/** The deployment of that name; null where no worker of it ever polled. @throws CliError (1) where the server knows no deployments */
export async function describeDeployment({ client, namespace }: Place, name: string): Promise<Deployment | null> {
  const { workflowService } = client.connection;
  const described = await workflowService
    .describeWorkerDeployment({ namespace, deploymentName: name })
    .catch((error: unknown) => {
      if (codeOf(error) === NOT_FOUND) return null;
      throw codeOf(error) === UNIMPLEMENTED ? tooOld(error) : error;
    });
  const info = described?.workerDeploymentInfo;
  if (!info) return null;
  const {
    currentDeploymentVersion: current,
    rampingDeploymentVersion: ramping,
    rampingVersionPercentage,
  } = info.routingConfig ?? {};
  const versions = (info.versionSummaries ?? []).map((version) => ({
    buildId: version.deploymentVersion?.buildId ?? '',
    standing: STANDINGS[version.status ?? Status.WORKER_DEPLOYMENT_VERSION_STATUS_UNSPECIFIED] ?? 'inactive',
    since: isoOf(version.routingUpdateTime),
    createdAt: Number(version.createTime?.seconds ?? 0),
  }));
  return {
    name,
    current: current?.buildId || null,
    ramping: ramping?.buildId ? { buildId: ramping.buildId, percent: rampingVersionPercentage ?? 0 } : null,
    versions: versions.sort((a, b) => b.createdAt - a.createdAt).map(({ createdAt: _, ...version }) => version),
    token: described?.conflictToken ?? new Uint8Array(),
  };
}

const STANDINGS: Record<number, VersionStanding> = {
  [Status.WORKER_DEPLOYMENT_VERSION_STATUS_CURRENT]: 'current',
  [Status.WORKER_DEPLOYMENT_VERSION_STATUS_RAMPING]: 'ramping',
  [Status.WORKER_DEPLOYMENT_VERSION_STATUS_DRAINING]: 'draining',
  [Status.WORKER_DEPLOYMENT_VERSION_STATUS_DRAINED]: 'drained',
};

/** Makes a build current. A ramp of it ends with that. @throws CliError (1) where the server refuses */
export async function setCurrent(
  { client, namespace }: Place,
  { name, token }: Deployment,
  buildId: string,
): Promise<void> {
  const { identity } = client.options;
  await client.connection.workflowService
    .setWorkerDeploymentCurrentVersion({ namespace, deploymentName: name, buildId, conflictToken: token, identity })
    .catch(refused);
}

/** Gives a build its share of the runs, in percent; with null nothing ramps any more. @throws CliError (1) where the server refuses */
export async function setRamp(
  { client, namespace }: Place,
  { name, token }: Deployment,
  ramp: { buildId: string; percent: number } | null,
): Promise<void> {
  const { identity } = client.options;
  const { buildId, percent: percentage } = ramp ?? { buildId: '', percent: 0 };
  await client.connection.workflowService
    .setWorkerDeploymentRampingVersion({
      ...{ namespace, deploymentName: name, buildId, percentage },
      ...{ conflictToken: token, identity },
    })
    .catch(refused);
}

const NOT_FOUND = 5;
const FAILED_PRECONDITION = 9;
const UNIMPLEMENTED = 12;

const codeOf = (error: unknown): number | undefined => (isGrpcServiceError(error) ? Number(error.code) : undefined);

function refused(error: unknown): never {
  if (!isGrpcServiceError(error) || codeOf(error) !== FAILED_PRECONDITION) throw error;
  const said = error.details;
  if (/conflict token/.test(said))
    throw new CliError(
      EXIT.failed,
      'Somebody else has changed the deployment meanwhile.',
      'See "llm-pack deploy status", and try again.',
    );
  // Such as queues that the current version polls and this one does not.
  throw new CliError(EXIT.failed, `Temporal refuses: ${said}.`, 'Start workers of that build as the old one has them.');
}

const tooOld = (cause: unknown): CliError =>
  new CliError(
    EXIT.failed,
    'This Temporal server knows no worker deployments.',
    'They need server 1.28 or newer; leave `deployment` out of temporal.config.ts until then.',
    { cause },
  );

const isoOf = (time: { seconds?: unknown } | null | undefined): string | null =>
  time?.seconds ? new Date(Number(time.seconds) * 1000).toISOString() : null;
