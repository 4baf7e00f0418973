import { workflowInfo } from '@temporalio/workflow';
import { indexFeedStage, type FeedCounts, type IndexFeedOutput } from '../schemas/index-feed';
import { embedAndApply } from './apply-batch';
import { cpu, soonCpu, soonGpu, waiting } from './kit/pools';
import { stageWorkflow } from './kit/stage';

const nothing: FeedCounts = { changes: 0, written: 0, deleted: 0, same: 0, older: 0, batches: 0 };

/** Takes changes from the outbox to the index, batch by batch. One run at a time for each index, by its id. */
export const indexFeed = stageWorkflow(
  indexFeedStage,
  { phases: ['feed'] },
  async (run): Promise<IndexFeedOutput> => {
    const { input, subject: alias } = run;
    const { batchDocuments: limit, untilIdle } = input;
    // The files of batches on their way. A run that continues as new has none of its own left.
    const workKey = `feed-${workflowInfo().runId}`;
    run.onStop(() => cpu().discardWork({ workKey }));

    const counts = await run.endless<FeedCounts>('feed', {
      initial: nothing,
      counts: (totals) => ({ ...totals }),
      next: async (totals, unit) => {
        const batch = { workKey, unit, alias };
        const applied = await embedAndApply(batch, (more) => soonGpu().embedChanges({ ...more, limit }), soonCpu());
        const { documents, written, deleted, same, older } = applied;
        if (documents > 0) {
          return {
            changes: totals.changes + documents,
            written: totals.written + written,
            deleted: totals.deleted + deleted,
            same: totals.same + same,
            older: totals.older + older,
            batches: totals.batches + 1,
          };
        }
        if (untilIdle) return null;
        await waiting().awaitChanges({ alias });
        return totals;
      },
    });
    await cpu().discardWork({ workKey });
    return { index: alias, counts };
  },
);
