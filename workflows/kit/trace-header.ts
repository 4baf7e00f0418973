import { defaultPayloadConverter, type Headers } from '@temporalio/common';
import { parseTraceparent, TRACE_HEADER, type TraceContext, traceparent } from '../../schemas/trace-context';

/** The trace that a header carries; undefined where there is none, or what is there is not readable: that stops no run. */
export function traceOf(headers: Headers): TraceContext | undefined {
  const payload = headers[TRACE_HEADER];
  if (!payload) return undefined;
  try {
    const carried = defaultPayloadConverter.fromPayload<{ traceparent?: unknown } | null>(payload);
    return parseTraceparent(carried?.traceparent);
  } catch {
    return undefined;
  }
}

/** The headers with a trace to go on with. */
export const withTrace = (headers: Headers, context: TraceContext): Headers => ({
  ...headers,
  [TRACE_HEADER]: defaultPayloadConverter.toPayload({ traceparent: traceparent(context) }),
});
