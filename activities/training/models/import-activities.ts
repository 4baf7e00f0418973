import { rm } from 'node:fs/promises';
import path from 'node:path';
import type { ArtifactRef } from '../../../schemas/common';
import type { FoundModel, ImportModelInput, ImportModelOutput, ModelCounts } from '../../../schemas/import-model';
import { inScratch } from '../../cleaning/scratch';
import { failure } from '../../errors';
import { withHeartbeat } from '../../kit/heartbeat';
import { artifactKey, type ArtifactStore } from '../../stores/artifact-store';
import { publishArtifact } from '../../stores/content-address';
import { namingFullDisk, removeOlder } from '../../stores/disk';
import type { Registry } from '../../stores/registry';
import { checkModel } from './check-model';
import { fetchFiles } from './sources/fetch-files';
import type { PinnedFile } from './sources/model-source';
import { type ModelPlaces, openModelSource } from './sources/open-source';

/** A download that nobody went on with for a week. */
const ABANDONED_MS = 7 * 24 * 3600 * 1000;

/** Where models are imported from, and where downloads of this host are kept until they are through. */
export interface ImportPlaces extends Omit<ModelPlaces, 'sources'> {
  downloads: string;
}

export interface ImportDependencies {
  store: ArtifactStore;
  registry: Pick<Registry, 'finishWork'>;
  sources: ModelPlaces['sources'];
  models: ImportPlaces;
  hostQueue?: string;
}

export interface PlannedImport {
  plan: ArtifactRef;
  counts: ModelCounts;
  found: FoundModel;
  /** The queue of the host that alone is sure to see the source; null where any does. */
  taskQueue: string | null;
}

/** Meta of a plan: what is to be fetched. */
interface ImportPlan {
  files: PinnedFile[];
  found: FoundModel;
}

/** The activities of `importModel`. */
export function createImportActivities({ store, registry, sources, models, hostQueue }: ImportDependencies) {
  const places: ModelPlaces = { ...models, sources };
  return {
    /**
     * Checks a model at its source by its configuration and the headers of its weights, and pins its files.
     * @throws `SourceNotAllowed`, `SourceNotFound`, `ModelRefused`, `LicenceUnknown`
     */
    planModelImport: ({
      source,
      licence,
      kind,
    }: Pick<ImportModelInput, 'source' | 'licence' | 'kind'>): Promise<PlannedImport> =>
      withHeartbeat({ phase: 'plan', unit: 0 }, async (report, signal) => {
        const opened = await openModelSource(places, source, signal);
        const { facts, kept, leftOut, tensors, licence: stated } = await checkModel(opened);
        const known = licence ?? stated;
        if (known === null) throw failure('LicenceUnknown', `The card of ${opened.name} states no licence.`);
        let hashed = 0;
        const files = await opened.pinned(kept, (bytes) => report((hashed += bytes), 0));
        const found: FoundModel = { ...facts, ...(kind ? { kind } : {}), source: opened.name, licence: known };
        const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
        const plan = await inScratch(store, (dir) =>
          publishArtifact(store, 'plan', dir, { files, found } satisfies ImportPlan, files.length),
        );
        const counts = { files: files.length, leftOut, bytes, tensors, parameters: facts.parameters };
        return { plan, counts, found, taskQueue: opened.isLocal ? (hostQueue ?? null) : null };
      }),

    /**
     * Fetches what was planned, compares each file with its pin, and publishes the model. A download that broke off goes on
     * where it ended, on the same host.
     * @throws `SourceChanged`, `Unavailable`
     */
    fetchModel: ({ source, plan }: { source: string; plan: ArtifactRef }): Promise<ArtifactRef> =>
      withHeartbeat({ phase: 'fetch', unit: 0 }, async (report, signal) => {
        const manifest = await store.manifest(artifactKey(plan));
        if (!manifest) throw failure('ArtifactMissing', `Nothing is stored at ${plan.uri}.`);
        const { files, found } = manifest.meta as unknown as ImportPlan;
        // At the commit that was planned, whatever a branch stands for by now.
        const fixed = found.source.startsWith('hub:') ? found.source : source;
        const opened = await openModelSource(places, fixed, signal);
        // Of runs that were given up.
        await removeOlder(models.downloads, ABANDONED_MS);
        const downloads = path.join(models.downloads, plan.sha256.slice(0, 16));
        const artifact = await inScratch(store, (dir) =>
          namingFullDisk(dir, async () => {
            const sealed = await fetchFiles(opened, files, dir, { downloads, report, signal });
            const { kind, architecture, parameters } = found;
            return publishArtifact(store, 'model', dir, { kind, architecture, parameters }, parameters, sealed);
          }),
        );
        await rm(downloads, { recursive: true, force: true });
        return artifact;
      }),

    /** Makes what was fetched the next version of the model. */
    recordModelImport: ({
      workKey,
      name,
      plan,
      artifact,
      counts,
      found,
    }: {
      workKey: string;
      name: string;
      plan: ArtifactRef;
      artifact: ArtifactRef;
      counts: ModelCounts;
      found: FoundModel;
    }): Promise<ImportModelOutput> =>
      registry.finishWork<ImportModelOutput>(workKey, async (transaction) => {
        await transaction.addArtifact(plan);
        const model = { ...found, name, artifact, base: null };
        const version = await transaction.addModelVersion({ ...model, metrics: {} });
        await transaction.addLineage(artifact.uri, [plan.uri]);
        return { outcome: 'published', workKey, counts, found, model: { ...model, version } };
      }),
  };
}
