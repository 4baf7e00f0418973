import type { Client } from '@temporalio/client';
import { QUEUES, WAIT_QUEUE } from '../../schemas/names';
import { freshPollers } from '../fresh-pollers';

export interface QueueFacts {
  task_queue: string;
  kind: 'workflow' | 'activity';
  /** Tasks that wait, as the server estimates, and the seconds that the oldest of them has. */
  backlog: number;
  backlogSeconds: number;
  /** Workers that have asked for tasks lately. */
  pollers: number;
}

/** The API's own numbers for kinds of task queues. */
const TYPES = { workflow: 1, activity: 2 } as const;

/** Queues that every installation has; those of single hosts are seen in the SDK's own metrics. */
const WATCHED: readonly (readonly [string, QueueFacts['kind']])[] = [
  [QUEUES.llm, 'workflow'],
  [QUEUES.llm, 'activity'],
  [QUEUES.cpu, 'activity'],
  [QUEUES.gpu, 'activity'],
  [WAIT_QUEUE, 'activity'],
];

/** How the queues of the pools stand, as the server has it: also where no worker is there to say so itself. */
export function readQueues({ workflowService, options: { namespace } }: Client): Promise<QueueFacts[]> {
  return Promise.all(
    WATCHED.map(async ([name, kind]) => {
      const { pollers, stats } = await workflowService.describeTaskQueue({
        namespace,
        taskQueue: { name },
        taskQueueType: TYPES[kind],
        reportStats: true,
      });
      return {
        task_queue: name,
        kind,
        backlog: Number(stats?.approximateBacklogCount ?? 0),
        backlogSeconds: Number(stats?.approximateBacklogAge?.seconds ?? 0),
        pollers: freshPollers(pollers).length,
      };
    }),
  );
}
