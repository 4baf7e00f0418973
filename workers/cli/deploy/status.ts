import { QUEUES } from '../../../schemas/names';
import { pollers } from '../client';
import { type Output, table } from '../output';
import { plural } from '../story/words';
import type { Deployment, DeployedVersion, Place } from './deployment';
import { type OpenRuns, openRuns } from './open-runs';

export interface VersionStatus extends DeployedVersion {
  /** Of new runs, and of runs that move, in percent. */
  share: number;
  /** Workers of it that poll now. */
  workers: number;
  open: OpenRuns;
  /** Whether its workers can be stopped for good. */
  canGo: boolean;
  /** Why, or why not. */
  because: string;
}

export interface DeploymentStatus {
  deployment: string;
  current: string | null;
  ramping: Deployment['ramping'];
  versions: VersionStatus[];
}

/** How each version of a deployment stands, and what still holds it. */
export async function deploymentStatus(place: Place, deployment: Deployment): Promise<DeploymentStatus> {
  const { name, current, ramping } = deployment;
  const versions = await Promise.all(
    deployment.versions.map(async (version): Promise<VersionStatus> => {
      const { buildId } = version;
      const [workers, open] = await Promise.all([
        pollers(place, QUEUES.llm, { deploymentName: name, buildId }),
        openRuns(place, name, buildId),
      ]);
      return {
        ...version,
        share: shareOf(deployment, buildId),
        workers: workers.length,
        open,
        ...mayGo(version, open),
      };
    }),
  );
  return { deployment: name, current, ramping, versions };
}

export function shareOf({ current, ramping }: Pick<Deployment, 'current' | 'ramping'>, buildId: string | null): number {
  if (ramping && ramping.buildId === buildId) return ramping.percent;
  return current === buildId ? 100 - (ramping?.percent ?? 0) : 0;
}

/** Whether a version's workers can be stopped for good. Runs that move go on elsewhere, so they hold nothing. */
export function mayGo(
  { standing }: Pick<DeployedVersion, 'standing'>,
  { pinned, examples }: { pinned: number; examples: readonly string[] },
): { canGo: boolean; because: string } {
  if (standing === 'current') return { canGo: false, because: 'it is current' };
  if (standing === 'ramping') return { canGo: false, because: 'it gets a share of the runs' };
  if (pinned > 0) {
    const others = pinned > examples.length ? ', …' : '';
    return { canGo: false, because: `${plural(pinned, 'run')} pinned to it: ${examples.join(', ')}${others}` };
  }
  // Visibility is behind: a run may have begun just before the version was left. The server waits for that, and looks again.
  if (standing === 'draining') return { canGo: false, because: 'nothing open is seen; the server looks once more' };
  return { canGo: true, because: standing === 'drained' ? 'drained' : 'it never got runs' };
}

/** A deployment as a table for people. */
export function printStatus(out: Output, { deployment, current, ramping, versions }: DeploymentStatus): void {
  const { bold, good, dim } = out.style;
  const unversioned = shareOf({ current, ramping }, null);
  const parts = [
    current === null ? `workers without a version get ${unversioned}%` : `${current} is current`,
    ...(ramping ? [`${ramping.buildId} gets ${ramping.percent}%`] : []),
  ];
  out.print(`${bold(deployment)}: ${parts.join(', ')}.`);
  const head = ['build', 'standing', 'share', 'workers', 'pinned', 'moving', 'can it go'].map(dim);
  const rows = versions.map(({ buildId, standing, share, workers, open, canGo, because }) => [
    buildId,
    standing,
    `${share}%`,
    String(workers),
    String(open.pinned),
    String(open.moving),
    `${canGo ? good('yes') : 'no'}: ${because}`,
  ]);
  out.print(table([head, ...rows]));
}
