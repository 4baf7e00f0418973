import { ParentClosePolicy, startChild } from '@temporalio/workflow';
import { indexWindowStage } from '../../schemas/index-window';
import { QUEUES, windowId } from '../../schemas/names';
import type { IndexVersion } from '../../schemas/rebuild-index';
import type { indexWindow } from '../index-window';

/**
 * Leaves a way back open behind a swap: a workflow of its own, so that the run that swapped ends at once. Its id is that
 * of the index that is live now.
 */
export async function openWindow({
  index,
  previous,
  hours,
}: {
  index: IndexVersion;
  /** Physical name of the index that was live before. */
  previous: string;
  hours: number;
}): Promise<void> {
  const version = Number(/-v(\d+)-[0-9a-f]{8}$/.exec(previous)?.[1]);
  const before: IndexVersion = { alias: index.alias, version, physical: previous };
  await startChild<typeof indexWindow>(indexWindowStage.name, {
    workflowId: windowId(index.physical),
    taskQueue: QUEUES.llm,
    args: [{ alias: index.alias, index, previous: before, hours }],
    parentClosePolicy: ParentClosePolicy.ABANDON,
    staticSummary: `indexWindow · ${index.alias}`,
  });
}
