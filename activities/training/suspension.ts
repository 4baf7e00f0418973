import type { WatchCursor } from './watch';

/**
 * Begins, or ends, the time for which a cluster suspends a job that has run: others have its devices then, and the job is
 * charged for none of it.
 * @param at seconds since 1970, when the job was seen in the cursor's state
 */
export function suspension(
  { state, runningAt, suspendedAt = null, suspendedSeconds = 0 }: WatchCursor,
  at: number,
): Pick<WatchCursor, 'suspendedAt' | 'suspendedSeconds'> {
  if (runningAt !== null && state === 'paused') return { suspendedAt: suspendedAt ?? at, suspendedSeconds };
  // Let go again, it may have to wait for devices: until it runs it has none.
  if (suspendedAt === null || state === 'queued') return { suspendedAt, suspendedSeconds };
  return { suspendedAt: null, suspendedSeconds: suspendedSeconds + at - suspendedAt };
}

/** Seconds for which the job has been suspended until then. */
export function suspendedUntil(at: number, { suspendedAt = null, suspendedSeconds = 0 }: WatchCursor): number {
  return suspendedSeconds + (suspendedAt === null ? 0 : at - suspendedAt);
}
