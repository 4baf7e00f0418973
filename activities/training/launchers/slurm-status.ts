import type { JobStatus } from './launcher';
import { BEGAN_BEFORE } from './slurm-script';
import type { SlurmJob } from './slurm-shapes';
import { stateOf } from './states';

/** What a job's script has left at its end. */
export interface ExitMark {
  code: number;
  /** Milliseconds since 1970. */
  at: number;
}

/** Of a job that Slurm says runs and whose script has ended: Slurm is behind by less than this. */
const BEHIND_MS = 30_000;

/** How a job stands by Slurm's record of it and by what its script has left. */
export function statusOf(job: SlurmJob, exit?: ExitMark, now = Date.now()): JobStatus {
  const native = job.states.join(' ');
  const told = {
    native,
    ...(job.reason ? { reason: job.reason } : {}),
  };
  const ended = { ...told, ...(job.exitCode === undefined ? {} : { exitCode: job.exitCode }) };
  const state = stateOf('slurm', native, job.reason);
  // v0.0.38 tells one word: of a job that was ended while it was stopped, the wrong one.
  if (native === 'STOPPED' && job.end > 0 && job.end * 1_000 <= now) return { ...ended, state: 'cancelled' };
  // Its daemon on the node was killed, and nobody has told the controller of the end.
  if (native === 'RUNNING' && exit && now - exit.at > BEHIND_MS) {
    return { ...told, state: exit.code === 0 ? 'done' : 'failed', exitCode: exit.code };
  }
  if (state === 'queued' && job.restarts > 0) return { ...told, state: 'recovering' };
  if (state === 'failed' && job.exitCode === BEGAN_BEFORE) {
    return { ...ended, state: 'lost', reason: 'Slurm started the job a second time' };
  }
  return state === 'failed' || state === 'lost' || state === 'cancelled' ? { ...ended, state } : { ...told, state };
}

/** How a job stands that Slurm does not know any more: it ended longer ago than MinJobAge, or the controller lost it. */
export function statusOfForgotten(exit?: ExitMark): JobStatus {
  const native = 'FORGOTTEN';
  if (!exit) return { state: 'lost', native, reason: 'Slurm does not know the job, which has left no exit code' };
  return exit.code === 0 ? { state: 'done', native } : { state: 'failed', native, exitCode: exit.code };
}
