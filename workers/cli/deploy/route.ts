import type { WorkerDeploymentVersion } from '@temporalio/common';
import type { Settings } from '../../settings';
import { settingsVersion } from '../client';
import { CliError, EXIT } from '../exit';
import type { Output } from '../output';
import { awaitWorkers } from './await-workers';
import { type CheckedHistories, checkHistories } from './check-histories';
import { type Deployment, type Place, setCurrent, setRamp } from './deployment';

export interface RouteOptions {
  /** Of the settings where it is left out. */
  deployment?: string;
  /** Of this project's code where it is left out. */
  buildId?: string;
  /** How long to wait for a worker of it, in milliseconds. */
  wait: number;
  /** How far back ended runs are replayed, in milliseconds. */
  since: number;
  force?: boolean;
  dryRun?: boolean;
}

export interface Routed {
  deployment: string;
  buildId: string;
  /** The share that it has now, or would have, in percent. */
  share: number;
  changed: boolean;
  dryRun: boolean;
  workers: number;
  /** Null where the build is not of this project's code, which says nothing of it then. */
  checked: CheckedHistories | null;
}

/**
 * Gives a build its share of new runs and of those that move; all of them for 100. Before that a worker of it has to poll, and what
 * would move to it has to replay. @throws CliError (1) where one of these is not so
 */
export async function route(
  settings: Settings,
  place: Place,
  share: number,
  options: RouteOptions,
  out: Output,
): Promise<Routed> {
  const own = await settingsVersion(settings);
  const version = wantedVersion(own, options);
  const { deploymentName, buildId } = version;
  const { deployment, workers } = await awaitWorkers(place, version, options.wait, (text) => out.note(text));
  if (share < 100 && deployment.current === buildId)
    throw new CliError(
      EXIT.wrongUse,
      `${buildId} is current already: it gets all runs.`,
      'Ramp another build, or go back to one: llm-pack deploy current --build-id BUILD',
    );
  const isOwn = own !== undefined && own.buildId === buildId;
  if (!isOwn) out.note(`${buildId} is not the build of this project: that runs fit it can only be checked from there.`);
  const checked = isOwn ? await checkHistories(settings, place.client, new Date(Date.now() - options.since)) : null;
  if (checked && checked.unfit.length > 0) tellUnfit(checked, options, out);
  const routed = { deployment: deploymentName, buildId, share, workers, checked, dryRun: options.dryRun === true };
  if (hasIt(deployment, buildId, share)) return { ...routed, changed: false };
  if (options.dryRun) return { ...routed, changed: false };
  if (share === 100) await setCurrent(place, deployment, buildId);
  else await setRamp(place, deployment, { buildId, percent: share });
  return { ...routed, changed: true };
}

/** The name of the deployment that a command is about. @throws CliError (2) where there is none */
export async function wantedDeployment(settings: Settings, named: string | undefined): Promise<string> {
  const name = named ?? (await settingsVersion(settings))?.deploymentName;
  if (name) return name;
  throw new CliError(EXIT.wrongUse, 'No deployment is configured.', CONFIGURE);
}

const CONFIGURE =
  'Set `deployment: {}` in temporal.config.ts, or TEMPORAL_DEPLOYMENT_NAME, or add --deployment NAME. docs/deploying.md says more.';

function wantedVersion(own: WorkerDeploymentVersion | undefined, options: RouteOptions): WorkerDeploymentVersion {
  const deploymentName = options.deployment ?? own?.deploymentName;
  const buildId = options.buildId ?? own?.buildId;
  if (!deploymentName) throw new CliError(EXIT.wrongUse, 'No deployment is configured.', CONFIGURE);
  if (!buildId)
    throw new CliError(EXIT.wrongUse, 'Which build?', 'Add --build-id BUILD; "llm-pack deploy status" lists them.');
  return { deploymentName, buildId };
}

const hasIt = ({ current, ramping }: Deployment, buildId: string, share: number): boolean =>
  share === 100 ? current === buildId : ramping?.buildId === buildId && ramping.percent === share;

/** How many mismatches are told; the others are told by `llm-pack replay`. */
const SHOWN = 10;

function tellUnfit({ unfit, replayed }: CheckedHistories, { force }: RouteOptions, out: Output): void {
  for (const { name, workflow, why } of unfit.slice(0, SHOWN)) out.note(`  ${name} (${workflow}): ${why}`);
  const what = `Of ${replayed} histories ${unfit.length} ${unfit.length === 1 ? 'does' : 'do'} not fit this code`;
  if (force) return out.note(`${what}; going on, by --force.`);
  throw new CliError(
    EXIT.failed,
    `${what}: open runs of that kind would stand still on it.`,
    'Put the change under patched("…") ("llm-pack replay" tells where), pin the workflow (schemas/versioning.ts), or go on with --force.',
  );
}
