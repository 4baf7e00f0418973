import { TemporalFailure } from '@temporalio/common';
import { ContinueAsNew, proxySinks, type Sinks, workflowInfo, type WorkflowInterceptors } from '@temporalio/workflow';
import { contextOfRun, type TraceContext, traceparent } from '../../schemas/trace-context';
import { traceOf, withTrace } from './trace-header';

/** What is told of a run when it has ended. */
export interface RunSpan {
  /** Of the run itself, and of what started it. */
  traceparent: string;
  parent: string | null;
  /** Milliseconds since 1970. */
  from: number;
  to: number;
  /** What it failed with; null where it did not. */
  error: string | null;
}

export interface RunSpanSinks extends Sinks {
  llmPackTraces: { run(span: RunSpan): void };
}

const { llmPackTraces } = proxySinks<RunSpanSinks>();

/**
 * Carries a trace from whoever started the run to its activities and children, and tells of the run's own span when it ends. Nothing
 * here waits, or makes a promise that the run itself waits for: a history that was made without it replays in the same order with it,
 * which is not so of the interceptors that the SDK has for this (docs/monitoring.md).
 */
export const interceptors = (): WorkflowInterceptors => {
  let incoming: TraceContext | undefined;
  const own = () => contextOfRun(workflowInfo().runId, incoming);
  return {
    inbound: [
      {
        execute(input, next) {
          incoming = traceOf(input.headers);
          const result = next(input);
          const tell = (error: unknown) => tellRun(own(), incoming, error);
          // Beside the run, which waits for `result` itself.
          result.then(() => tell(null), tell);
          return result;
        },
      },
    ],
    outbound: [
      {
        // Without a trace to go on with, activities find the run's own by its run id, and histories stay as they are.
        scheduleActivity: (input, next) =>
          next(incoming ? { ...input, headers: withTrace(input.headers, own()) } : input),
        startChildWorkflowExecution: (input, next) => next({ ...input, headers: withTrace(input.headers, own()) }),
        // Runs of a chain stand beside one another: a chain without an end would be a trace without an end.
        continueAsNew: (input, next) =>
          next(incoming ? { ...input, headers: withTrace(input.headers, incoming) } : input),
      },
    ],
  };
};

function tellRun(context: TraceContext, parent: TraceContext | undefined, error: unknown): void {
  const { startTime, unsafe } = workflowInfo();
  const isNext = error instanceof ContinueAsNew;
  // What is no failure of Temporal's is a defect: it fails the task, and the run waits for a worker with better code.
  const hasEnded = error === null || isNext || error instanceof TemporalFailure;
  if (unsafe.isReplaying || !context.sampled || !hasEnded) return;
  llmPackTraces.run({
    traceparent: traceparent(context),
    parent: parent ? traceparent(parent) : null,
    from: startTime.getTime(),
    to: Date.now(),
    error: error === null || isNext ? null : error.message,
  });
}
