import { DeterminismViolationError } from '@temporalio/workflow';
import { ReplayError, type ReplayWorkerOptions, Worker } from '@temporalio/worker';
import type { KeptHistory } from './histories';
import { explainMismatch, type Mismatch, ofRun } from './mismatch';

/** What a history is replayed against; an encrypted one needs what its payloads were written with. */
export type ReplayedCode = Pick<ReplayWorkerOptions, 'workflowBundle' | 'dataConverter'>;

/**
 * Replays a history against the given code; null where it fits. An event that is named by its type alone ("activity
 * filterUnit") may stand in the history many times, so it is sought among the shortest beginning that does not replay.
 */
export async function replayHistory(code: ReplayedCode, kept: KeptHistory): Promise<Mismatch | null> {
  const error = await replayError(code, kept);
  if (!error) return null;
  const mismatch = explainMismatch(error, kept.history);
  if (!/does not match/.test(error.message)) return ofRun(mismatch, kept);
  const from = await lastGoodTask(code, kept);
  const later = kept.history.events?.filter(({ eventId }) => Number(eventId) > from) ?? [];
  return ofRun(explainMismatch(error, { events: later }), kept);
}

async function replayError(code: ReplayedCode, { history, workflowId }: KeptHistory): Promise<Error | undefined> {
  try {
    await Worker.runReplayHistory(code, history, workflowId);
    return undefined;
  } catch (error) {
    if (error instanceof DeterminismViolationError || error instanceof ReplayError) return error;
    throw error;
  }
}

/** Id of the last started workflow task up to which the history replays, by halving. */
async function lastGoodTask(code: ReplayedCode, kept: KeptHistory): Promise<number> {
  const events = kept.history.events ?? [];
  const ends = events.flatMap((event, index) => (event.workflowTaskStartedEventAttributes ? [index] : []));
  let good = 0;
  let bad = ends.length;
  while (bad - good > 1) {
    const middle = Math.floor((good + bad) / 2);
    const beginning = { ...kept, history: { events: events.slice(0, (ends[middle] ?? 0) + 1) } };
    if (await replayError(code, beginning)) bad = middle;
    else good = middle;
  }
  return Number(events[ends[good] ?? 0]?.eventId ?? 0);
}
