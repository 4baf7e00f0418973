import { execFileSync } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { processStart } from '../../activities/kit/process-start';

/** A process that can be told from a later one that was given the same pid. */
export interface ProcessRef {
  pid: number;
  /** When it started, in the words of the system; safe in a file name. */
  identity: string;
}

/** Identity of the process that has `pid` now; undefined where there is none, or only its remains (a zombie). */
export function processIdentity(pid: number): string | undefined {
  try {
    return process.platform === 'linux' ? processStart(pid) : fromPs(pid);
  } catch {
    return undefined;
  }
}

/** A reference to this process itself. */
export const thisProcess = (): ProcessRef => ({
  pid: process.pid,
  identity: processIdentity(process.pid) ?? 'unknown',
});

export const isAlive = ({ pid, identity }: ProcessRef): boolean => processIdentity(pid) === identity;

/**
 * Ends a process that leads its own group: `signal` to it, and after `graceMs` (or once it is gone) SIGKILL to all that
 * is left of its group. Harmless where the process is gone or the pid belongs to another one by now.
 */
export async function endProcess(ref: ProcessRef, signal: NodeJS.Signals, graceMs: number): Promise<void> {
  if (!isAlive(ref)) return;
  send(ref.pid, signal);
  if (!(await gone(ref, graceMs))) send(ref.pid, 'SIGKILL');
  send(-ref.pid, 'SIGKILL');
  await gone(ref, KILL_MS);
}

// SIGKILL is not refused, but a process in a disk wait takes it late.
const KILL_MS = 5_000;
const POLL_MS = 20;

async function gone(ref: ProcessRef, withinMs: number): Promise<boolean> {
  const deadline = Date.now() + withinMs;
  while (isAlive(ref)) {
    if (Date.now() > deadline) return false;
    await sleep(POLL_MS);
  }
  return true;
}

/** Sends a signal to a process, or to a group where `pid` is negative; one that is gone, or not ours, is no error. */
export function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    // macOS says EPERM where all that is left of a group are zombies.
    if (!['ESRCH', 'EPERM'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
  }
}

function fromPs(pid: number): string | undefined {
  const line = execFileSync('ps', ['-o', 'stat=,lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim();
  const [state, ...started] = line.split(/\s+/);
  return !state || state.startsWith('Z') ? undefined : started.join('_').replaceAll(':', '');
}
