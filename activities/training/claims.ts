import { type Client, WorkflowNotFoundError } from '@temporalio/client';
import type { SilentClaim, TrainingRegistry } from '../stores/registry-training';
import type { Launcher } from './launchers/launcher';
import { hasEnded } from './launchers/states';

/**
 * Takes back the claims on a launcher whose runs are over and left them, as a workflow does that was terminated. One that is
 * silent and goes on keeps what it has: it waits for a person or is paused, or no worker has been there to speak for it.
 */
export async function takeBackLeftClaims(
  registry: TrainingRegistry,
  { name, launcher, client }: { name: string; launcher: Launcher; client: Client },
): Promise<void> {
  for (const silent of await registry.silent(name)) {
    if (await goesOn(client, silent)) {
      await registry.goesOn(silent);
      continue;
    }
    const status = silent.submission === null ? undefined : await launcher.status(silent.submission);
    if (status === undefined || hasEnded(status.state)) await registry.takeBack(silent);
  }
}

/** Whether the run of a claim is open, in its first execution or in one that this continued as. */
async function goesOn(client: Client, { workflowId, runId }: SilentClaim): Promise<boolean> {
  try {
    const { closeTime, raw } = await client.workflow.getHandle(workflowId).describe();
    return closeTime === undefined && raw.workflowExecutionInfo?.firstRunId === runId;
  } catch (error) {
    // Forgotten after its retention, or in another namespace.
    if (error instanceof WorkflowNotFoundError) return false;
    throw error;
  }
}
