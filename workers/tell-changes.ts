import type { Client } from '@temporalio/client';
import type * as z from 'zod';
import { indexFeedStage } from '../schemas/index-feed';
import { MESSAGES, QUEUES, workflowId } from '../schemas/names';
import { MAX_TOLD_BYTES, MAX_TOLD_CHANGES, type toldChange, toldBytes } from '../schemas/told-changes';

/** A change as a program tells it. */
export type TellChange = z.input<typeof toldChange>;

/**
 * Tells the feed of an index about changes of documents, and starts it where it does not run: for programs that reach
 * Temporal and not the registry's database. Changes keep their order. Once this returns they are on record in the feed's
 * history, and will be in the outbox.
 * @returns how many signals it took.
 * @throws RangeError where a document is too large for a signal: nothing is told then.
 */
export async function tellChanges(
  client: Pick<Client, 'workflow'>,
  { index, changes }: { index: string; changes: readonly TellChange[] },
): Promise<number> {
  const batches = batchesOf(changes);
  for (const batch of batches) {
    await client.workflow.signalWithStart(indexFeedStage.name, {
      workflowId: workflowId(indexFeedStage.name, index),
      taskQueue: QUEUES.llm,
      args: [{ index }],
      staticSummary: `${indexFeedStage.name} · ${index}`,
      signal: MESSAGES.change,
      signalArgs: [{ changes: batch }],
    });
  }
  return batches.length;
}

/** The changes in their order, in as many signals as their number and their texts need. */
export function batchesOf(changes: readonly TellChange[]): TellChange[][] {
  const batches: TellChange[][] = [];
  let bytes = 0;
  for (const change of changes) {
    const own = toldBytes(change);
    if (own > MAX_TOLD_BYTES) {
      throw new RangeError(
        `${change.document.slice(0, 200)} has ${own} bytes and a signal ${MAX_TOLD_BYTES} at most: record it in the outbox.`,
      );
    }
    const batch = batches.at(-1);
    if (batch && batch.length < MAX_TOLD_CHANGES && bytes + own <= MAX_TOLD_BYTES) {
      batch.push(change);
      bytes += own;
    } else {
      batches.push([change]);
      bytes = own;
    }
  }
  return batches;
}
