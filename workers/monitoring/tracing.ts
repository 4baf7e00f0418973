import type * as Hooks from '@opentelemetry/context-async-hooks';
import type * as Exporter from '@opentelemetry/exporter-trace-otlp-http';
import type * as Resources from '@opentelemetry/resources';
import type * as Sdk from '@opentelemetry/sdk-trace-base';
import { context, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { contextAfter, TRACER } from '../../activities/kit/trace';
import { parseTraceparent } from '../../schemas/trace-context';
import type { RunSpan } from '../../workflows/kit/trace-interceptors';

/** What is beside this package only where somebody traces: optional peers, at the versions in package.json. */
const PEERS = [
  '@opentelemetry/sdk-trace-base',
  '@opentelemetry/exporter-trace-otlp-http',
  '@opentelemetry/resources',
  '@opentelemetry/context-async-hooks',
] as const;

/** Spans were asked for, and what makes them is not installed. */
export class TracingMissing extends Error {
  constructor(cause: unknown) {
    super(
      `OTEL_EXPORTER_OTLP_ENDPOINT is set, and tracing needs packages that are not here. Install ${PEERS.join(' ')}, or unset it.`,
      { cause },
    );
    this.name = 'TracingMissing';
  }
}

/** Spans of this process on their way to a collector. */
export interface Tracing {
  /** Where they go. */
  endpoint: string;
  /** Tells of a run of a workflow that has ended. */
  tellRun(span: RunSpan, about: { workflowType: string; workflowId: string; runId: string; taskQueue: string }): void;
  /** Sends what is left, within two seconds: a collector that is away holds nobody up. */
  close(): Promise<void>;
}

/** Where traces go by OpenTelemetry's standard variables; undefined where they go nowhere. */
export function tracesEndpoint(env: NodeJS.ProcessEnv): string | undefined {
  if (env['OTEL_SDK_DISABLED'] === 'true' || env['OTEL_TRACES_EXPORTER'] === 'none') return undefined;
  const base = env['OTEL_EXPORTER_OTLP_ENDPOINT'];
  return env['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'] || (base && `${base.replace(/\/+$/, '')}/v1/traces`) || undefined;
}

/** How long the end of a process waits for the collector. */
const CLOSE_MS = 2_000;

/** What this process has open, and how many use it: OpenTelemetry knows one place for spans a process. */
let open: { tracing: Promise<Tracing>; users: number } | undefined;

/**
 * Begins to send spans where the environment says so. Headers, time limits, names and sampling are those of OpenTelemetry's standard
 * variables.
 * @param service the name that spans are under, where OTEL_SERVICE_NAME says none.
 * @throws TracingMissing
 */
export async function openTracing(env: NodeJS.ProcessEnv, service: string): Promise<Tracing | undefined> {
  const endpoint = tracesEndpoint(env);
  if (endpoint === undefined) return undefined;
  const shared = (open ??= { tracing: startTracing(endpoint, service), users: 0 });
  shared.users += 1;
  const leave = () => {
    shared.users -= 1;
    const isLast = shared.users === 0;
    if (isLast) open = undefined;
    return isLast;
  };
  try {
    const tracing = await shared.tracing;
    return { ...tracing, close: async () => void (leave() && (await tracing.close())) };
  } catch (error) {
    leave();
    throw error;
  }
}

async function startTracing(endpoint: string, service: string): Promise<Tracing> {
  const [sdk, exporter, resources, hooks] = await loadPeers();
  const ids = new ChosenIds(sdk);
  const detected = resources.detectResources({ detectors: [resources.envDetector] });
  const resource = resources.resourceFromAttributes({ 'service.name': service }).merge(detected);
  const processor = new sdk.BatchSpanProcessor(new exporter.OTLPTraceExporter({ url: endpoint }));
  const provider = new sdk.BasicTracerProvider({ resource, idGenerator: ids, spanProcessors: [processor] });
  // What activities call (Elasticsearch's client among it) adds its own spans to those that are active.
  context.setGlobalContextManager(new hooks.AsyncLocalStorageContextManager().enable());
  trace.setGlobalTracerProvider(provider);
  const tracer = provider.getTracer(TRACER);
  return {
    endpoint,
    tellRun({ traceparent, parent, from, to, error }, about) {
      const own = parseTraceparent(traceparent);
      if (!own) return;
      const after = parseTraceparent(parent);
      const span = ids.use(own, () =>
        tracer.startSpan(
          `RunWorkflow:${about.workflowType}`,
          {
            kind: SpanKind.SERVER,
            startTime: from,
            attributes: {
              temporalWorkflowId: about.workflowId,
              temporalRunId: about.runId,
              taskQueue: about.taskQueue,
            },
          },
          after ? contextAfter(after) : ROOT_CONTEXT,
        ),
      );
      if (error !== null) span.setStatus({ code: SpanStatusCode.ERROR, message: error });
      span.end(to);
    },
    async close() {
      const closed = provider.shutdown().catch(() => undefined);
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, CLOSE_MS)));
      await Promise.race([closed, late]);
      clearTimeout(timer);
      trace.disable();
      context.disable();
    },
  };
}

async function loadPeers(): Promise<[typeof Sdk, typeof Exporter, typeof Resources, typeof Hooks]> {
  const load = <T>(name: string): Promise<T> => import(name) as Promise<T>;
  try {
    return await Promise.all([
      load<typeof Sdk>(PEERS[0]),
      load<typeof Exporter>(PEERS[1]),
      load<typeof Resources>(PEERS[2]),
      load<typeof Hooks>(PEERS[3]),
    ]);
  } catch (error) {
    throw new TracingMissing(error);
  }
}

/** Draws ids at random, but for a span whose ids are known. */
class ChosenIds {
  private readonly random: { generateTraceId(): string; generateSpanId(): string };
  private chosen: { traceId: string; spanId: string } | undefined;

  constructor({ RandomIdGenerator }: typeof Sdk) {
    this.random = new RandomIdGenerator();
  }

  use<T>(ids: { traceId: string; spanId: string }, make: () => T): T {
    this.chosen = ids;
    try {
      return make();
    } finally {
      this.chosen = undefined;
    }
  }

  generateTraceId = (): string => this.chosen?.traceId ?? this.random.generateTraceId();
  generateSpanId = (): string => this.chosen?.spanId ?? this.random.generateSpanId();
}
