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
  signatures?: ArtifactRef;
  /** The indexes that the documents were compared with; null for none. */
  against?: ArtifactRef | null;
  /** How well the run finds duplicates. */
  planted?: CleanDatasetOutput['planted'];
  counts: CleanCounts;
  /** Who let the run go on, where it was held. */
  approval?: CleanDatasetOutput['approval'];
  /** What the run has taken over; where it is given, the version keeps its units for the next. */
  takenOver?: CleanDatasetOutput['takenOver'];
}

/** The activity that makes published artifacts a dataset version: version, lineage and ledger in one transaction. */
export function createRecordDataset({ registry }: { registry: Registry }) {
  return {
    async recordDataset(input: RecordDatasetInput): Promise<CleanDatasetOutput> {
      const { workKey, name, plan, artifact, rejects, report, signatures, against, counts, takenOver } = input;
      const inputs = against ? [plan, against] : [plan];
      return registry.finishWork<CleanDatasetOutput>(workKey, async (transaction) => {
        for (const ref of [...inputs, artifact, rejects, report]) await transaction.addArtifact(ref);
        const keepsUnits = takenOver !== undefined;
        const made = { name, artifact, rejects, report, signatures, counts, keepsUnits };
        const version = await transaction.addDatasetVersion(made);
        const uris = inputs.map(({ uri }) => uri);
        await transaction.addLineage(artifact.uri, uris);
        const dataset = { name, version, artifact };
        // Entered in the ledger with the result: who approved is on record with what was approved.
        const { approval, planted } = input;
        return {
          ...{ outcome: 'published' as const, workKey, counts, dataset, rejects, report },
          ...(signatures ? { signatures } : {}),
          ...(planted ? { planted } : {}),
          ...(approval ? { approval } : {}),
          ...(takenOver ? { takenOver } : {}),
        };
      });
    },
  };
}
