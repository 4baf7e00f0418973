import { activityInfo } from '@temporalio/activity';
import { type NightPending, nightlyRefreshStage } from '../../schemas/nightly-refresh';
import { workKeyOf } from '../kit/work';
import type { Registry } from '../stores/registry';

/** Under which a night that is not whole stands in the ledger; one that is whole stands there as the stage itself. */
const NOT_WHOLE = `${nightlyRefreshStage.name}.pending`;

/** What the last night of a name has left to the next one; nothing where it was whole, or there was none. */
export async function findPending(registry: Pick<Registry, 'lastResult'>, name: string): Promise<NightPending> {
  const last = await registry.lastResult([nightlyRefreshStage.name, NOT_WHOLE], name);
  return (last as { pending?: NightPending } | undefined)?.pending ?? { steps: [], made: {} };
}

/** Puts on record what a night leaves to the next one: once a run, however often it is asked for. */
export async function leavePending(
  registry: Pick<Registry, 'beginWork' | 'finishWork'>,
  { name, night, pending }: { name: string; night: string; pending: NightPending },
): Promise<void> {
  const { workflowId, runId } = activityInfo().workflowExecution ?? { workflowId: '', runId: '' };
  const work = { stage: NOT_WHOLE, codeVersion: nightlyRefreshStage.codeVersion, inputs: [], recipe: { night } };
  const workKey = workKeyOf(work, `${workflowId}/${runId}`);
  await registry.beginWork({ ...work, subject: name, workKey, workflowId, runId });
  await registry.finishWork(workKey, () => Promise.resolve({ night, pending }));
}
