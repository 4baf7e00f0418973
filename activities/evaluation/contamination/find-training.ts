import type { ActivityDependencies } from '../../index';
import type { PinnedSubject } from '../interfaces';
import type { TrainingRecord } from './settle';
import { trainingTexts } from './training-texts';

/** What each subject was trained on, as far as the registry knows: of a model or a guard all that it was made of. */
export async function findTraining(
  { store, registry }: Pick<ActivityDependencies, 'store' | 'registry'>,
  subjects: readonly PinnedSubject[],
): Promise<TrainingRecord[]> {
  const records: TrainingRecord[] = [];
  for (const { name, kind, version, model } of subjects) {
    const [plain = ''] = name.split('@');
    const uri =
      kind === 'guard'
        ? (await registry.guard(plain, version ?? undefined))?.artifact.uri
        : model?.shelved.artifact.uri;
    if (uri === undefined) {
      // An index answers with documents that it holds, which is what it is there for.
      const unknown = kind === 'index' ? [] : [`what ${name} was trained on is not on record`];
      records.push({ subject: name, files: [], unknown });
      continue;
    }
    const lineage = new Map((await registry.lineage(uri)).map((node) => [node.uri, node]));
    records.push({ subject: name, ...(await trainingTexts(store, uri, lineage)) });
  }
  return records;
}
