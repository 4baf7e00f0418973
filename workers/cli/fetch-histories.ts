import type { Client } from '@temporalio/client';
import type { KeptHistory } from './histories';

/** Histories that are fetched ahead of the one that is replayed: enough to hide the way to the server, and few to hold. */
const AHEAD = 4;

/** Which runs of a namespace. */
export interface RunsWanted {
  /** Runs that are open, or ended after that. */
  since: Date;
  /** Of these workflows alone; of all where none is named. */
  workflows?: readonly string[];
  /** Only those that another current version would take over: all that are not pinned to theirs. */
  moving?: boolean;
}

const NOT_PINNED = `(TemporalWorkflowVersioningBehavior IS NULL OR TemporalWorkflowVersioningBehavior != 'Pinned')`;

/** The filter of Temporal's visibility for them. */
export function visibilityQuery({ since, workflows = [], moving = false }: RunsWanted): string {
  const names = workflows.map((name) => `'${name.replaceAll("'", "''")}'`).join(', ');
  return [
    `(ExecutionStatus = 'Running' OR CloseTime >= '${since.toISOString()}')`,
    ...(names === '' ? [] : [`WorkflowType IN (${names})`]),
    ...(moving ? [NOT_PINNED] : []),
  ].join(' AND ');
}

/** The histories of those runs, page by page, a few fetched ahead. A run that is deleted meanwhile is passed over. */
export async function* fetchHistories(client: Client, wanted: RunsWanted): AsyncIterable<KeptHistory> {
  const listed = client.workflow.list({ query: visibilityQuery(wanted) });
  yield* ahead(listed, AHEAD, async ({ workflowId, runId }): Promise<KeptHistory | null> => {
    const handle = client.workflow.getHandle(workflowId, runId);
    return handle.fetchHistory().then(
      (history) => ({ name: workflowId, workflowId, runId, history }),
      (error: { code?: number }) => {
        if (error.code === NOT_FOUND) return null;
        throw error;
      },
    );
  });
}

// The gRPC status of a run that is not there.
const NOT_FOUND = 5;

/** What `work` makes of each item, in order, with up to `width` under way; null is left out. */
export async function* ahead<T, R>(
  items: AsyncIterable<T>,
  width: number,
  work: (item: T) => Promise<R | null>,
): AsyncIterable<R> {
  const underWay: Promise<R | null>[] = [];
  for await (const item of items) {
    const next = work(item);
    // It is awaited in its turn; until then its failure is nobody's.
    next.catch(() => undefined);
    underWay.push(next);
    if (underWay.length < width) continue;
    const done = await underWay.shift();
    if (done !== null && done !== undefined) yield done;
  }
  for (const last of underWay) {
    const done = await last;
    if (done !== null) yield done;
  }
}
