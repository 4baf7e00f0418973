import { defaultPayloadConverter, type Payload } from '@temporalio/common';
import type { Client, WorkflowExecutionInfo } from '@temporalio/client';
import type { StageStatus } from '../../schemas/common';
import { SEARCH_ATTRIBUTES } from '../../schemas/names';

/** How many wait for a person, and since when the first of them does. */
export interface Held {
  runs: number;
  /** Milliseconds since 1970. */
  since: number;
}

const HOLDING: StageStatus = 'holding';
const QUERY = `ExecutionStatus = 'Running' and ${SEARCH_ATTRIBUTES.status} = '${HOLDING}'`;
/** Of a run that holds: its last events are that it does, and messages that people have sent since. */
const LAST_EVENTS = 50;

/**
 * Runs that hold, by stage: asked of the server, which knows them whatever became of their workers. When a hold began stands in the
 * run's history, which is read once for each.
 */
export class HeldRuns {
  private known = new Map<string, number>();

  constructor(private readonly client: Client) {}

  async count(): Promise<Map<string, Held>> {
    const held = new Map<string, Held>();
    const now = new Map<string, number>();
    for await (const run of this.client.workflow.list({ query: QUERY })) {
      const since = this.known.get(run.runId) ?? (await this.heldSince(run));
      now.set(run.runId, since);
      const before = held.get(run.type);
      held.set(run.type, { runs: (before?.runs ?? 0) + 1, since: Math.min(before?.since ?? since, since) });
    }
    // One that held, went on and holds again is another hold.
    this.known = now;
    return held;
  }

  private async heldSince({ workflowId, runId, startTime }: WorkflowExecutionInfo): Promise<number> {
    const { history } = await this.client.workflowService.getWorkflowExecutionHistoryReverse({
      namespace: this.client.options.namespace,
      execution: { workflowId, runId },
      maximumPageSize: LAST_EVENTS,
    });
    let since = startTime.getTime();
    for (const { eventTime, upsertWorkflowSearchAttributesEventAttributes: upserted } of history?.events ?? []) {
      const status = statusOf(upserted?.searchAttributes?.indexedFields?.[SEARCH_ATTRIBUTES.status]);
      if (status === undefined) continue;
      if (status !== HOLDING) break;
      since = Number(eventTime?.seconds ?? 0) * 1_000;
    }
    return since;
  }
}

/** A search attribute is a word or a list of one, by the version of the SDK that has written it. */
function statusOf(payload: Payload | null | undefined): unknown {
  if (!payload) return undefined;
  const value = defaultPayloadConverter.fromPayload<unknown>(payload);
  return Array.isArray(value) ? (value as unknown[])[0] : value;
}
