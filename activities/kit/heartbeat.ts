import { activityInfo, Context, heartbeat } from '@temporalio/activity';

/** What a heartbeat carries: readable under Pending Activities in the UI, and what tells a slow unit from a hung one. */
export interface Beat {
  phase: string;
  unit: number;
  done: number;
  total: number;
  lastProgressAt: string;
}

/** Told by the work how far it is; any unit of measure, as long as it grows. */
export type Report = (done: number, total: number) => void;

// Cancel, pause and shutdown reach an activity only with a beat, so beats decide how fast a stop is.
const BEAT_MS = 2_000;
// A beat by the clock would hide a hang: after this long without progress beats stop and the heartbeat timeout speaks.
const STALL_MS = 5 * 60_000;

/** Runs `work` while beating; beats end with it, or when it has made no progress for five minutes. */
export async function withHeartbeat<T>(
  at: { phase: string; unit: number },
  work: (report: Report, signal: AbortSignal) => Promise<T>,
): Promise<T> {
  let lastProgress = Date.now();
  let beat: Beat = { ...at, done: 0, total: 0, lastProgressAt: new Date(lastProgress).toISOString() };
  const report: Report = (done, total) => {
    if (done === beat.done && total === beat.total) return;
    lastProgress = Date.now();
    beat = { ...at, done, total, lastProgressAt: new Date(lastProgress).toISOString() };
  };
  const send = () => {
    if (Date.now() - lastProgress < STALL_MS) heartbeat(beat);
  };
  // Without a heartbeat timeout (a local activity, a test of pure parts) there is nobody to beat to.
  const isHeard = activityInfo().heartbeatTimeoutMs !== undefined;
  const timer = isHeard ? setInterval(send, BEAT_MS) : undefined;
  try {
    if (isHeard) send();
    return await work(report, Context.current().cancellationSignal);
  } finally {
    clearInterval(timer);
  }
}
