import { setTimeout as sleep } from 'node:timers/promises';
import type { WorkerDeploymentVersion } from '@temporalio/common';
import { QUEUES } from '../../../schemas/names';
import { pollers } from '../client';
import { CliError, EXIT } from '../exit';
import { plural, span } from '../story/words';
import { type Deployment, describeDeployment, type Place } from './deployment';

// A worker that has come up is seen soon enough, and a server is not asked much.
const LOOK_EVERY_MS = 1_000;

/**
 * Waits until a worker of that version polls for workflows and the server has it in the deployment: runs that are given to a version
 * nobody polls for would stand still. @throws CliError (1) where none comes within `waitMs`
 */
export async function awaitWorkers(
  place: Place,
  version: WorkerDeploymentVersion,
  waitMs: number,
  onWait: (text: string) => void,
): Promise<{ deployment: Deployment; workers: number }> {
  const { deploymentName, buildId } = version;
  const deadline = Date.now() + waitMs;
  for (let told = false; ; told = true) {
    const deployment = await describeDeployment(place, deploymentName);
    const workers = await pollers(place, QUEUES.llm, version);
    const known = deployment?.versions.some((one) => one.buildId === buildId);
    if (deployment && known && workers.length > 0) return { deployment, workers: workers.length };
    if (Date.now() >= deadline) throw await nobody(place, deployment, version, waitMs);
    if (!told) onWait(`Waiting for a worker of ${buildId} to poll ${QUEUES.llm} …`);
    await sleep(Math.min(LOOK_EVERY_MS, Math.max(1, deadline - Date.now())));
  }
}

async function nobody(
  place: Place,
  deployment: Deployment | null,
  { deploymentName, buildId }: WorkerDeploymentVersion,
  waitMs: number,
): Promise<CliError> {
  const others = await Promise.all(
    (deployment?.versions ?? []).map(async (version) => {
      const found = await pollers(place, QUEUES.llm, { deploymentName, buildId: version.buildId });
      return found.length > 0 ? [`${version.buildId} (${plural(found.length, 'worker')})`] : [];
    }),
  );
  const seen = others.flat().join(', ') || 'none of this deployment';
  return new CliError(
    EXIT.failed,
    `No worker of build ${buildId} polls ${QUEUES.llm}, after ${span(waitMs)}. Those that do: ${seen}.`,
    `Start one of it first: "llm-pack worker --pool llm" with TEMPORAL_DEPLOYMENT_NAME=${deploymentName} and TEMPORAL_WORKER_BUILD_ID=${buildId}; or name another by --build-id.`,
  );
}
