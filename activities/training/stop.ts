import { setTimeout as after } from 'node:timers/promises';
import { askToStop, raiseFence, readResult, readStopped } from './job-folder';
import type { Launcher } from './launchers/launcher';
import type { Report } from '../kit/heartbeat';
import { hasEnded } from './launchers/states';

/** How a job ended that was asked to stop. */
export interface StopResult {
  /** Step of the checkpoint that it wrote when it was asked; null where it wrote none. */
  step: number | null;
  /** It was through before it heard of it. */
  isDone: boolean;
  /** Nothing of it was left when its time was over: it did not have to be ended. */
  isWilling: boolean;
}

export interface StopInput {
  attempt: number;
  submission: string;
  /** How long it is waited for. */
  deadlineSeconds: number;
  /** Whether what it has learnt last is worth a checkpoint. Where it is not, none of it is let in any more. */
  keep: boolean;
}

const LOOK_MS = 300;

/**
 * Asks a job for a checkpoint and the end, waits for both, and ends it where it does not come to an end in time. Nothing of it
 * runs when this returns.
 */
export async function stopJob(
  { launcher, dir }: { launcher: Launcher; dir: string },
  { attempt, submission, deadlineSeconds, keep }: StopInput,
  { signal, report }: { signal: AbortSignal; report: Report },
): Promise<StopResult> {
  const deadline = Date.now() + deadlineSeconds * 1_000;
  if (keep) await askToStop(dir);
  else await raiseFence(dir, attempt);
  let isWilling = false;
  // It is heard of for as long as it is waited for: a large checkpoint takes minutes.
  for (let looks = 1; keep && Date.now() < deadline; looks++) {
    report(looks, 0);
    const status = await launcher.status(submission);
    isWilling = status === undefined || hasEnded(status.state);
    // One that waits for its nodes has nothing to write down, and one that its cluster has suspended can not.
    if (isWilling || status?.state === 'queued' || status?.state === 'paused') break;
    await after(LOOK_MS, undefined, { signal }).catch(() => signal.throwIfAborted());
  }
  await launcher.stop(submission);
  const [stopped, result] = [await readStopped(dir, attempt), await readResult(dir)];
  return { step: stopped?.step ?? null, isDone: result !== undefined, isWilling };
}
