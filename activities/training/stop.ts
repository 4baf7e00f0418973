import { setTimeout as after } from 'node:timers/promises';
import { askToStop, readResult, readStopped } from './attempt-files';
import type { Launcher } from './launchers/launcher';
import { ENDED } from './watch';

/** How a job ended that was asked to stop. */
export interface StopResult {
  /** Step of the checkpoint that it wrote when it was asked; null where it wrote none. */
  step: number | null;
  /** It was through before it heard of it. */
  isDone: boolean;
  /** Nothing of it was left when its time was over: it did not have to be ended. */
  isWilling: boolean;
}

const LOOK_MS = 300;

/**
 * Asks a job for a checkpoint and the end, waits for both, and ends it where it does not come to an end in time. Nothing of it
 * runs when this returns.
 */
export async function stopJob(
  { launcher, dir }: { launcher: Launcher; dir: string },
  { attempt, submission, deadlineSeconds }: { attempt: number; submission: string; deadlineSeconds: number },
  signal: AbortSignal,
): Promise<StopResult> {
  const deadline = Date.now() + deadlineSeconds * 1_000;
  await askToStop(dir);
  let isWilling = false;
  while (Date.now() < deadline) {
    const status = await launcher.status(submission);
    isWilling = status === undefined || ENDED.has(status.state);
    // One that waits for its nodes has nothing to write down.
    if (isWilling || status?.state === 'queued') break;
    await after(LOOK_MS, undefined, { signal });
  }
  await launcher.stop(submission);
  return { step: await readStopped(dir, attempt), isDone: (await readResult(dir)) !== null, isWilling };
}
