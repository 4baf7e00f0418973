import { SimplePlugin } from '@temporalio/plugin';
import { createActivities, type ActivityDependencies } from '../activities';
import type { Pool } from '../schemas/names';
import { PayloadGuard } from './payload-guard';

export interface LlmPackPluginOptions {
  /** Which pool's activities the worker gets; `llm` runs the workflows, and the calls of agents. */
  pool: Pool;
  /** What the activities work with; an `llm` worker without it runs workflows alone, and no agents. */
  dependencies?: ActivityDependencies;
}

/**
 * Adds the pack to a worker of a team's own: the activities of one pool, and the guard on the size of their results.
 * Workflows come by re-export, since a worker has one bundle: `export * from 'temporal-llm-pack/workflows'`.
 */
export class LlmPackPlugin extends SimplePlugin {
  constructor({ pool, dependencies }: LlmPackPluginOptions) {
    if (pool !== 'llm' && !dependencies) throw new Error(`LlmPackPlugin: the pool ${pool} needs its dependencies`);
    super({
      name: 'temporal-llm-pack',
      ...(dependencies ? { activities: createActivities(dependencies)[pool] } : {}),
      workerInterceptors: { activity: [() => ({ inbound: new PayloadGuard() })] },
    });
  }
}
