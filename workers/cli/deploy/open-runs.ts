import type { Place } from './deployment';

/** Open runs of a version. */
export interface OpenRuns {
  /** They end with this version. */
  pinned: number;
  /** They were last here, and go on with the current version at their next step. */
  moving: number;
  /** Of the pinned, by workflow; counted among the first thousand. */
  pinnedByWorkflow: Record<string, number>;
  /** Ids of a few that are pinned. */
  examples: string[];
}

const EXAMPLES = 5;
const TALLIED = 1_000;

/** The filter of Temporal's visibility for open runs of a version. Older servers join its name by a full stop. */
const openOn = (deployment: string, buildId: string): string =>
  `ExecutionStatus = 'Running' AND TemporalWorkerDeploymentVersion IN ('${deployment}:${buildId}', '${deployment}.${buildId}')`;
const PINNED = `TemporalWorkflowVersioningBehavior = 'Pinned'`;

/** What is still open on a version. Visibility is a few seconds behind what runs do. */
export async function openRuns({ client }: Place, deployment: string, buildId: string): Promise<OpenRuns> {
  const open = openOn(deployment, buildId);
  const pinnedOnly = `${open} AND ${PINNED}`;
  const [all, pinned] = await Promise.all([open, pinnedOnly].map((query) => client.workflow.count(query)));
  const runs: OpenRuns = {
    pinned: pinned?.count ?? 0,
    moving: (all?.count ?? 0) - (pinned?.count ?? 0),
    pinnedByWorkflow: {},
    examples: [],
  };
  if (runs.pinned === 0) return runs;
  let seen = 0;
  for await (const { workflowId, type } of client.workflow.list({ query: pinnedOnly })) {
    if (seen++ === TALLIED) break;
    runs.pinnedByWorkflow[type] = (runs.pinnedByWorkflow[type] ?? 0) + 1;
    if (runs.examples.length < EXAMPLES) runs.examples.push(workflowId);
  }
  return runs;
}
