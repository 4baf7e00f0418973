import type { TaskInput } from '../../../schemas/evaluate-model';
import { gatherTexts } from '../../distillation/texts';
import type { ActivityDependencies } from '../../index';

/** More than are searched by comparing a question with each of them. */
const MOST_DOCUMENTS = 1_000_000;
const UNIT_DOCUMENTS = 4_096;

/**
 * Makes an artifact of the documents that a task names, each id once, and names its sha256 in their place: what is searched is what was
 * looked at, whatever happens to the source.
 * @throws what `gatherTexts` throws.
 */
export async function gatherDocuments(
  dependencies: Pick<ActivityDependencies, 'store' | 'registry' | 'sources'>,
  tasks: readonly TaskInput[],
): Promise<TaskInput[]> {
  const gathered: TaskInput[] = [];
  for (const task of tasks) {
    if (task.type !== 'retrieval' || task.documents === undefined) {
      gathered.push(task);
      continue;
    }
    const { ref } = await gatherTexts(dependencies, {
      ...{ data: { source: task.documents }, columns: {}, keep: ['id'], distinct: 'id' },
      ...{ most: MOST_DOCUMENTS, unitTexts: UNIT_DOCUMENTS },
    });
    gathered.push({ ...task, documents: ref.sha256 });
  }
  return gathered;
}
