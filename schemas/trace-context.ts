/**
 * Where a trace goes on, as W3C Trace Context says it (`traceparent`), from the client through the workflow and its activities to a
 * trainer. The ids of a run's own span follow from its run id, so that a replay has the same ones and nothing random is drawn for them.
 */

/** The header that Temporal's SDKs carry a trace in: an object with `traceparent`. */
export const TRACE_HEADER = '_tracer-data';

export interface TraceContext {
  /** 32 hexadecimal digits. */
  traceId: string;
  /** Of the span that goes on: 16 hexadecimal digits. */
  spanId: string;
  /** Whether whoever began the trace wants it recorded. */
  sampled: boolean;
}

const TRACEPARENT = /^[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;
const NOTHING = /^0+$/;

/** Reads a `traceparent`; undefined where it is none. */
export function parseTraceparent(text: unknown): TraceContext | undefined {
  if (typeof text !== 'string') return undefined;
  const [, traceId = '', spanId = '', flags = ''] = TRACEPARENT.exec(text) ?? [];
  if (traceId === '' || NOTHING.test(traceId) || NOTHING.test(spanId)) return undefined;
  return { traceId, spanId, sampled: (parseInt(flags, 16) & 1) === 1 };
}

export const traceparent = ({ traceId, spanId, sampled }: TraceContext): string =>
  `00-${traceId}-${spanId}-${sampled ? '01' : '00'}`;

/**
 * The span of a run of a workflow.
 * @param runId a UUID. @param parent what it was started from; without one the run is the beginning of a trace.
 */
export function contextOfRun(runId: string, parent: TraceContext | undefined): TraceContext {
  const digits = runId.replaceAll('-', '').toLowerCase();
  return { traceId: parent?.traceId ?? digits, spanId: digits.slice(16), sampled: parent?.sampled ?? true };
}
