import { context, type Context, SpanStatusCode, trace, TraceFlags } from '@opentelemetry/api';
import { parseTraceparent, type TraceContext, traceparent } from '../../schemas/trace-context';

/** The name under which the pack's spans are made. */
export const TRACER = 'temporal-llm-pack';

/** Where the trace of this activity goes on; undefined where nothing is traced. */
export function currentTraceparent(): string | undefined {
  const span = trace.getSpanContext(context.active());
  if (!span || !trace.isSpanContextValid(span)) return undefined;
  const { traceId, spanId, traceFlags } = span;
  return traceparent({ traceId, spanId, sampled: (traceFlags & TraceFlags.SAMPLED) !== 0 });
}

/** What of the environment tells a program of another language where the trace goes on. */
export function traceEnvironment(): Record<string, string> {
  const parent = currentTraceparent();
  return parent === undefined ? {} : { TRACEPARENT: parent };
}

/** The context of a span that another process has made. */
export function contextAfter({ traceId, spanId, sampled }: TraceContext): Context {
  const traceFlags = sampled ? TraceFlags.SAMPLED : TraceFlags.NONE;
  return trace.setSpanContext(context.active(), { traceId, spanId, traceFlags, isRemote: true });
}

/** A span that is over, told by a program that does not speak to the collector itself. */
export interface PastSpan {
  name: string;
  /** `traceparent` of its parent. */
  parent: string;
  /** Seconds since 1970. */
  from: number;
  to: number;
  /** What it failed with. */
  error?: string | undefined;
  attributes: Record<string, string | number>;
}

/** Passes such a span on; nothing where its parent is none. */
export function tellSpan({ name, parent, from, to, error, attributes }: PastSpan): void {
  const after = parseTraceparent(parent);
  if (!after) return;
  const options = { startTime: from * 1_000, attributes };
  const span = trace.getTracer(TRACER).startSpan(name, options, contextAfter(after));
  if (error !== undefined) span.setStatus({ code: SpanStatusCode.ERROR, message: error });
  span.end(to * 1_000);
}
