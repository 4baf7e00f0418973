import type { BuildFeaturesOutput, FeatureCounts, TransformVersion } from '../../schemas/build-features';
import type { DatasetVersion } from '../../schemas/clean-dataset';
import type { ArtifactRef } from '../../schemas/common';
import type { Registry } from '../stores/registry';

export interface RecordFeaturesInput {
  workKey: string;
  name: string;
  plan: ArtifactRef;
  dataset: DatasetVersion | null;
  /** A transform that was fitted in this run, or the version that was applied. */
  transform: { fitted: ArtifactRef } | { applied: TransformVersion };
  artifact: ArtifactRef;
  card: ArtifactRef;
  rejects: ArtifactRef | null;
  counts: FeatureCounts;
}

/** The activity that makes published artifacts versions: of the features, and of the transform where it is new. */
export function createRecordFeatures({ registry }: { registry: Registry }) {
  return {
    async recordFeatures(input: RecordFeaturesInput): Promise<BuildFeaturesOutput> {
      const { workKey, name, plan, dataset, artifact, card, rejects, counts } = input;
      return registry.finishWork<BuildFeaturesOutput>(workKey, async (transaction) => {
        await transaction.addArtifact(plan);
        const rows = dataset ? [dataset.artifact.uri] : [plan.uri];
        let transform: TransformVersion;
        if ('applied' in input.transform) transform = input.transform.applied;
        else {
          const { fitted } = input.transform;
          transform = { name, version: await transaction.addTransformVersion(name, fitted), artifact: fitted };
          await transaction.addLineage(fitted.uri, rows);
        }
        const kept = { name, artifact, card, transform, counts, ...(rejects ? { rejects } : {}) };
        const version = await transaction.addFeatureVersion(kept);
        await transaction.addLineage(artifact.uri, [...rows, transform.artifact.uri]);
        return {
          outcome: 'published',
          workKey,
          counts,
          ...(dataset ? { dataset } : {}),
          features: { name, version, artifact, card },
          transform,
          ...(rejects ? { rejects } : {}),
        };
      });
    },
  };
}
