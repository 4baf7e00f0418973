import type { WorkflowHandle } from '@temporalio/client';
import { historyToJSON } from '@temporalio/common/lib/proto-utils';

/** What the contract bounds in a run's history. */
export interface HistoryFacts {
  events: number;
  /** Bytes of the largest single payload. */
  largestPayload: number;
  /** The whole history as JSON with every payload decoded, for searching. */
  text: string;
}

/** Measures the history of a run, payload by payload. */
export async function historyFacts(handle: WorkflowHandle): Promise<HistoryFacts> {
  const history = await handle.fetchHistory();
  let largestPayload = 0;
  const decoded = JSON.stringify(JSON.parse(historyToJSON(history)), (key, value: unknown) => {
    if (key !== 'data' || typeof value !== 'string') return value;
    const bytes = Buffer.from(value, 'base64');
    largestPayload = Math.max(largestPayload, bytes.length);
    return bytes.toString('utf8');
  });
  return { events: history.events?.length ?? 0, largestPayload, text: decoded };
}
