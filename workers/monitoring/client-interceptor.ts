import { context, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import type { Headers } from '@temporalio/common';
import type { WorkflowClientInterceptor } from '@temporalio/client';
import { currentTraceparent, TRACER } from '../../activities/kit/trace';
import { parseTraceparent } from '../../schemas/trace-context';
import { withTrace } from '../../workflows/kit/trace-header';

/** Begins a trace with the start of a run, or goes on with the one that is active. Does nothing where nothing is traced. */
export const traceStarts = (): WorkflowClientInterceptor => ({
  start: (input, next) => {
    const { workflowId } = input.options;
    return traced(`StartWorkflow:${input.workflowType}`, workflowId, (add) =>
      next({ ...input, headers: add(input.headers) }),
    );
  },
  signalWithStart: (input, next) => {
    const { workflowId } = input.options;
    return traced(`SignalWithStartWorkflow:${input.workflowType}`, workflowId, (add) =>
      next({ ...input, headers: add(input.headers) }),
    );
  },
});

async function traced<T>(
  name: string,
  workflowId: string,
  call: (add: (headers: Headers) => Headers) => Promise<T>,
): Promise<T> {
  const options = { kind: SpanKind.CLIENT, attributes: { temporalWorkflowId: workflowId } };
  const span = trace.getTracer(TRACER).startSpan(name, options);
  try {
    return await context.with(trace.setSpan(context.active(), span), () => call(goingOn));
  } catch (error) {
    span.setStatus({ code: SpanStatusCode.ERROR, message: error instanceof Error ? error.message : String(error) });
    throw error;
  } finally {
    span.end();
  }
}

function goingOn(headers: Headers): Headers {
  const active = parseTraceparent(currentTraceparent());
  return active ? withTrace(headers, active) : headers;
}
