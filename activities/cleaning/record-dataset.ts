import type { CleanCounts, CleanDatasetOutput } from '../../schemas/clean-dataset';
import type { ArtifactRef } from '../../schemas/common';
import type { Registry } from '../stores/registry';

export interface RecordDatasetInput {
  workKey: string;
  name: string;
  plan: ArtifactRef;
  artifact: ArtifactRef;
  rejects: ArtifactRef;
  report: ArtifactRef;
  counts: CleanCounts;
  /** Who let the run go on, where it was held. */
  approval?: CleanDatasetOutput['approval'];
}

/** The activity that makes published artifacts a dataset version: version, lineage and ledger in one transaction. */
export function createRecordDataset({ registry }: { registry: Registry }) {
  return {
    async recordDataset(input: RecordDatasetInput): Promise<CleanDatasetOutput> {
      const { workKey, name, plan, artifact, rejects, report, counts, approval } = input;
      return registry.finishWork<CleanDatasetOutput>(workKey, async (transaction) => {
        for (const ref of [plan, artifact, rejects, report]) await transaction.addArtifact(ref);
        const version = await transaction.addDatasetVersion({ name, artifact, rejects, report, counts });
        await transaction.addLineage(artifact.uri, [plan.uri]);
        const dataset = { name, version, artifact };
        // Entered in the ledger with the result: who approved is on record with what was approved.
        return { outcome: 'published', workKey, counts, dataset, rejects, report, ...(approval ? { approval } : {}) };
      });
    },
  };
}
