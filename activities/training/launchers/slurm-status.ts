import type { JobStatus } from './launcher';
import { type NodeEnd, statusOfEnd } from './launch-folder';
import { BEGAN_BEFORE } from './slurm-script';
import type { SlurmJob } from './slurm-shapes';
import { hasEnded, stateOf } from './states';

/** What the nodes of a job have told. */
export interface NodesTold {
  ends: readonly NodeEnd[];
  /** Whether all have ended. */
  all: boolean;
}

/** Of a job that Slurm says runs, or ends, and whose nodes have all ended: Slurm is behind by less than this. */
const BEHIND_SECONDS = 10;

/** How a job stands by Slurm's record of it and by what its nodes have left. */
export function statusOf(job: SlurmJob, { ends, all }: NodesTold, now = Date.now()): JobStatus {
  const native = job.states.join(' ');
  const told = { native, ...(job.reason ? { reason: job.reason } : {}) };
  const ended = { ...told, ...(job.exitCode === undefined ? {} : { exitCode: job.exitCode }) };
  const state = stateOf('slurm', native, job.reason);
  // v0.0.38 tells one word: of a job that was ended while it was stopped, the wrong one.
  if (native === 'STOPPED' && job.end > 0 && job.end * 1_000 <= now) return { ...ended, state: 'cancelled' };
  // A daemon or the controller was killed meanwhile: Slurm learns of the end after a minute, or not at all.
  if (state === 'running' && all && now / 1_000 - Math.max(...ends.map(({ at }) => at)) > BEHIND_SECONDS)
    return { ...statusOfEnd(ends), native };
  // A controller that had forgotten that the job runs tried to start it, and called it cancelled when it could not.
  if (hasEnded(state) && all && ends.every(({ word }) => word === 'succeeded')) return { native, state: 'done' };
  if (state === 'queued' && job.restarts > 0) return { ...told, state: 'recovering' };
  if (state !== 'failed') return { ...(state === 'lost' || state === 'cancelled' ? ended : told), state };
  // To Slurm every end but success is the same; the nodes tell a loss or a stop from a failure.
  if (native === 'FAILED' && ends.length > 0) return { ...statusOfEnd(ends), native };
  if (job.exitCode === BEGAN_BEFORE) return { ...ended, state: 'lost', reason: 'Slurm started the job a second time' };
  return { ...ended, state };
}

/** How a job stands that Slurm does not know any more: it ended longer ago than MinJobAge, or the controller lost it. */
export function statusOfForgotten({ ends, all }: NodesTold): JobStatus {
  const native = 'unknown to Slurm';
  if (all) return { ...statusOfEnd(ends), native };
  return { state: 'lost', native, reason: 'Slurm does not know the job, and not all of its nodes have told their end' };
}
