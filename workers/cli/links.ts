import { QUEUES } from '../../schemas/names';

/** Where people see a run in the Temporal UI. */
export interface UiPlace {
  /** Base address of the UI; null where none is known. */
  uiUrl: string | null;
  namespace: string;
}

const base = ({ uiUrl, namespace }: UiPlace): string | null =>
  uiUrl === null ? null : `${uiUrl.replace(/\/$/, '')}/namespaces/${encodeURIComponent(namespace)}/workflows`;

/** The page of one run; null where no UI is known. */
export function runLink(place: UiPlace, { workflowId, runId }: { workflowId: string; runId: string }): string | null {
  const workflows = base(place);
  return workflows && `${workflows}/${encodeURIComponent(workflowId)}/${encodeURIComponent(runId)}/history`;
}

/** The start form of a workflow. The UI fills in input, summary and details from the latest run of that type. */
export function startFormLink(place: UiPlace, workflowType: string): string | null {
  const workflows = base(place);
  return (
    workflows && `${workflows}/start-workflow?taskQueue=${QUEUES.llm}&workflowType=${encodeURIComponent(workflowType)}`
  );
}
