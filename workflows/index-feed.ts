import { workflowInfo } from '@temporalio/workflow';
import type { BatchInput } from '../activities/updating';
import { indexFeedStage, type FeedCounts, type IndexFeedOutput } from '../schemas/index-feed';
import { embedAndApply } from './indexing/apply-batch';
import { cpu, soonCpu, soonGpu, waiting } from './kit/pools';
import { stageWorkflow } from './kit/stage';
import { takeToldChanges } from './indexing/told-changes';

const nothing: FeedCounts = { changes: 0, written: 0, deleted: 0, same: 0, older: 0, batches: 0 };

/**
 * Takes changes from the outbox to the index, batch by batch, and what it is told by signal to the outbox. One run at a
 * time for each index, by its id.
 */
export const indexFeed = stageWorkflow(indexFeedStage, { phases: ['feed'] }, async (run): Promise<IndexFeedOutput> => {
  const { input, subject: alias } = run;
  const { batchDocuments: limit, untilIdle } = input;
  // Of the files of a batch nothing is needed once the next begins, also where that is in another run of the chain.
  const work = `feed-${workflowInfo().firstExecutionRunId}`;
  const keyOf = (piece: number) => `${work}/${piece}`;
  run.onStop(() => cpu().discardWork({ workKey: work }));
  const told = takeToldChanges(alias, (message) => run.board.warn(message));
  run.onStop(() => told.recorded());

  const counts = await run.endless<FeedCounts>('feed', {
    initial: nothing,
    counts: (totals) => ({ ...totals }),
    next: async (totals, piece) => {
      await told.recorded();
      const batch = { workKey: keyOf(piece), unit: 0, alias };
      const drop = piece > 0 ? { drop: keyOf(piece - 1) } : {};
      const embed = (more: BatchInput) => soonGpu().embedChanges({ ...more, ...drop, limit });
      const applied = await embedAndApply(batch, embed, soonCpu());
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
      if (told.isBusy()) return totals;
      if (untilIdle) return null;
      await waiting().awaitChanges({ alias });
      return totals;
    },
  });
  await cpu().discardWork({ workKey: work });
  return { index: alias, counts };
});
