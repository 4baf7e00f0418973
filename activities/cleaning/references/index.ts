import type { EvaluationSet, Lists } from '../../../schemas/cleaning-references';
import type { ArtifactRef } from '../../../schemas/common';
import { withHeartbeat } from '../../kit/heartbeat';
import type { ArtifactStore } from '../../stores/artifact-store';
import { publishArtifact } from '../../stores/content-address';
import { namingFullDisk } from '../../stores/disk';
import { findVersion } from '../../stores/find-version';
import type { Registry } from '../../stores/registry';
import { inScratch } from '../scratch';
import { gatherReferences } from './gather';

export interface ReferenceDependencies {
  store: ArtifactStore;
  registry: Pick<Registry, 'dataset'>;
  sources: { roots: readonly string[] };
}

/** The activity that brings in what the filters look for: lists, and sets that must not be trained on. */
export function createReferenceActivities({ store, registry, sources }: ReferenceDependencies) {
  return {
    /**
     * Makes one artifact of the lists and evaluation sets of a run.
     * @throws `SourceNotFound`, `SourceNotAllowed`, `DatasetNotFound`, `ReferenceUnreadable`.
     */
    async gatherReferences(input: { lists: Lists; sets: EvaluationSet[] }): Promise<ArtifactRef> {
      return withHeartbeat({ phase: 'references', unit: 0 }, () =>
        inScratch(store, async (dir) => {
          const sets = await Promise.all(
            input.sets.map(async (set) => ({ ...set, version: await versionOf(registry, set.dataset) })),
          );
          const task = { lists: input.lists, sets, roots: sources.roots, dir };
          const entries = await namingFullDisk(dir, () => gatherReferences(store, task));
          return publishArtifact(store, 'references', dir, {}, entries);
        }),
      );
    },
  };
}

async function versionOf(registry: ReferenceDependencies['registry'], wanted: string | undefined) {
  return wanted === undefined ? null : findVersion('dataset', wanted, (...named) => registry.dataset(...named));
}
