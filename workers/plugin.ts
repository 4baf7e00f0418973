import type { InjectedSinks, ReplayWorkerOptions, WorkerOptions } from '@temporalio/worker';
import { SimplePlugin } from '@temporalio/plugin';
import { createActivities, type ActivityDependencies } from '../activities';
import type { Pool } from '../schemas/names';
import type { RunSpanSinks } from '../workflows/kit/trace-interceptors';
import { TRACE_INTERCEPTORS } from './bundle';
import { watchActivities } from './monitoring/activity-interceptors';
import { traceStarts } from './monitoring/client-interceptor';
import type { Tracing } from './monitoring/tracing';
import { PayloadGuard } from './payload-guard';

/** Which part of the pack a worker becomes, and what it works with. */
export interface LlmPackPluginOptions {
  /** Which pool's activities the worker gets; `llm` runs the workflows, and the calls of agents. */
  pool: Pool;
  /** What the activities work with; an `llm` worker without it runs workflows alone, and no agents. */
  dependencies?: ActivityDependencies;
  /** Where spans of runs go; of `openTracing`. Nowhere without it. */
  tracing?: Tracing | undefined;
}

/**
 * Adds the pack to a worker of a team's own: the activities of one pool, the guard on the size of their results, and what counts and
 * traces them. Workflows come by re-export, since a worker has one bundle: `export * from 'temporal-llm-pack/workflows'`. A client that
 * it is given begins a trace with each start.
 */
export class LlmPackPlugin extends SimplePlugin {
  private readonly tracing: Tracing | undefined;

  constructor({ pool, dependencies, tracing }: LlmPackPluginOptions) {
    if (pool !== 'llm' && !dependencies) throw new Error(`LlmPackPlugin: the pool ${pool} needs its dependencies`);
    super({
      name: 'temporal-llm-pack',
      ...(dependencies ? { activities: createActivities(dependencies)[pool] } : {}),
      clientInterceptors: { workflow: [traceStarts()] },
      workerInterceptors: {
        activity: [watchActivities, () => ({ inbound: new PayloadGuard() })],
        workflowModules: [TRACE_INTERCEPTORS],
      },
    });
    this.tracing = tracing;
  }

  override configureWorker(options: WorkerOptions): WorkerOptions {
    return super.configureWorker({ ...options, sinks: { ...options.sinks, ...this.sinks() } });
  }

  override configureReplayWorker(options: ReplayWorkerOptions): ReplayWorkerOptions {
    return super.configureReplayWorker({ ...options, sinks: { ...options.sinks, ...this.sinks() } });
  }

  private sinks(): InjectedSinks<RunSpanSinks> {
    return { llmPackTraces: { run: { fn: (info, span) => this.tracing?.tellRun(span, info) } } };
  }
}
