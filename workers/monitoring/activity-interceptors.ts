import { context, type Context, type SpanContext, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { CompleteAsyncError, type Context as ActivityContext } from '@temporalio/activity';
import { ApplicationFailure, ApplicationFailureCategory, CancelledFailure, type Headers } from '@temporalio/common';
import type { ActivityInterceptorsFactory } from '@temporalio/worker';
import { countHere } from '../../activities/kit/meter';
import { contextAfter, TRACER } from '../../activities/kit/trace';
import { ERRORS } from '../../schemas/errors';
import { contextOfRun, parseTraceparent, type TraceContext, traceparent } from '../../schemas/trace-context';
import { traceOf } from '../../workflows/kit/trace-header';

/**
 * Around every activity of the pack: its failures are counted, its log entries say which unit of which stage they are of, and where
 * something is traced it is a span of the run's.
 */
export const watchActivities: ActivityInterceptorsFactory = (activity) => {
  let unit: number | undefined;
  // Kept here, since the SDK tells of the end of an attempt when its span is not the active one any more.
  let own: SpanContext | undefined;
  return {
    inbound: {
      execute(input, next) {
        unit = unitOf(input.args);
        return inSpan(activity, input.headers, (span) => {
          own = span;
          return counted(activity, () => next(input));
        });
      },
    },
    outbound: {
      getLogAttributes(input, next) {
        return next({
          ...input,
          ...(unit === undefined ? {} : { unit }),
          ...(own ? { traceId: own.traceId, spanId: own.spanId } : {}),
        });
      },
    },
  };
};

/** The number of the unit that an activity is told to do; undefined where it does the whole of something. */
function unitOf([input]: readonly unknown[]): number | undefined {
  const { unit } = (typeof input === 'object' && input !== null ? input : {}) as { unit?: unknown };
  return typeof unit === 'number' ? unit : undefined;
}

async function counted<T>({ info }: ActivityContext, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (isFailure(error))
      countHere('llm_pack_unit_failures_total', 1, { activity: info.activityType, code: codeOf(error) });
    throw error;
  }
}

/** Whether it failed: not where it was cancelled, waits for its turn, or is completed by somebody else. */
const isFailure = (error: unknown): boolean =>
  !(error instanceof CancelledFailure || error instanceof CompleteAsyncError) &&
  !(error instanceof Error && error.name === 'AbortError') &&
  !(error instanceof ApplicationFailure && error.category === ApplicationFailureCategory.BENIGN);

/** A code of the pack's own; all others are one, so that there are few. */
const codeOf = (error: unknown): string =>
  error instanceof ApplicationFailure && Object.hasOwn(ERRORS, error.type ?? '') ? (error.type ?? '') : 'other';

/** @param work is told of the span; undefined where nothing is traced. */
async function inSpan<T>(
  { info }: ActivityContext,
  headers: Headers,
  work: (span: SpanContext | undefined) => Promise<T>,
): Promise<T> {
  const { activityType, activityId, attempt, taskQueue, workflowExecution } = info;
  const options = {
    kind: SpanKind.SERVER,
    attributes: {
      temporalActivityId: activityId,
      temporalAttempt: attempt,
      taskQueue,
      ...(workflowExecution
        ? { temporalWorkflowId: workflowExecution.workflowId, temporalRunId: workflowExecution.runId }
        : {}),
    },
  };
  const span = trace.getTracer(TRACER).startSpan(`RunActivity:${activityType}`, options, parentOf(info, headers));
  try {
    return await context.with(trace.setSpan(context.active(), span), () =>
      work(span.isRecording() ? span.spanContext() : undefined),
    );
  } catch (error) {
    if (isFailure(error)) {
      span.setStatus({ code: SpanStatusCode.ERROR, message: error instanceof Error ? error.message : String(error) });
    }
    throw error;
  } finally {
    span.end();
  }
}

/** The span of the run: as its workflow has said it, or, where nobody began a trace, by its run id. */
function parentOf({ workflowExecution }: ActivityContext['info'], headers: Headers): Context {
  const parent = traceOf(headers) ?? (workflowExecution && usable(contextOfRun(workflowExecution.runId, undefined)));
  return parent ? contextAfter(parent) : context.active();
}

/** Undefined for run ids that are no UUIDs: those of tests of activities alone. */
const usable = (found: TraceContext): TraceContext | undefined => parseTraceparent(traceparent(found));
